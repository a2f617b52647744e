/* The table of failures: adding one is one line here and one in fail.h. */
#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"

enum { ERROR_BODY_MAX = 64 << 10, RETRY_AFTER_S = 1 };

static const struct {
    int status;
    const char *code;
} kinds[FAIL_KINDS] = {
    [FAIL_NO_DATABASE] = {503, "PGRST000"},
    [FAIL_CONNECTION_LOST] = {503, "PGRST001"},
    [FAIL_NO_SCHEMA_CACHE] = {503, "PGRST002"},
    [FAIL_BUSY] = {504, "PGRST003"},
    [FAIL_BAD_QUERY] = {400, "PGRST100"},
    [FAIL_RPC_METHOD] = {405, "PGRST101"},
    [FAIL_BAD_BODY] = {400, "PGRST102"},
    [FAIL_RANGE] = {416, "PGRST103"},
    [FAIL_PUT_FILTERS] = {405, "PGRST105"},
    [FAIL_SCHEMA] = {406, "PGRST106"},
    [FAIL_MEDIA_TYPE] = {406, "PGRST107"},
    [FAIL_NOT_EMBEDDED] = {400, "PGRST108"},
    [FAIL_GUC_HEADERS] = {500, "PGRST111"},
    [FAIL_GUC_STATUS] = {500, "PGRST112"},
    [FAIL_PUT_RANGE] = {400, "PGRST114"},
    [FAIL_PUT_PK] = {400, "PGRST115"},
    [FAIL_SINGULAR] = {406, "PGRST116"},
    [FAIL_METHOD] = {405, "PGRST117"},
    [FAIL_RELATED_ORDER] = {400, "PGRST118"},
    [FAIL_RAISE] = {500, "PGRST121"},
    [FAIL_PREFER] = {400, "PGRST122"},
    [FAIL_AGGREGATES] = {400, "PGRST123"},
    [FAIL_MAX_AFFECTED] = {400, "PGRST124"},
    [FAIL_MAX_UNCOUNTED] = {400, "PGRST128"},
    [FAIL_PATH] = {404, "PGRST125"},
    [FAIL_NO_OPENAPI] = {404, "PGRST126"},
    [FAIL_UNSUPPORTED] = {400, "PGRST127"},
    [FAIL_NO_RELATIONSHIP] = {400, "PGRST200"},
    [FAIL_AMBIGUOUS_EMBED] = {300, "PGRST201"},
    [FAIL_NO_FUNCTION] = {404, "PGRST202"},
    [FAIL_AMBIGUOUS_CALL] = {300, "PGRST203"},
    [FAIL_NO_COLUMN] = {400, "PGRST204"},
    [FAIL_NO_RELATION] = {404, "PGRST205"},
    [FAIL_NO_SECRET] = {500, "PGRST300"},
    [FAIL_BAD_TOKEN] = {401, "PGRST301"},
    [FAIL_ANON_OFF] = {401, "PGRST302"},
    [FAIL_BAD_CLAIMS] = {401, "PGRST303"},
    [FAIL_INTERNAL] = {500, "PGRSTX00"},
    [FAIL_NO_FILTER] = {400, "21000"   },
    [FAIL_MALFORMED] = {400, "PST400"  },
    [FAIL_LOGIN_REQUIRED] = {401, "PST401"  },
    [FAIL_FORBIDDEN] = {403, "PST403"  },
    [FAIL_NOT_FOUND] = {404, "PST404"  },
    [FAIL_LENGTH_REQUIRED] = {411, "PST411"  },
    [FAIL_TOO_LARGE] = {413, "PST413"  },
    [FAIL_MEDIA_BODY] = {415, "PST415"  },
    [FAIL_HEADERS_LARGE] = {431, "PST431"  },
    [FAIL_UPGRADE] = {426, "PST426"  },
    [FAIL_LIMITED] = {429, "PST429"  },
    [FAIL_UNAVAILABLE] = {503, "PST503"  },
    [FAIL_SERVICE] = {500, "PST500"  },
    [FAIL_SQL] = {400, "XX000"   },
};

struct fail *fail_new(arena *mem, enum fail_kind kind, const char *format, ...)
{
    struct fail *fail = arena_new(mem, struct fail);
    struct buf message;
    char line[1024];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (len >= (int)sizeof(line))
        len = sizeof(line) - 1; /* a message may be cut, never overrun */
    buf_init(&message, mem, sizeof(line));
    buf_put(&message, (str){line, len < 0 ? 0 : (size_t)len});
    fail->kind = kind;
    fail->status = kinds[kind].status;
    fail->code = kinds[kind].code;
    fail->message = buf_str(&message);
    if (fail->status == 503 || fail->status == 504)
        fail->retry_after_s = RETRY_AFTER_S;
    return fail;
}

str fail_json_minimal(arena *mem, const struct fail *fail)
{
    struct buf buf;

    buf_init(&buf, mem, ERROR_BODY_MAX);
    buf_put(&buf, STR("{\"code\":"));
    json_put_string(&buf, str_from(fail->code));
    buf_put(&buf, STR(",\"message\":"));
    json_put_string(&buf, fail->message);
    buf_putc(&buf, '}');
    return buf_str(&buf);
}

str fail_json(arena *mem, const struct fail *fail)
{
    struct buf body;

    buf_init(&body, mem, ERROR_BODY_MAX);
    buf_put(&body, STR("{\"code\":"));
    json_put_string(&body, str_from(fail->code));
    buf_put(&body, STR(",\"details\":"));
    if (fail->details_are_json)
        buf_put(&body, fail->details);
    else
        json_put_string(&body, fail->details);
    buf_put(&body, STR(",\"hint\":"));
    json_put_string(&body, fail->hint);
    buf_put(&body, STR(",\"message\":"));
    json_put_string(&body, fail->message);
    buf_put(&body, STR("}"));
    return body.full ? STR("{\"code\":\"PGRSTX00\",\"details\":null,\"hint\":null,"
                           "\"message\":\"The error itself is too large to send\"}")
                     : buf_str(&body);
}

str fail_error_json(arena *mem, const struct fail *fail)
{
    struct buf body;

    buf_init(&body, mem, ERROR_BODY_MAX);
    buf_put(&body, STR("{\"error\":"));
    json_put_string(&body, fail->message);
    if (fail->hint.at != NULL) {
        buf_put(&body, STR(",\"hint\":"));
        json_put_string(&body, fail->hint);
    }
    buf_put(&body, STR("}"));
    return body.full ? STR("{\"error\":\"Internal error\"}") : buf_str(&body);
}
