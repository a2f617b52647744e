/* Everything below /auth/v1/, where supabase-js signs in: answered here over auth.users, forwarded
 * to Supabase Auth, or not at all. Source: supabase/auth, its endpoints and openapi.yaml. */
#include "auth.h"

#include "auth/service_fail.h"
#include "base/url.h"
#include "http/http.h"
#include "routes.h"
#include "worker.h"

static handle_fn user, signup, settings, health, keys;

static const struct endpoint {
    unsigned methods;
    str path; /* below /auth/v1/ */
    handle_fn *handle;
} endpoints[] = {
    {POST,             STR_ROW("token"),                 auth_token },
    {GET | HEAD | PUT, STR_ROW("user"),                  user       },
    {POST,             STR_ROW("logout"),                auth_logout},
    {POST,             STR_ROW("signup"),                signup     },
    {GET | HEAD,       STR_ROW("settings"),              settings   },
    {GET | HEAD,       STR_ROW("health"),                health     },
    {GET | HEAD,       STR_ROW(".well-known/jwks.json"), keys       },
};

static const struct fail *builtin(struct request *req)
{
    str path = str_skip(req->path, STR("/auth/v1/").len);

    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        if (!str_eq(path, endpoints[i].path))
            continue;
        if (endpoints[i].methods & (1u << req->method))
            return endpoints[i].handle(req);
        struct fail *fail = service_fail(req->mem, STR("method_not_allowed"));
        fail->allow = route_allow(req->mem, endpoints[i].methods);
        return fail;
    }
    struct fail *fail = service_fail(req->mem, STR("not_found"));
    fail->hint = STR("Of Supabase Auth the built-in service has token, user, logout, settings and "
                     "health; SUPABASE_AUTH_URL forwards to all of it");
    return fail;
}

static const struct fail *nobody(struct request *req)
{
    struct fail *fail = service_fail_as(req->mem, "not_found", "Nobody signs in here");
    fail->hint = STR("Set SUPABASE_AUTH_URL or SUPABASE_URL to forward to Supabase Auth, or "
                     "POSTERN_AUTH=builtin to sign in users of auth.users");
    return fail;
}

const struct fail *auth_handle(struct request *req)
{
    const struct config *config = req->worker->config;
    str upstream = {NULL, 0};

    if (str_eq(config->auth, STR("builtin")))
        return builtin(req);
    if (!str_eq(config->auth, STR("off")))
        upstream = auth_upstream(req->mem, config);
    return upstream.at != NULL ? auth_forward(req, upstream) : nobody(req);
}

const struct fail *auth_failure(arena *mem, const struct rows *rows)
{
    str failure = rows_count(rows) > 0 ? rows_text(rows, 0, AUTH_FAILURE) : STR("");
    return failure.at == NULL ? NULL : service_fail(mem, failure);
}

const struct fail *auth_refusal(arena *mem, str sqlstate, str message)
{
    static const str missing[] = {
        STR_ROW("42883"), /* undefined_function */
        STR_ROW("3F000"), /* invalid_schema_name */
        STR_ROW("22023"), /* the role of curated routes does not exist */
        STR_ROW("42501"), /* and may not call them */
    };

    (void)message;
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
        if (!str_eq(sqlstate, missing[i]))
            continue;
        struct fail *fail = service_fail_as(mem, "unexpected_failure",
                                            "This database has no functions for signing in");
        fail->hint = STR("postern migrate up");
        return fail;
    }
    return NULL;
}

const struct fail *auth_reply(struct request *req, str body)
{
    struct reply *reply = reply_new(req->mem, 200, TYPE_JSON);

    reply_header(reply, STR("Cache-Control"), STR("no-store"));
    reply->body = body;
    return http_reply(req, reply);
}

str auth_query(const struct request *req, str name)
{
    str rest = req->query, key, value, decoded;

    while (url_next(&rest, &key, &value))
        if (str_eq(key, name) && value.at != NULL &&
            url_decode(req->mem, value, URL_PLUS_IS_BLANK, &decoded))
            return decoded;
    return (str){NULL, 0};
}

static const struct fail *user(struct request *req)
{
    return req->method == METHOD_PUT ? auth_change_user(req) : auth_user(req);
}

/* ---- what needs no database ---- */

static const struct fail *signup(struct request *req)
{
    struct fail *fail = service_fail(req->mem, STR("signup_disabled"));
    fail->hint = STR("Users are made in the database: select postern.create_user(email, password)");
    return fail;
}

static const struct fail *settings(struct request *req)
{
    return auth_reply(req, STR("{\"external\":{\"email\":true,\"phone\":false},"
                               "\"disable_signup\":true,\"mailer_autoconfirm\":true,"
                               "\"phone_autoconfirm\":false,\"sms_provider\":\"\","
                               "\"mfa_enabled\":false,\"saml_enabled\":false}"));
}

static const struct fail *health(struct request *req)
{
    return auth_reply(req, STR("{\"version\":\"" POSTERN_VERSION "\",\"name\":\"Postern\","
                               "\"description\":\"Signs in users of auth.users\"}"));
}

/* Tokens are signed with a shared secret, which is nobody's to read. */
static const struct fail *keys(struct request *req)
{
    return auth_reply(req, STR("{\"keys\":[]}"));
}
