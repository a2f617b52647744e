/* See long_query.h. */
#include "rest/long_query.h"

#include "base/url.h"
#include "rest/caps.h"
#include "rest/media.h"

#define OVERRIDE STR("_method")

/* The URL's query without _method=...; *overrides: it was "query". */
static str without_override(arena *mem, str query, bool *overrides)
{
    str rest = query, key, value;
    struct buf kept;

    *overrides = false;
    buf_init(&kept, mem, query.len + 1);
    while (url_next(&rest, &key, &value)) {
        if (str_eq(key, OVERRIDE)) {
            *overrides = *overrides || str_eq(value, STR("query"));
            continue;
        }
        if (kept.len > 0)
            buf_putc(&kept, '&');
        buf_put(&kept, key);
        if (value.at != NULL)
            buf_putc(&kept, '=');
        buf_put(&kept, value);
    }
    return buf_str(&kept);
}

static bool is_query(struct request *req, str *query)
{
    bool overrides = false;

    *query = req->query;
    if (str_eq(req->method_name, STR("QUERY")))
        return true;
    if (req->method != METHOD_POST || memmem(query->at, query->len, "_method", 7) == NULL)
        return false;
    *query = without_override(req->mem, *query, &overrides);
    return overrides;
}

const struct fail *long_query_read(struct request *req)
{
    str query;

    if (!is_query(req, &query))
        return NULL;
    if (media_content(request_header(req, STR("content-type"))) != CONTENT_FORM)
        return fail_new(req->mem, FAIL_MEDIA_BODY,
                        "The body of a QUERY is application/x-www-form-urlencoded: what would "
                        "stand behind the \"?\"");
    if (req->body.len > QUERY_BYTES_MAX)
        return fail_new(req->mem, FAIL_TOO_LARGE, "A query may be %d bytes long", QUERY_BYTES_MAX);
    req->method = METHOD_GET;
    req->query = query.len == 0
                     ? req->body
                     : arena_printf(req->mem, "%.*s&%.*s", STR_ARG(query), STR_ARG(req->body));
    req->body = STR("");
    return NULL;
}
