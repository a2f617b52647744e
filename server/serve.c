/* THE LIFE OF A REQUEST ON ONE SCREEN: find the route, admit, handle, answer failures. */
#include "serve.h"

#include "auth/node_key.h"
#include "auth/service_fail.h"
#include "base/log.h"
#include "base/url.h"
#include "routes.h"
#include "throttle.h"
#include "usage.h"
#include "worker.h"

static const struct fail *serve_request(struct request *req);
static const struct fail *no_route(const struct request *req, unsigned methods);
static const struct fail *let_in(struct request *req);
static void hold_schema(struct request *req);
static const struct fail *handle(struct request *req);

void serve(struct request *req)
{
    const struct fail *fail = serve_request(req);

    if (fail != NULL)
        serve_fail(req, fail);
}

static const struct fail *serve_request(struct request *req)
{
    struct worker *worker = req->worker;
    unsigned methods = 0;
    str path;

    req->db = worker->db;
    req->claims = worker->nobody;
    if (!url_decode(req->mem, req->path, URL_PLUS_IS_PLUS, &path))
        return fail_new(req->mem, FAIL_MALFORMED, "The path is not percent-encoded UTF-8");
    req->route = route_find(req, worker->config->rest_path, &methods);
    if (req->route == NULL)
        return no_route(req, methods);
    req->scope = route_scope(req);
    timing_enter(&req->timing, TIMING_JWT);
    const struct fail *fail = let_in(req);
    if (fail != NULL)
        return throttle_refused(req, fail);
    hold_schema(req);
    return throttle(req, handle);
}

static const struct fail *handle(struct request *req)
{
    TRY(usage_count(req));
    return req->route->handle(req);
}

/* Below /api a machine may bring an API key instead of a token. */
static const struct fail *let_in(struct request *req)
{
    const struct route *route = req->route;

    if (route->door == DOOR_OPEN)
        return NULL;
    if (route->style == FAIL_STYLE_API && node_admit(req, req->worker->config))
        return NULL;
    return admit(req, req->worker->tokens);
}

static void drop_schema(void *arg)
{
    const struct schema *schema = arg;
    schema_unref(&schema);
}

/* The snapshot may be replaced while the request waits: it keeps the one it was planned with. */
static void hold_schema(struct request *req)
{
    if (req->worker->schema == NULL)
        return;
    req->schema = schema_ref(req->worker->schema);
    arena_on_death(req->mem, drop_schema, (void *)(uintptr_t)req->schema);
}

static const struct fail *no_route(const struct request *req, unsigned methods)
{
    if (methods != 0)
        return fail_new(req->mem, FAIL_METHOD, "Unsupported HTTP method: %.*s",
                        STR_ARG(req->method_name));
    return fail_new(req->mem, FAIL_PATH, "Invalid path specified in request URL");
}

/* ---- failures ---- */

static enum fail_style style_of(const struct request *req)
{
    if (req->route != NULL)
        return req->route->style;
    bool api = str_starts(req->path, STR("/api/")) || str_eq(req->path, STR("/api"));
    return api ? FAIL_STYLE_API : FAIL_STYLE_REST;
}

/* {"error": sentence}. What PostgreSQL says of its own troubles is for our log. */
static str api_json(arena *mem, const struct fail *fail)
{
    struct fail shown = *fail;
    bool inner = fail->status == 500;

    if (inner)
        shown.message = STR("Internal error");
    return fail_error_json(mem, &shown);
}

static str rest_json(const struct request *req, const struct fail *fail)
{
    bool minimal = str_eq(req->worker->config->error_verbosity, STR("minimal"));
    return minimal ? fail_json_minimal(req->mem, fail) : fail_json(req->mem, fail);
}

static str body_of(const struct request *req, const struct fail *fail)
{
    switch (style_of(req)) {
    case FAIL_STYLE_API:
        return api_json(req->mem, fail);
    case FAIL_STYLE_AUTH:
        return service_fail_json(req, fail);
    case FAIL_STYLE_REST:
        break;
    }
    return rest_json(req, fail);
}

static void log_failure(const struct request *req, const struct fail *fail)
{
    if (fail->status >= 500)
        log_line(fail->status == 500 ? LOG_ERROR : LOG_WARN, "request failed",
                 "id=%.*s status=%d code=%s message=\"%.*s\"", STR_ARG(req->id), fail->status,
                 fail->code, STR_ARG(fail->message));
}

void serve_fail(struct request *req, const struct fail *fail)
{
    bool (*better)(void *arg, const struct fail *fail) = req->on_fail;

    req->on_fail = NULL;
    if (better != NULL && better(req->on_fail_arg, fail))
        return;
    struct reply *reply = reply_new(req->mem, fail->status, TYPE_JSON);
    req->failed = fail->code;
    log_failure(req, fail);
    reply->body = body_of(req, fail);
    if (style_of(req) == FAIL_STYLE_AUTH && service_fail_is_new(req))
        reply_header(reply, STR("X-Supabase-Api-Version"), SERVICE_VERSION);
    reply_header(reply, STR("Proxy-Status"),
                 arena_printf(req->mem, "Postern; error=%s", fail->code));
    if (fail->authenticate.at != NULL)
        reply_header(reply, STR("WWW-Authenticate"), fail->authenticate);
    if (fail->retry_after_s > 0)
        reply_header(reply, STR("Retry-After"), arena_printf(req->mem, "%d", fail->retry_after_s));
    if (fail->allow.at != NULL)
        reply_header(reply, STR("Allow"), fail->allow);
    reply->reason = fail->reason;
    if (fail->headers != NULL)
        reply->asked = *fail->headers;
    (void)http_reply(req, reply);
}
