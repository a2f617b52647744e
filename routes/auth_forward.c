/* Everything below /auth/v1/ handed on to Supabase Auth, and its answers handed back: the proxy
 * that a frontend's one URL needs. Only what belongs to the connection, not to the message, is ours
 * (RFC 9110, 7.6.1), and so is CORS. */
#include "auth.h"
#include "auth/service_fail.h"
#include "fetch/relay.h"
#include "http/http.h"
#include "serve.h"
#include "worker.h"

enum { ANSWER_MAX = 1 << 20, FORWARDED_HEADERS = 5 };

struct forward {
    struct request *req;
    bool gone; /* the client has left */
};

static void on_answer(void *arg, enum relay_trouble trouble, const struct relay_answer *answer);
static const struct fail *fail_of(arena *mem, enum relay_trouble trouble);

/* ---- the way there ---- */

str auth_upstream(arena *mem, const struct config *config)
{
    bool own = config->auth_url.len > 0;
    str base = own ? config->auth_url : config->supabase_url;

    while (str_ends(base, STR("/")))
        base.len--;
    if (base.len == 0)
        return (str){NULL, 0};
    return own ? base : arena_printf(mem, "%.*s/auth/v1", STR_ARG(base));
}

str auth_check(arena *mem, const struct config *config)
{
    str url = auth_upstream(mem, config);
    bool fine = str_starts(url, STR("https://")) || str_starts(url, STR("http://"));

    if (url.at == NULL)
        return url;
    for (size_t i = 0; fine && i < url.len; i++)
        fine = url.at[i] > ' ' && url.at[i] <= '~' && str_find(STR("?#@\\"), url.at[i]) < 0;
    return fine ? (str){NULL, 0}
                : STR("POSTERN_AUTH_URL is not valid: it must be https://host or http://host, "
                      "perhaps with a path.");
}

/* What another server might read as a way out of the folder. */
static bool climbs(str path)
{
    static const str ways[] = {STR_ROW(".."), STR_ROW("%2e"), STR_ROW("%2f"), STR_ROW("%5c"),
                               STR_ROW("\\")};

    for (size_t at = 0; at < path.len; at++)
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
            if (path.len - at >= ways[i].len && str_ieq((str){path.at + at, ways[i].len}, ways[i]))
                return true;
    return false;
}

static bool one_of(str name, const str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(name, names[i]))
            return true;
    return false;
}

/* Of this connection, or said anew below. */
static bool stays_here(const struct request *req, str name)
{
    static const str names[] = {
        STR_ROW("host"),
        STR_ROW("content-length"),
        STR_ROW("connection"),
        STR_ROW("keep-alive"),
        STR_ROW("proxy-authorization"),
        STR_ROW("proxy-connection"),
        STR_ROW("te"),
        STR_ROW("trailer"),
        STR_ROW("transfer-encoding"),
        STR_ROW("upgrade"),
        STR_ROW("expect"),
        STR_ROW("accept-encoding"),
        STR_ROW("x-request-id"),
        STR_ROW("x-real-ip"),
        STR_ROW("forwarded"),
    };
    str named = request_header(req, STR("connection")), one;

    if (one_of(name, names, sizeof(names) / sizeof(names[0])) ||
        str_starts(name, STR("x-forwarded-")))
        return true;
    while (str_cut(&named, ',', &one))
        if (str_ieq(str_trim(one), name))
            return true;
    return false;
}

/* The scheme that a trusted proxy before us has spoken: we speak only http ourselves. */
static str scheme_of(const struct request *req)
{
    bool told = req->worker->config->trusted_proxies.len > 0;
    str scheme = request_header(req, STR("x-forwarded-proto"));
    return told && str_eq(scheme, STR("https")) ? scheme : STR("http");
}

static struct headers headers_there(const struct request *req)
{
    struct headers headers = {
        arena_array(req->mem, struct header, req->nheaders + FORWARDED_HEADERS), 0};
    const struct header own[] = {
        {STR("X-Forwarded-For"),  req->peer         },
        {STR("X-Forwarded-Host"), request_header(req, STR("host"))},
        {STR("X-Forwarded-Proto"),                       scheme_of(req)                 },
        {STR("X-Request-Id"),                       req->id     },
    };

    for (size_t i = 0; i < req->nheaders; i++)
        if (!stays_here(req, req->headers[i].name))
            headers.list[headers.count++] = req->headers[i];
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        headers.list[headers.count++] = own[i];
    return headers;
}

static void on_gone(void *arg)
{
    struct forward *forward = arg;
    forward->gone = true;
}

static struct relay *relay_of(struct worker *worker)
{
    if (worker->relay == NULL)
        worker->relay = relay_new(worker->loop);
    return worker->relay;
}

const struct fail *auth_forward(struct request *req, str upstream)
{
    str path = str_skip(req->path, STR("/auth/v1").len);
    struct forward *forward = arena_new(req->mem, struct forward);

    if (climbs(path))
        return service_fail(req->mem, STR("not_found"));
    const struct relay_ask ask = {
        .method = req->method_name,
        .url = arena_printf(req->mem, "%.*s%.*s%s%.*s", STR_ARG(upstream), STR_ARG(path),
                            req->query.len > 0 ? "?" : "", STR_ARG(req->query)),
        .headers = headers_there(req),
        .body = req->body,
        .within_ms = req->worker->config->auth_timeout_ms,
        .answer_max = ANSWER_MAX,
    };
    forward->req = req;
    req->on_gone = on_gone;
    req->on_gone_arg = forward;
    enum relay_trouble trouble =
        relay_start(relay_of(req->worker), req->mem, &ask, on_answer, forward);
    if (trouble == RELAY_FINE)
        return NULL;
    req->on_gone = NULL;
    return fail_of(req->mem, trouble);
}

/* ---- the way back ---- */

static const struct fail *fail_of(arena *mem, enum relay_trouble trouble)
{
    static const struct {
        const char *code, *message;
        int status;
    } troubles[] = {
        [RELAY_LATE] = {"request_timeout",    "The authentication service did not answer in time",
                        504                                                                           },
        [RELAY_UNREACHABLE] = {"unexpected_failure", "The authentication service cannot be reached",
                        502                                                                           },
        [RELAY_TOO_LARGE] = {"unexpected_failure",
                        "The authentication service's answer is too large",                        502},
        [RELAY_BUSY] = {"unexpected_failure",
                        "Too many requests wait for the authentication service",                   503},
    };
    struct fail *fail = service_fail_as(mem, troubles[trouble].code, troubles[trouble].message);

    fail->status = troubles[trouble].status;
    fail->retry_after_s = 1;
    return fail;
}

/* Ours, or of that connection. Its Vary speaks of encodings and origins, and both are ours here. */
static bool is_ours(str name)
{
    static const str names[] = {
        STR_ROW("connection"),
        STR_ROW("keep-alive"),
        STR_ROW("proxy-authenticate"),
        STR_ROW("trailer"),
        STR_ROW("transfer-encoding"),
        STR_ROW("upgrade"),
        STR_ROW("x-request-id"),
        STR_ROW("content-length"),
        STR_ROW("date"),
        STR_ROW("server"),
        STR_ROW("vary"),
    };
    str cors = STR("access-control-");

    return one_of(name, names, sizeof(names) / sizeof(names[0])) ||
           (name.len > cors.len && str_ieq((str){name.at, cors.len}, cors));
}

static void on_answer(void *arg, enum relay_trouble trouble, const struct relay_answer *answer)
{
    const struct forward *forward = arg;
    struct request *req = forward->req;

    if (forward->gone)
        return;
    req->on_gone = NULL;
    if (trouble != RELAY_FINE) {
        serve_fail(req, fail_of(req->mem, trouble));
        return;
    }
    struct reply *reply = reply_new(req->mem, answer->status, (str){NULL, 0});
    reply->asked.list = arena_array(req->mem, struct header, ASKED_MAX);
    for (int i = 0; i < answer->headers.count; i++)
        if (!is_ours(answer->headers.list[i].name))
            reply->asked.list[reply->asked.count++] = answer->headers.list[i];
    reply->body = answer->body;
    (void)http_reply(req, reply);
}
