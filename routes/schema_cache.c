/* /schema_cache of the admin listener: the snapshot that requests are planned with, as JSON. */
#include "base/fail.h"
#include "http/http.h"
#include "routes.h"
#include "worker.h"

enum { DUMP_BYTES_MAX = 256 << 20 };

const struct fail *schema_cache_handle(struct request *req)
{
    struct reply *reply = reply_new(req->mem, 200, TYPE_JSON);
    struct buf text;

    buf_init(&text, req->mem, DUMP_BYTES_MAX);
    schema_put(&text, req->worker->schema);
    if (text.full)
        return fail_new(req->mem, FAIL_INTERNAL, "The schema is too large to show");
    reply->body = buf_str(&text);
    return http_reply(req, reply);
}
