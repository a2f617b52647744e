/* See cors.h. */
#include "http/cors.h"

#define EXPOSED                                                                                    \
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, "    \
    "Transfer-Encoding, Range-Unit"
#define EXPOSED_MORE                                                                               \
    EXPOSED ", Preference-Applied, ETag, Age, Retry-After, RateLimit, RateLimit-Policy, "          \
            "Cache-Status, Content-Disposition, "                                                  \
            "X-Request-Id, X-Supabase-Api-Version"
enum { HEADERS_ROOM = 128 };

#define METHODS "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"

/* A page is told of QUERY when it asks for it: the list is PostgREST's otherwise. */
static str methods_for(str asked)
{
    return str_eq(asked, STR("QUERY")) ? STR(METHODS ", QUERY") : STR(METHODS);
}

static bool listed(str origins, str origin)
{
    str one;

    while (str_cut(&origins, ',', &one))
        if (str_ieq(str_trim(one), origin))
            return true;
    return false;
}

/* In PostgREST's own place pages see what PostgREST lets them see. */
static str exposed(const struct config *config)
{
    return config->rest_path.len == 0 ? STR(EXPOSED) : STR(EXPOSED_MORE);
}

int cors_headers(const struct config *config, str origin, struct header headers[CORS_HEADERS_MAX])
{
    str origins = config->cors_origins;
    int count = 0;

    if (origin.at == NULL)
        return 0;
    if (str_eq(origins, STR("*"))) {
        headers[count++] = (struct header){STR("Access-Control-Allow-Origin"), STR("*")};
    } else {
        headers[count++] = (struct header){STR("Vary"), STR("Origin")};
        if (!listed(origins, origin))
            return count;
        headers[count++] = (struct header){STR("Access-Control-Allow-Origin"), origin};
        headers[count++] = (struct header){STR("Access-Control-Allow-Credentials"), STR("true")};
    }
    headers[count++] = (struct header){STR("Access-Control-Expose-Headers"), exposed(config)};
    return count;
}

int cors_open(const struct config *config, struct header headers[CORS_HEADERS_MAX])
{
    if (!str_eq(config->cors_origins, STR("*")))
        return 0;
    headers[0] = (struct header){STR("Access-Control-Allow-Origin"), STR("*")};
    return 1;
}

/* "*" does not cover Authorization, so what is asked for is named. */
static str allowed_headers(const struct request *req)
{
    str asked = request_header(req, STR("access-control-request-headers")), one;
    struct buf list;

    buf_init(&list, req->mem, asked.len * 2 + HEADERS_ROOM);
    buf_put(&list, STR("Authorization"));
    while (str_cut(&asked, ',', &one)) {
        buf_put(&list, STR(", "));
        buf_put(&list, str_trim(one));
    }
    buf_put(&list, STR(", Accept, Accept-Language, Content-Language"));
    return buf_str(&list);
}

const struct reply *cors_preflight(const struct request *req)
{
    str asked = request_header(req, STR("access-control-request-method"));

    if (req->method != METHOD_OPTIONS || request_header(req, STR("origin")).at == NULL ||
        asked.at == NULL)
        return NULL;
    struct reply *reply = reply_new(req->mem, 200, (str){NULL, 0});
    reply_header(reply, STR("Access-Control-Allow-Methods"), methods_for(asked));
    reply_header(reply, STR("Access-Control-Allow-Headers"), allowed_headers(req));
    reply_header(reply, STR("Access-Control-Max-Age"), STR("86400"));
    return reply;
}
