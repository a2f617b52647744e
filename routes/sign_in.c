/* POST /auth/v1/token of the built-in service: a session for a password, or for a refresh token.
 * The rules are SQL functions (migration 075); here attempts are counted and claims are signed.
 * Source: supabase/auth, "token" in its openapi.yaml. */
#include <stdlib.h>

#include "auth.h"
#include "auth/attempts.h"
#include "auth/gate.h"
#include "auth/service_fail.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/json.h"
#include "pg/db.h"
#include "serve.h"
#include "worker.h"

enum {
    TERMS_MAX = 4096,
    SESSION_MAX = 256 << 10,
    SQL_PARAMS = 3,
};

struct sign_in {
    struct request *req;
    str email, password; /* or */
    str refresh_token;
    int64_t issued; /* seconds since the epoch: our clock's, which also judges tokens */
    struct ticket ticket;
};

static const struct fail *by_password(struct sign_in *sign_in);
static const struct fail *by_refresh_token(struct sign_in *sign_in);
static rows_fn on_grant;

const struct fail *auth_token(struct request *req)
{
    struct sign_in *sign_in = arena_new(req->mem, struct sign_in);
    str grant_type = auth_query(req, STR("grant_type"));

    sign_in->req = req;
    sign_in->issued = clock_now();
    if (str_eq(grant_type, STR("password")))
        return by_password(sign_in);
    if (str_eq(grant_type, STR("refresh_token")))
        return by_refresh_token(sign_in);
    struct fail *fail = service_fail_as(req->mem, "invalid_credentials", "unsupported_grant_type");
    fail->hint = STR("?grant_type=password or refresh_token");
    return fail;
}

/* ---- what the client says ---- */

/* A string of the body's top level; of several the last, as in PostgreSQL's json. */
static str body_string(const struct request *req, str name)
{
    struct json_walk walk;
    str key, value, found = {NULL, 0};

    json_walk_open(&walk, req->body);
    while (json_walk_next(&walk, &key, &value))
        if (json_kind_of(value) == JSON_STRING && str_eq(json_unquote(req->mem, key), name))
            found = json_unquote(req->mem, value);
    return found;
}

static const struct fail *body_check(const struct request *req)
{
    if (json_check(req->body) == JSON_OBJECT)
        return NULL;
    return service_fail(req->mem, STR("bad_json"));
}

/* ---- asking ---- */

static str terms_json(const struct sign_in *sign_in)
{
    const struct request *req = sign_in->req;
    const struct config *config = req->worker->config;
    struct buf terms;

    buf_init(&terms, req->mem, TERMS_MAX);
    buf_printf(&terms,
               "{\"issued\":%lld,\"lifetime\":%lld,\"audience\":", (long long)sign_in->issued,
               (long long)config->auth_token_life_ms / 1000);
    json_put_string(&terms, config->jwt_aud.at != NULL ? config->jwt_aud : STR("authenticated"));
    buf_put(&terms, STR(",\"issuer\":"));
    json_put_string(&terms, config->auth_issuer);
    buf_put(&terms, STR(",\"peer\":"));
    json_put_string(&terms, req->peer);
    buf_putc(&terms, '}');
    return buf_str(&terms);
}

static const struct fail *ask(struct sign_in *sign_in, struct statement *statement)
{
    statement->access = ACCESS_WRITE;
    statement->role = sign_in->req->worker->config->db_api_role;
    statement->refusal = auth_refusal;
    return db_run(sign_in->req, statement, on_grant, sign_in);
}

static void ask_by_password(void *arg)
{
    struct sign_in *sign_in = arg;
    struct request *req = sign_in->req;
    const str params[SQL_PARAMS] = {sign_in->email, sign_in->password, terms_json(sign_in)};
    struct statement statement = {.text = STR(AUTH_COLUMNS "postern.sign_in($1, $2, $3)"),
                                  .nparams = SQL_PARAMS,
                                  .params = params};
    const struct fail *fail = ask(sign_in, &statement);

    if (fail != NULL)
        serve_fail(req, fail);
}

static const struct fail *too_many(arena *mem, int wait_s)
{
    struct fail *fail = service_fail(mem, STR("over_request_rate_limit"));
    fail->retry_after_s = wait_s;
    return fail;
}

/* bcrypt keeps a backend busy for a tenth of a second: few at a time, so that there is one left for
 * everybody else. */
static const struct fail *by_password(struct sign_in *sign_in)
{
    struct request *req = sign_in->req;

    TRY(body_check(req));
    sign_in->email = body_string(req, STR("email"));
    sign_in->password = body_string(req, STR("password"));
    if (sign_in->email.len == 0 || sign_in->password.at == NULL)
        return service_fail_as(req->mem, "validation_failed", "missing email or password");
    int wait_s =
        attempts_take(req->worker->all[0]->attempts, req->peer, sign_in->email, clock_us());
    if (wait_s > 0)
        return too_many(req->mem, wait_s);
    sign_in->ticket.enter = ask_by_password;
    sign_in->ticket.arg = sign_in;
    if (!gate_enter(&req->worker->sign_ins, req->mem, &sign_in->ticket))
        return too_many(req->mem, 1);
    return NULL;
}

static const struct fail *by_refresh_token(struct sign_in *sign_in)
{
    struct request *req = sign_in->req;

    TRY(body_check(req));
    sign_in->refresh_token = body_string(req, STR("refresh_token"));
    if (sign_in->refresh_token.len == 0)
        return service_fail_as(req->mem, "validation_failed", "refresh_token required");
    const str params[] = {sign_in->refresh_token, terms_json(sign_in)};
    struct statement statement = {.text = STR(AUTH_COLUMNS "postern.refresh_session($1, $2)"),
                                  .nparams = sizeof(params) / sizeof(params[0]),
                                  .params = params};
    return ask(sign_in, &statement);
}

/* ---- answering ---- */

static str session_json(const struct sign_in *sign_in, str token, const struct rows *rows)
{
    const struct config *config = sign_in->req->worker->config;
    int64_t lifetime = config->auth_token_life_ms / 1000, expires = sign_in->issued + lifetime;
    struct buf body;

    buf_init(&body, sign_in->req->mem, SESSION_MAX);
    buf_put(&body, STR("{\"access_token\":"));
    json_put_string(&body, token);
    buf_printf(&body, ",\"token_type\":\"bearer\",\"expires_in\":%lld,\"expires_at\":%lld",
               (long long)lifetime, (long long)expires);
    buf_put(&body, STR(",\"refresh_token\":"));
    json_put_string(&body, rows_text(rows, 0, AUTH_REFRESH_TOKEN));
    buf_put(&body, STR(",\"user\":"));
    buf_put(&body, rows_text(rows, 0, AUTH_ACCOUNT));
    buf_putc(&body, '}');
    return body.full ? (str){NULL, 0} : buf_str(&body);
}

static const struct fail *on_grant(struct request *req, const struct rows *rows, void *arg)
{
    struct sign_in *sign_in = arg;

    if (sign_in->email.at != NULL)
        gate_leave(&sign_in->ticket);
    TRY(auth_failure(req->mem, rows));
    if (sign_in->email.at != NULL)
        attempts_give_back(req->worker->all[0]->attempts, req->peer, sign_in->email, clock_us());
    str token = token_mint(req->mem, req->worker->keys, rows_text(rows, 0, AUTH_CLAIMS));
    str body = session_json(sign_in, token, rows);
    if (token.at == NULL || token.len > TOKEN_MAX || body.at == NULL)
        return service_fail_as(req->mem, "unexpected_failure",
                               token.at == NULL ? "There is no secret to sign tokens with"
                                                : "The user's metadata is too large for a token");
    return auth_reply(req, body);
}
