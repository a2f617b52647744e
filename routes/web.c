/* The files of web/, which travel inside the program. */
#include "base/embed.h"
#include "base/fail.h"
#include "base/url.h"
#include "http/http.h"
#include "routes.h"

enum { PATH_MAX_LEN = 256 };

static const struct {
    str ending, type;
} types[] = {
    {STR_ROW(".html"), STR_ROW("text/html; charset=utf-8")       },
    {STR_ROW(".css"),  STR_ROW("text/css; charset=utf-8")        },
    {STR_ROW(".js"),   STR_ROW("text/javascript; charset=utf-8") },
    {STR_ROW(".json"), STR_ROW("application/json; charset=utf-8")},
    {STR_ROW(".svg"),  STR_ROW("image/svg+xml")                  },
    {STR_ROW(".png"),  STR_ROW("image/png")                      },
    {STR_ROW(".ico"),  STR_ROW("image/x-icon")                   },
    {STR_ROW(".txt"),  STR_ROW("text/plain; charset=utf-8")      },
};

static str type_of(str path)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_ends(path, types[i].ending))
            return types[i].type;
    return STR("application/octet-stream");
}

static str etag_of(arena *mem, str body)
{
    return arena_printf(mem, "\"%016llx\"", (unsigned long long)str_hash(body, STR_HASH_SEED));
}

const struct fail *web_handle(struct request *req)
{
    str path;

    if (req->path.len > PATH_MAX_LEN || !url_decode(req->mem, req->path, URL_PLUS_IS_PLUS, &path))
        return fail_new(req->mem, FAIL_PATH, "Invalid path specified in request URL");
    bool folder = str_ends(path, STR("/"));
    /* Only names of the table of files are ever found: ".." names nothing. */
    str file = arena_printf(req->mem, "web%.*s%s", STR_ARG(path), folder ? "index.html" : "");
    str body = embed_find(file);
    if (body.at == NULL)
        return fail_new(req->mem, FAIL_PATH, "Invalid path specified in request URL");
    str etag = etag_of(req->mem, body);
    bool same = str_eq(request_header(req, STR("if-none-match")), etag);
    struct reply *reply = reply_new(req->mem, same ? 304 : 200, type_of(file));
    reply_header(reply, STR("ETag"), etag);
    reply_header(reply, STR("Cache-Control"), STR("no-cache"));
    reply_header(reply, STR("X-Content-Type-Options"), STR("nosniff"));
    reply->body = body;
    return http_reply(req, reply);
}
