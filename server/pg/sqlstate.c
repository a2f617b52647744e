/* See sqlstate.h. The table is read from the top: the first code that fits, whole or by its
 * class (two characters), decides. Three codes are told apart by their message: 21000 of
 * pg-safeupdate is the client's fault and any other a view's; a token may name a role that is gone
 * (22023), so who asks has no valid identity; and rows that are no XML have no xmlagg (42883). */
#include "pg/sqlstate.h"

#include "base/headers.h"
#include "pg/raise.h"

static const struct {
    const char *code; /* five characters, or two for the class */
    int status;
    const char *start, *end; /* of the message, when only such a one is meant */
} statuses[] = {
    {"08",    503, NULL,               NULL                     },
    {"09",    500, NULL,               NULL                     },
    {"0L",    403, NULL,               NULL                     },
    {"0P",    403, NULL,               NULL                     },
    {"21000", 400, NULL,               "requires a WHERE clause"},
    {"21000", 500, NULL,               NULL                     },
    {"22023", 401, "role \"",          "does not exist"         },
    {"22023", 400, NULL,               NULL                     },
    {"23503", 409, NULL,               NULL                     },
    {"23505", 409, NULL,               NULL                     },
    {"25006", 405, NULL,               NULL                     },
    {"25",    500, NULL,               NULL                     },
    {"28",    403, NULL,               NULL                     },
    {"2D",    500, NULL,               NULL                     },
    {"38",    500, NULL,               NULL                     },
    {"39",    500, NULL,               NULL                     },
    {"3B",    500, NULL,               NULL                     },
    {"40",    500, NULL,               NULL                     },
    {"53400", 500, NULL,               NULL                     },
    {"53",    503, NULL,               NULL                     },
    {"54",    500, NULL,               NULL                     },
    {"55",    500, NULL,               NULL                     },
    {"57P01", 503, NULL,               NULL                     },
    {"57P02", 503, NULL,               NULL                     },
    {"57P03", 503, NULL,               NULL                     },
    {"57",    500, NULL,               NULL                     },
    {"58",    500, NULL,               NULL                     },
    {"F0",    500, NULL,               NULL                     },
    {"HV",    500, NULL,               NULL                     },
    {"P0001", 400, NULL,               NULL                     },
    {"P0",    500, NULL,               NULL                     },
    {"XX",    500, NULL,               NULL                     },
    {"42883", 406, "function xmlagg(", NULL                     },
    {"42883", 404, NULL,               NULL                     },
    {"42P01", 404, NULL,               NULL                     },
    {"42P17", 500, NULL,               NULL                     },
};

str sqlstate_of(const PGresult *error)
{
    str code = str_from(PQresultErrorField(error, PG_DIAG_SQLSTATE));
    return code.at == NULL ? STR("") : code;
}

static str field(arena *mem, const PGresult *error, int name)
{
    const char *text = PQresultErrorField(error, name);
    return text == NULL ? (str){NULL, 0} : arena_copy(mem, str_from(text));
}

static int status_of(str code, str message, bool anonymous)
{
    if (raise_is_status(code))
        return raise_status(code);
    if (str_eq(code, STR("42501")))
        return anonymous ? 401 : 403;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (str_starts(code, str_from(statuses[i].code)) &&
            (statuses[i].start == NULL || str_starts(message, str_from(statuses[i].start))) &&
            (statuses[i].end == NULL || str_ends(message, str_from(statuses[i].end))))
            return statuses[i].status;
    return 400;
}

/* A standby refuses the first thing that a write asks for, in words that name no cause. Where a
 * function of the user has asked for it there is a context. */
static str hint_of(arena *mem, const PGresult *error, str code)
{
    if (str_eq(code, STR("25001")) && PQresultErrorField(error, PG_DIAG_CONTEXT) == NULL)
        return STR("A standby only reads: the URL of the database must name the primary, or all "
                   "hosts, with target_session_attrs=read-write.");
    return field(mem, error, PG_DIAG_MESSAGE_HINT);
}

const struct fail *sqlstate_fail(arena *mem, const PGresult *error, bool anonymous)
{
    str code = sqlstate_of(error);
    str message = field(mem, error, PG_DIAG_MESSAGE_PRIMARY);

    if (code.len == 0)
        return fail_new(mem, FAIL_CONNECTION_LOST, "The connection to the database was lost");
    if (str_eq(code, STR("PGRST")))
        return raise_fail(mem, message, field(mem, error, PG_DIAG_MESSAGE_DETAIL));
    struct fail *fail = fail_new(mem, FAIL_SQL, "%s", "");
    fail->code = arena_cstr(mem, code);
    fail->status = status_of(code, message, anonymous);
    fail->message = message;
    fail->details = field(mem, error, PG_DIAG_MESSAGE_DETAIL);
    fail->hint = hint_of(mem, error, code);
    if (raise_is_status(code) && headers_value_is_fine(message))
        fail->reason = arena_cstr(mem, message);
    if (fail->status == 503)
        fail->retry_after_s = 1;
    if (fail->status == 401)
        fail->authenticate = STR("Bearer");
    return fail;
}
