/* See admin.h. The same life as in serve.c, without anybody to admit. */
#include "admin.h"

#include "http/http.h"
#include "routes.h"
#include "serve.h"
#include "worker.h"

static const struct fail *serve_request(struct request *req)
{
    req->db = req->worker->db;
    req->claims = req->worker->nobody;
    req->route = admin_route_find(req);
    if (req->route != NULL)
        return req->route->handle(req);
    struct fail *fail = fail_new(req->mem, FAIL_PATH, "There is no such page here");
    fail->hint = STR("/live, /ready, /metrics and /schema_cache are");
    return fail;
}

void admin_serve(struct request *req)
{
    const struct fail *fail = serve_request(req);

    if (fail != NULL)
        serve_fail(req, fail);
}
