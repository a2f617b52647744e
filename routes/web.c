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

/* Is the word one of the header's list, and not refused by q=0? Source: RFC 9110, 12.5. */
static bool accepts(struct request *req, str header, str word)
{
    str list = request_header(req, header), one, name;

    while (list.at != NULL && str_cut(&list, ',', &one)) {
        str_cut(&one, ';', &name);
        if (str_eq(str_trim(name), word))
            return one.at == NULL || !str_eq(str_trim(one), STR("q=0"));
    }
    return false;
}

/* A page of the dashboard is there when its module is: "/browse" by js/pages/browse.js, and so is
 * what is below it. All of them are index.html, which looks at the address. */
static bool is_page(struct request *req, str path)
{
    str rest = str_skip(path, 1), name;

    return str_cut(&rest, '/', &name) && name.len > 0 &&
           embed_find(arena_printf(req->mem, "web/js/pages/%.*s.js", STR_ARG(name))).at != NULL;
}

struct found {
    str file, body;
    int status;
};

/* Only names of the table of files are ever found: ".." names nothing. Whoever wants HTML gets the
 * dashboard in any case: it says that there is no such page, and shows the way to the others. */
static struct found find_file(struct request *req, str path)
{
    bool folder = str_ends(path, STR("/"));
    str file = arena_printf(req->mem, "web%.*s%s", STR_ARG(path), folder ? "index.html" : "");
    str body = embed_find(file);

    if (body.at != NULL)
        return (struct found){file, body, 200};
    file = STR("web/index.html");
    if (accepts(req, STR("accept"), STR("text/html")))
        return (struct found){file, embed_find(file), is_page(req, path) ? 200 : 404};
    return (struct found){.status = 404};
}

/* Scripts, styles and connections of our own origin, nothing inline, in nobody's frame. */
static void put_headers(struct reply *reply)
{
    static const struct header headers[] = {
        {STR_ROW("Cache-Control"),           STR_ROW("no-cache")       },
        {STR_ROW("Vary"),                    STR_ROW("Accept-Encoding")},
        {STR_ROW("X-Content-Type-Options"),  STR_ROW("nosniff")        },
        {STR_ROW("Referrer-Policy"),         STR_ROW("same-origin")    },
        {STR_ROW("Content-Security-Policy"),
         STR_ROW("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                 "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
                 "frame-ancestors 'none'")                             },
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        reply_header(reply, headers[i].name, headers[i].value);
}

const struct fail *web_handle(struct request *req)
{
    str path;

    if (req->path.len > PATH_MAX_LEN || !url_decode(req->mem, req->path, URL_PLUS_IS_PLUS, &path))
        return fail_new(req->mem, FAIL_PATH, "Invalid path specified in request URL");
    struct found found = find_file(req, path);
    str body = found.body;
    if (body.at == NULL)
        return fail_new(req->mem, FAIL_PATH, "Invalid path specified in request URL");
    str packed = embed_find(arena_printf(req->mem, "%.*s.gz", STR_ARG(found.file)));
    bool gzip = packed.at != NULL && accepts(req, STR("accept-encoding"), STR("gzip"));
    if (gzip)
        body = packed;
    str etag = etag_of(req->mem, body);
    bool same = found.status == 200 && str_eq(request_header(req, STR("if-none-match")), etag);
    struct reply *reply = reply_new(req->mem, same ? 304 : found.status, type_of(found.file));
    reply_header(reply, STR("ETag"), etag);
    put_headers(reply);
    if (gzip)
        reply_header(reply, STR("Content-Encoding"), STR("gzip"));
    reply->body = body;
    return http_reply(req, reply);
}
