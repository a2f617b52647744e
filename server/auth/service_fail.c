/* The table of Supabase Auth's errors; see service_fail.h. */
#include "auth/service_fail.h"

#include "base/json.h"

enum { BODY_MAX = 8192, VERSION_LEN = 10 };

static const struct {
    const char *code;
    int status;
    const char *message;
} kinds[] = {
    {"bad_json",                   400, "Could not parse request body as JSON: an object is wanted"      },
    {"bad_jwt",                    403, "invalid JWT: unable to parse or verify signature"               },
    {"email_not_confirmed",        400, "Email not confirmed"                                            },
    {"invalid_credentials",        400, "Invalid login credentials"                                      },
    {"method_not_allowed",         405, "Method not allowed"                                             },
    {"no_authorization",           401, "This endpoint requires a valid Bearer token"                    },
    {"not_found",                  404, "There is no such endpoint"                                      },
    {"over_request_rate_limit",    429, "Request rate limit reached"                                     },
    {"refresh_token_already_used", 400, "Invalid Refresh Token: Already Used"                            },
    {"refresh_token_not_found",    400, "Invalid Refresh Token: Refresh Token Not Found"                 },
    {"request_timeout",            504, "Processing this request timed out, please retry after a moment."},
    {"same_password",              422, "New password should be different from the old password."        },
    {"session_not_found",          403, "Session from session_id claim in JWT does not exist"            },
    {"signup_disabled",            422, "Signups not allowed for this instance"                          },
    {"user_banned",                400, "User is banned"                                                 },
    {"user_not_found",             403, "User from sub claim in JWT does not exist"                      },
    {"weak_password",              422, "Password should be at least 6 characters."                      },
    {"validation_failed",          400, "The request is not as it should be"                             },
    {"unexpected_failure",         500,
     "Unexpected failure, please check server logs for more information"                                 },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), UNEXPECTED = KINDS - 1 };

struct fail *service_fail(arena *mem, str code)
{
    size_t at = 0;

    while (at < UNEXPECTED && !str_eq(str_from(kinds[at].code), code))
        at++;
    struct fail *fail = fail_new(mem, FAIL_SERVICE, "%s", kinds[at].message);
    fail->status = kinds[at].status;
    fail->code = kinds[at].code;
    return fail;
}

struct fail *service_fail_as(arena *mem, const char *code, const char *message)
{
    struct fail *fail = service_fail(mem, str_from(code));
    fail->message = arena_copy(mem, str_from(message));
    return fail;
}

/* Versions are days, so that letters in their order are time in its order. */
bool service_fail_is_new(const struct request *req)
{
    str version = request_header(req, STR("x-supabase-api-version"));
    return version.len == VERSION_LEN && str_order(version, SERVICE_VERSION) >= 0;
}

/* The database's own failures have codes that no client of Supabase Auth knows. */
static const char *code_of(const struct fail *fail)
{
    if (fail->kind == FAIL_SERVICE)
        return fail->code;
    return fail->status == 504 ? "request_timeout" : "unexpected_failure";
}

static str message_of(const struct fail *fail)
{
    bool inner = fail->kind != FAIL_SERVICE && fail->status == 500;
    return inner ? str_from(kinds[UNEXPECTED].message) : fail->message;
}

static void put_member(struct buf *body, const char *name, str text)
{
    buf_printf(body, ",\"%s\":", name);
    json_put_string(body, text);
}

str service_fail_json(const struct request *req, const struct fail *fail)
{
    struct buf body;
    bool is_new = service_fail_is_new(req);

    buf_init(&body, req->mem, BODY_MAX);
    if (is_new)
        buf_printf(&body, "{\"code\":\"%s\"", code_of(fail));
    else
        buf_printf(&body, "{\"code\":%d,\"error_code\":\"%s\"", fail->status, code_of(fail));
    put_member(&body, is_new ? "message" : "msg", message_of(fail));
    if (fail->hint.at != NULL && fail->kind == FAIL_SERVICE)
        put_member(&body, "hint", fail->hint);
    buf_putc(&body, '}');
    return body.full ? STR("{\"code\":\"unexpected_failure\",\"message\":\"too large\"}")
                     : buf_str(&body);
}
