/* Every URL the server answers. The table is in routes.c. */
#ifndef ROUTES_H
#define ROUTES_H

#include "base/fail.h"
#include "base/request.h"

enum {
    GET = 1 << METHOD_GET,
    HEAD = 1 << METHOD_HEAD,
    POST = 1 << METHOD_POST,
    PUT = 1 << METHOD_PUT,
    PATCH = 1 << METHOD_PATCH,
    DELETE = 1 << METHOD_DELETE,
    OPTIONS = 1 << METHOD_OPTIONS,
    OTHER = 1 << METHOD_OTHER,
    ANY = (OTHER << 1) - 1
};

/* How a failure of the route is written: PostgREST's JSON, {"error": ...}, or Supabase Auth's. */
enum fail_style { FAIL_STYLE_REST, FAIL_STYLE_API, FAIL_STYLE_AUTH };

/* Who gets in: callers whose token is verified (or who have none), or anybody unseen, with
 * nobody's rights: health checks must not fail on a bad token. */
enum route_door { DOOR_GUARDED, DOOR_OPEN };

/* Returns NULL when it has answered or will answer; a failure when the caller must. */
typedef const struct fail *handle_fn(struct request *req);

struct route {
    unsigned methods;
    const char *path; /* ":name" is one segment, a last "*" the rest; "{rest}" the REST prefix */
    handle_fn *handle;
    enum fail_style style;
    enum route_door door;
};

/* Finds the route and fills req->path_values. NULL: no such path. A path that exists with
 * other methods sets *methods to them and returns NULL as well. */
const struct route *route_find(struct request *req, str rest_prefix, unsigned *methods);

/* What an API key must be for: bits of auth/scope.h. */
unsigned route_scope(const struct request *req);

/* The routes of the admin listener. NULL: no such path, or no such method there. */
const struct route *admin_route_find(struct request *req);

/* "GET, HEAD": for an Allow header. */
str route_allow(arena *mem, unsigned methods);

handle_fn rest_handle, rpc_handle, root_handle, unknown_handle, api_handle, health_handle,
    health_database_handle, live_handle, ready_handle, metrics_handle, admin_ready_handle,
    schema_cache_handle, ws_handle, web_handle, broadcast_handle, broadcast_one_handle,
    api_openapi_handle, ping_handle, tenant_health_handle, auth_handle, shell_handle;

#endif
