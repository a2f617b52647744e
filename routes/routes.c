/* The front page of the program: every URL, and the file that answers it. */
#include "routes.h"

#include "auth/scope.h"
#include "base/buf.h"
#include "base/url.h"

static const struct route routes[] = {
    {ANY,        "/api/health",                                     health_handle,          FAIL_STYLE_API,  DOOR_OPEN   },
    {GET | HEAD, "/api/openapi.json",                               api_openapi_handle,     FAIL_STYLE_API,  DOOR_GUARDED},
    {GET | HEAD, "/api/v1/openapi.json",                            api_openapi_handle,     FAIL_STYLE_API,  DOOR_GUARDED},
    {ANY,        "/api/*",                                          api_handle,             FAIL_STYLE_API,  DOOR_GUARDED},
    {GET | HEAD, "/health",                                         health_handle,          FAIL_STYLE_API,  DOOR_OPEN   },
    {GET | HEAD, "/health/database",                                health_database_handle, FAIL_STYLE_API,  DOOR_OPEN   },
    {GET | HEAD, "/live",                                           live_handle,            FAIL_STYLE_API,  DOOR_OPEN   },
    {GET | HEAD, "/ready",                                          ready_handle,           FAIL_STYLE_API,  DOOR_OPEN   },
    {GET | HEAD, "/metrics",                                        metrics_handle,         FAIL_STYLE_API,  DOOR_OPEN   },
    {ANY,        "/auth/v1/*",                                      auth_handle,            FAIL_STYLE_AUTH, DOOR_OPEN   },
    {ANY,        "/ws",                                             ws_handle,              FAIL_STYLE_API,  DOOR_OPEN   },
    {GET | HEAD, "/realtime/v1/api/ping",                           ping_handle,            FAIL_STYLE_API,  DOOR_OPEN   },
    {GET,        "/realtime/v1/api/tenants/:id/health",             tenant_health_handle,   FAIL_STYLE_API,  DOOR_OPEN   },
    {POST,       "/realtime/v1/api/broadcast",                      broadcast_handle,       FAIL_STYLE_API,  DOOR_OPEN   },
    {POST,       "/realtime/v1/api/broadcast/:topic/events/:event", broadcast_one_handle,   FAIL_STYLE_API,
     DOOR_OPEN                                                                                                           },
    {GET,        "/realtime/v1/websocket",                          ws_handle,              FAIL_STYLE_API,  DOOR_OPEN   },
    {ANY,        "{rest}/rpc/:name",                                rpc_handle,             FAIL_STYLE_REST, DOOR_GUARDED},
    {ANY,        "{rest}/",                                         root_handle,            FAIL_STYLE_REST, DOOR_GUARDED},
    {ANY,        "{rest}/:relation",                                rest_handle,            FAIL_STYLE_REST, DOOR_GUARDED},
    {ANY,        "{rest}/*",                                        unknown_handle,         FAIL_STYLE_REST, DOOR_GUARDED},
    {GET | HEAD, "/shell.json",                                     shell_handle,           FAIL_STYLE_API,  DOOR_OPEN   },
    {GET | HEAD, "/*",                                              web_handle,             FAIL_STYLE_REST, DOOR_OPEN   },
};

static const struct route admin_routes[] = {
    {GET | HEAD, "/live",         live_handle,         FAIL_STYLE_API, DOOR_OPEN},
    {GET | HEAD, "/ready",        admin_ready_handle,  FAIL_STYLE_API, DOOR_OPEN},
    {GET | HEAD, "/metrics",      metrics_handle,      FAIL_STYLE_API, DOOR_OPEN},
    {GET | HEAD, "/schema_cache", schema_cache_handle, FAIL_STYLE_API, DOOR_OPEN},
};

static bool add_value(struct request *req, str name, str encoded)
{
    struct path_value *value = &req->path_values[req->npath_values];

    if (encoded.len == 0 || req->npath_values == PATH_VALUES_MAX)
        return false;
    value->name = name;
    req->npath_values++;
    return url_decode(req->mem, encoded, URL_PLUS_IS_PLUS, &value->value);
}

/* Segment by segment, both without their first slash. */
static bool match_segments(struct request *req, str pattern, str path)
{
    str want, have;

    while (str_cut(&pattern, '/', &want)) {
        if (str_eq(want, STR("*")))
            return true;
        if (!str_cut(&path, '/', &have))
            return false;
        bool named = want.len > 1 && want.at[0] == ':';
        if (named ? !add_value(req, str_skip(want, 1), have) : !str_eq(want, have))
            return false;
    }
    return path.at == NULL;
}

/* The first letter spares most patterns the comparison. */
static bool may_match(str pattern, str path)
{
    if (pattern.len < 2 || path.len < 2)
        return pattern.len == path.len || (pattern.len > 1 && pattern.at[1] == '*');
    return pattern.at[1] == path.at[1] || pattern.at[1] == ':' || pattern.at[1] == '*';
}

static bool match(struct request *req, const struct route *route, str rest_prefix)
{
    str pattern = str_from(route->path), path = req->path;

    req->npath_values = 0;
    if (str_starts(pattern, STR("{rest}"))) {
        if (!str_starts(path, rest_prefix))
            return false;
        pattern = str_skip(pattern, STR("{rest}").len);
        path = str_skip(path, rest_prefix.len);
    }
    if (!str_starts(path, STR("/")) || !may_match(pattern, path))
        return false;
    return match_segments(req, str_skip(pattern, 1), str_skip(path, 1));
}

const struct route *route_find(struct request *req, str rest_prefix, unsigned *methods)
{
    *methods = 0;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (!match(req, &routes[i], rest_prefix))
            continue;
        if (routes[i].methods & (1u << req->method))
            return &routes[i];
        *methods |= routes[i].methods;
    }
    return NULL;
}

unsigned route_scope(const struct request *req)
{
    const struct route *route = req->route;
    bool reads = request_reads(req) || req->method == METHOD_OPTIONS;

    if (str_starts(req->path, STR("/realtime/")))
        return SCOPE_LIVE;
    if (route->door == DOOR_OPEN)
        return SCOPE_NONE;
    if (route->style == FAIL_STYLE_API)
        return reads ? SCOPE_API_READ : SCOPE_API_WRITE;
    if (route->handle == rpc_handle)
        return SCOPE_REST_CALL;
    return reads ? SCOPE_REST_READ : SCOPE_REST_WRITE;
}

const struct route *admin_route_find(struct request *req)
{
    for (size_t i = 0; i < sizeof(admin_routes) / sizeof(admin_routes[0]); i++)
        if (str_eq(req->path, str_from(admin_routes[i].path)) &&
            (admin_routes[i].methods & (1u << req->method)))
            return &admin_routes[i];
    return NULL;
}

str route_allow(arena *mem, unsigned methods)
{
    static const struct {
        unsigned bit;
        str name;
    } names[] = {
        {GET,     STR_ROW("GET")    },
        {HEAD,    STR_ROW("HEAD")   },
        {POST,    STR_ROW("POST")   },
        {PUT,     STR_ROW("PUT")    },
        {PATCH,   STR_ROW("PATCH")  },
        {DELETE,  STR_ROW("DELETE") },
        {OPTIONS, STR_ROW("OPTIONS")},
    };
    struct buf list;

    buf_init(&list, mem, 64);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!(methods & names[i].bit))
            continue;
        buf_put(&list, list.len > 0 ? STR(", ") : STR(""));
        buf_put(&list, names[i].name);
    }
    return buf_str(&list);
}
