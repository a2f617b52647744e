/* GET /auth/v1/user and POST /auth/v1/logout of the built-in service: for callers whose access
 * token names a session. Source: supabase/auth, "user" and "logout" in its openapi.yaml. */
#include "auth.h"
#include "auth/service_fail.h"
#include "auth/token.h"
#include "http/http.h"
#include "pg/db.h"
#include "worker.h"

static rows_fn on_user, on_logout;

const struct fail *auth_user(struct request *req)
{
    const struct statement statement = {.access = ACCESS_READ,
                                        .text = STR(AUTH_COLUMNS "postern.signed_in()"),
                                        .role = req->worker->config->db_api_role,
                                        .refusal = auth_refusal};

    TRY(auth_need_user(req));
    return db_run(req, &statement, on_user, NULL);
}

const struct fail *auth_logout(struct request *req)
{
    static const str scopes[] = {STR_ROW("global"), STR_ROW("local"), STR_ROW("others")};
    str scope = auth_query(req, STR("scope"));
    size_t at = 0;

    if (scope.len == 0)
        scope = scopes[0];
    while (at < sizeof(scopes) / sizeof(scopes[0]) && !str_eq(scope, scopes[at]))
        at++;
    if (at == sizeof(scopes) / sizeof(scopes[0]))
        return service_fail_as(req->mem, "validation_failed", "Unsupported logout scope");
    TRY(auth_need_user(req));
    const struct statement statement = {.access = ACCESS_WRITE,
                                        .text = STR(AUTH_COLUMNS "postern.sign_out($1)"),
                                        .nparams = 1,
                                        .params = &scope,
                                        .role = req->worker->config->db_api_role,
                                        .refusal = auth_refusal};
    return db_run(req, &statement, on_logout, NULL);
}

const struct fail *auth_need_user(struct request *req)
{
    if (request_header(req, STR("authorization")).at == NULL)
        return service_fail(req->mem, STR("no_authorization"));
    const struct fail *fail = admit(req, req->worker->tokens);
    if (fail != NULL) {
        str why = arena_printf(req->mem, "invalid JWT: unable to parse or verify signature, %.*s",
                               STR_ARG(fail->message));
        return service_fail_as(req->mem, "bad_jwt", why.at);
    }
    if (req->claims->subject.len == 0)
        return service_fail_as(req->mem, "bad_jwt", "invalid claim: missing sub claim");
    return NULL;
}

static const struct fail *on_user(struct request *req, const struct rows *rows, void *arg)
{
    (void)arg;
    TRY(auth_failure(req->mem, rows));
    return auth_reply(req, rows_text(rows, 0, AUTH_ACCOUNT));
}

static const struct fail *on_logout(struct request *req, const struct rows *rows, void *arg)
{
    (void)arg;
    TRY(auth_failure(req->mem, rows));
    return http_reply(req, reply_new(req->mem, 204, (str){NULL, 0}));
}
