/* PUT /auth/v1/user of the built-in service: another password, other metadata, for the user of the
 * token. The rules are in migration 102. Source: supabase/auth, "user" in its openapi.yaml. */
#include "auth.h"
#include "auth/attempts.h"
#include "auth/gate.h"
#include "auth/service_fail.h"
#include "base/clock.h"
#include "base/json.h"
#include "pg/db.h"
#include "serve.h"
#include "worker.h"

struct user_change {
    struct request *req;
    bool password;
    struct ticket ticket;
};

static void ask(void *arg);
static rows_fn on_changed;

/* supabase-js sends all that it knows of; what is null asks for nothing. Numbers are no passwords.
 */
static const struct fail *check_body(const struct request *req, bool *password)
{
    struct json_walk walk;
    str key, value;

    if (json_check(req->body) != JSON_OBJECT)
        return service_fail(req->mem, STR("bad_json"));
    json_walk_open(&walk, req->body);
    while (json_walk_next(&walk, &key, &value)) {
        enum json_kind kind = json_kind_of(value);
        str name = json_unquote(req->mem, key);
        if (kind == JSON_NULL)
            continue;
        if (str_eq(name, STR("email")) || str_eq(name, STR("phone")))
            return service_fail_as(req->mem, "validation_failed",
                                   "Only the password and data can be changed here");
        if (str_eq(name, STR("password")) && kind != JSON_STRING)
            return service_fail_as(req->mem, "validation_failed", "The password must be a string");
        *password = *password || str_eq(name, STR("password"));
    }
    return NULL;
}

static const struct fail *too_many(arena *mem, int wait_s)
{
    struct fail *fail = service_fail(mem, STR("over_request_rate_limit"));
    fail->retry_after_s = wait_s;
    return fail;
}

/* A refusal tells whether it is the old password: who guesses waits, as when signing in. bcrypt
 * takes its time, so a new password goes through the gate of those who sign in. */
const struct fail *auth_change_user(struct request *req)
{
    struct user_change *change = arena_new(req->mem, struct user_change);

    change->req = req;
    TRY(auth_need_user(req));
    TRY(check_body(req, &change->password));
    if (!change->password) {
        ask(change);
        return NULL;
    }
    int wait_s =
        attempts_take(req->worker->all[0]->attempts, req->peer, req->claims->subject, clock_us());
    if (wait_s > 0)
        return too_many(req->mem, wait_s);
    change->ticket.enter = ask;
    change->ticket.arg = change;
    return gate_enter(&req->worker->sign_ins, req->mem, &change->ticket) ? NULL
                                                                         : too_many(req->mem, 1);
}

static void ask(void *arg)
{
    struct user_change *change = arg;
    struct request *req = change->req;
    const struct statement statement = {.access = ACCESS_WRITE,
                                        .text = STR(AUTH_COLUMNS "postern.change_user($1)"),
                                        .nparams = 1,
                                        .params = &req->body,
                                        .role = req->worker->config->db_api_role,
                                        .refusal = auth_refusal};
    const struct fail *fail = db_run(req, &statement, on_changed, change);

    if (fail != NULL)
        serve_fail(req, fail);
}

static const struct fail *on_changed(struct request *req, const struct rows *rows, void *arg)
{
    struct user_change *change = arg;

    if (change->password)
        gate_leave(&change->ticket);
    TRY(auth_failure(req->mem, rows));
    if (change->password)
        attempts_give_back(req->worker->all[0]->attempts, req->peer, req->claims->subject,
                           clock_us());
    return auth_reply(req, rows_text(rows, 0, AUTH_ACCOUNT));
}
