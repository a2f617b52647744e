/* See cors.h. */
#include "http/cors.h"

#define EXPOSED                                                                                    \
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, "    \
    "Transfer-Encoding, Range-Unit, Preference-Applied, ETag, Age, Retry-After, Cache-Status, "    \
    "Content-Disposition, X-Request-Id"
#define METHODS "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
#define HEADERS                                                                                    \
    "accept, accept-profile, apikey, authorization, cache-control, content-profile, "              \
    "content-type, if-none-match, prefer, range, range-unit, x-client-info, x-request-id, "        \
    "x-supabase-api-version"

static bool listed(str origins, str origin)
{
    str one;

    while (str_cut(&origins, ',', &one))
        if (str_ieq(str_trim(one), origin))
            return true;
    return false;
}

int cors_headers(str origins, str origin, struct header headers[CORS_HEADERS_MAX])
{
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
    headers[count++] = (struct header){STR("Access-Control-Expose-Headers"), STR(EXPOSED)};
    return count;
}

/* "*" does not cover Authorization, so what is asked for is named. */
static str allowed_headers(const struct request *req)
{
    str asked = request_header(req, STR("access-control-request-headers"));

    if (asked.at == NULL || asked.len == 0)
        return STR(HEADERS);
    return arena_printf(req->mem, HEADERS ", %.*s", STR_ARG(asked));
}

const struct reply *cors_preflight(const struct request *req)
{
    if (req->method != METHOD_OPTIONS || request_header(req, STR("origin")).at == NULL ||
        request_header(req, STR("access-control-request-method")).at == NULL)
        return NULL;
    struct reply *reply = reply_new(req->mem, 200, (str){NULL, 0});
    reply_header(reply, STR("Access-Control-Allow-Methods"), STR(METHODS));
    reply_header(reply, STR("Access-Control-Allow-Headers"), allowed_headers(req));
    reply_header(reply, STR("Access-Control-Max-Age"), STR("86400"));
    return reply;
}
