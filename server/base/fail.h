/* Why a request cannot be answered as asked. NULL means "no failure".
 * Lives in the request's arena; the client sees it as PostgREST's error JSON
 * (or as {"error": ...} below /api). Codes: PostgREST, "Errors"; PST*** are ours. */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include "base/buf.h"

enum fail_kind {
    FAIL_NO_DATABASE,     /* PGRST000 503 */
    FAIL_CONNECTION_LOST, /* PGRST001 503 */
    FAIL_NO_SCHEMA_CACHE, /* PGRST002 503 */
    FAIL_BUSY,            /* PGRST003 504 */
    FAIL_BAD_QUERY,       /* PGRST100 400 */
    FAIL_RPC_METHOD,      /* PGRST101 405 */
    FAIL_BAD_BODY,        /* PGRST102 400 */
    FAIL_RANGE,           /* PGRST103 416 */
    FAIL_PUT_FILTERS,     /* PGRST105 405 */
    FAIL_SCHEMA,          /* PGRST106 406 */
    FAIL_MEDIA_TYPE,      /* PGRST107 406 */
    FAIL_NOT_EMBEDDED,    /* PGRST108 400 */
    FAIL_GUC_HEADERS,     /* PGRST111 500 */
    FAIL_GUC_STATUS,      /* PGRST112 500 */
    FAIL_PUT_RANGE,       /* PGRST114 400 */
    FAIL_PUT_PK,          /* PGRST115 400 */
    FAIL_SINGULAR,        /* PGRST116 406 */
    FAIL_METHOD,          /* PGRST117 405 */
    FAIL_RELATED_ORDER,   /* PGRST118 400 */
    FAIL_RAISE,           /* PGRST121 500 */
    FAIL_PREFER,          /* PGRST122 400 */
    FAIL_AGGREGATES,      /* PGRST123 400 */
    FAIL_MAX_AFFECTED,    /* PGRST124 400 */
    FAIL_PATH,            /* PGRST125 404 */
    FAIL_NO_OPENAPI,      /* PGRST126 404 */
    FAIL_UNSUPPORTED,     /* PGRST127 400 */
    FAIL_MAX_UNCOUNTED,   /* PGRST128 400 */
    FAIL_NO_RELATIONSHIP, /* PGRST200 400 */
    FAIL_AMBIGUOUS_EMBED, /* PGRST201 300 */
    FAIL_NO_FUNCTION,     /* PGRST202 404 */
    FAIL_AMBIGUOUS_CALL,  /* PGRST203 300 */
    FAIL_NO_COLUMN,       /* PGRST204 400 */
    FAIL_NO_RELATION,     /* PGRST205 404 */
    FAIL_NO_SECRET,       /* PGRST300 500 */
    FAIL_BAD_TOKEN,       /* PGRST301 401 */
    FAIL_ANON_OFF,        /* PGRST302 401 */
    FAIL_BAD_CLAIMS,      /* PGRST303 401 */
    FAIL_INTERNAL,        /* PGRSTX00 500 */
    FAIL_NO_FILTER,       /* 21000 400: pg_safeupdate's, and so Supabase's */
    FAIL_MALFORMED,       /* PST400 400: bytes that are no valid request */
    FAIL_LOGIN_REQUIRED,  /* PST401 401: a curated route wants a user */
    FAIL_FORBIDDEN,       /* PST403 403 */
    FAIL_NOT_FOUND,       /* PST404 404 */
    FAIL_LENGTH_REQUIRED, /* PST411 411 */
    FAIL_TOO_LARGE,       /* PST413 413 */
    FAIL_MEDIA_BODY,      /* PST415 415 */
    FAIL_HEADERS_LARGE,   /* PST431 431 */
    FAIL_UPGRADE,         /* PST426 426 */
    FAIL_LIMITED,         /* PST429 429 */
    FAIL_UNAVAILABLE,     /* PST503 503: not now; the database is not the reason */
    FAIL_SERVICE,         /* status and code are Supabase Auth's, see auth/service_fail.h */
    FAIL_SQL,             /* status and code come from PostgreSQL, see pg/sqlstate.h */
    FAIL_KINDS            /* keep last */
};

struct headers;

struct fail {
    enum fail_kind kind;
    int status;
    const char *code;
    str message, details, hint;    /* absent ones are null in the body */
    bool details_are_json;         /* details is JSON text, not a string */
    int retry_after_s;             /* > 0: a Retry-After header */
    str authenticate;              /* a WWW-Authenticate header, or absent */
    str allow;                     /* an Allow header, or absent */
    const char *reason;            /* behind the status; NULL: the usual one */
    const struct headers *headers; /* that a RAISE asked for, or NULL */
};

struct fail *fail_new(arena *mem, enum fail_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull, warn_unused_result));

/* {"code":...,"details":...,"hint":...,"message":...}: keys sorted, compact, as PostgREST. */
str fail_json(arena *mem, const struct fail *fail);

/* {"code":...,"message":...}: nothing of how the database is made. */
str fail_json_minimal(arena *mem, const struct fail *fail);

/* {"error":message}, with "hint" if there is one: how curated routes answer. */
str fail_error_json(arena *mem, const struct fail *fail);

/* Hand a failure to the caller. Safe because an arena needs no clean-up. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        const struct fail *try_ = (call);                                                          \
        if (try_ != NULL)                                                                          \
            return try_;                                                                           \
    } while (0)

#endif
