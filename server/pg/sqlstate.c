/* See sqlstate.h. The table is read from the top: the first code that fits, whole or by its
 * class (two characters), decides. */
#include "pg/sqlstate.h"

#include "base/headers.h"
#include "pg/raise.h"

static const struct {
    const char *code; /* five characters, or two for the class */
    int status;
} statuses[] = {
    {"08",    503},
    {"09",    500},
    {"0L",    403},
    {"0P",    403},
    {"21000", 400},
    {"22023", 400},
    {"23503", 409},
    {"23505", 409},
    {"25006", 405},
    {"25",    500},
    {"28",    403},
    {"2D",    500},
    {"38",    500},
    {"39",    500},
    {"3B",    500},
    {"40",    500},
    {"53400", 500},
    {"53",    503},
    {"54",    413},
    {"55",    500},
    {"57P01", 503},
    {"57P02", 503},
    {"57P03", 503},
    {"57",    500},
    {"58",    500},
    {"F0",    500},
    {"HV",    500},
    {"P0001", 400},
    {"P0",    500},
    {"XX",    500},
    {"42883", 404},
    {"42P01", 404},
    {"42P17", 500},
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
    /* A token may name a role that is gone: who asks has no valid identity. */
    if (str_eq(code, STR("22023")) && str_starts(message, STR("role \"")))
        return 401;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (str_starts(code, str_from(statuses[i].code)))
            return statuses[i].status;
    return 400;
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
    fail->hint = field(mem, error, PG_DIAG_MESSAGE_HINT);
    if (raise_is_status(code) && headers_value_is_fine(message))
        fail->reason = arena_cstr(mem, message);
    if (fail->status == 503)
        fail->retry_after_s = 1;
    if (fail->status == 401)
        fail->authenticate = STR("Bearer");
    return fail;
}
