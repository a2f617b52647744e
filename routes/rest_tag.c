/* ETag and If-None-Match on reads of tables and functions. The tag is weak: it stands for the
 * body's bytes, while the headers around them (Content-Range, Preference-Applied) may differ.
 * Source: RFC 9110, 8.8.3, 13.1.2 and 15.4.5. */
#include "rest.h"

#include "cache/etag.h"
#include "rest/media.h"

static bool has_header(const struct reply *reply, str name)
{
    for (int i = 0; i < reply->nheaders; i++)
        if (str_ieq(reply->headers[i].name, name))
            return true;
    for (int i = 0; i < reply->asked.count; i++)
        if (str_ieq(reply->asked.list[i].name, name))
            return true;
    return false;
}

bool rest_tag_wants_body(const struct request *req)
{
    return req->method == METHOD_HEAD && request_header(req, STR("if-none-match")).at != NULL;
}

void rest_tag_put(const struct request *req, struct reply *reply)
{
    char *tag = h2o_mem_alloc_pool(req->mem, ETAG_LEN + 2);
    str whole = {tag, ETAG_LEN + 2}, bare = {tag + 2, ETAG_LEN};

    tag[0] = 'W';
    tag[1] = '/';
    etag_make(reply->body, tag + 2);
    reply_header(reply, STR("ETag"), whole);
    if (etag_matches(request_header(req, STR("if-none-match")), bare))
        reply->status = 304;
}

void rest_tag(const struct request *req, const struct plan *plan, struct reply *reply)
{
    bool whole = reply->status == 200 && plan->rows == ROWS_BODY;

    if (plan->ask->reads && whole && plan->explain.format == EXPLAIN_NONE &&
        !has_header(reply, STR("ETag")))
        rest_tag_put(req, reply);
}
