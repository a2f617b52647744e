/* /api/openapi.json - the curated routes describe themselves. Not a route file, because it answers
 * from the files and asks no database. */
#include "http/http.h"
#include "route/openapi.h"
#include "routes.h"
#include "worker.h"

const struct fail *api_openapi_handle(struct request *req)
{
    str text = book_openapi(req->mem, req->worker->book);

    if (text.at == NULL)
        return fail_new(req->mem, FAIL_INTERNAL, "The description is larger than %d bytes",
                        BOOK_OPENAPI_MAX);
    struct reply *reply = reply_new(req->mem, 200, TYPE_JSON);
    reply->body = text;
    reply_header(reply, STR("Cache-Control"), STR("no-cache"));
    return http_reply(req, reply);
}
