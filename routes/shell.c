/* GET /shell.json - what the dashboard's service worker keeps, so that the page opens while the
 * server is away: the files of web/, and a version that is another one when any of them is. */
#include "base/embed.h"
#include "base/writer.h"
#include "http/http.h"
#include "routes.h"

enum { LIST_MAX = 1 << 16, VERSION_LEN = 16 };

#define FOLDER STR("web/")
#define WORKER STR("web/worker.js") /* the browser keeps it itself */

/* Licences and the like travel in the program, but no page loads them. */
static bool is_shell(str path)
{
    static const str endings[] = {STR_ROW(".html"), STR_ROW(".css"), STR_ROW(".js"),
                                  STR_ROW(".svg")};

    if (!str_starts(path, FOLDER) || str_eq(path, WORKER))
        return false;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (str_ends(path, endings[i]))
            return true;
    return false;
}

/* "web/js/main.js" is "/js/main.js", and the page itself is "/". */
static str address_of(str path)
{
    return str_eq(path, STR("web/index.html")) ? STR("/") : str_skip(path, FOLDER.len - 1);
}

const struct fail *shell_handle(struct request *req)
{
    struct writer writer;
    uint64_t version = STR_HASH_SEED;

    writer_init(&writer, req->mem, LIST_MAX);
    writer_open(&writer, '{');
    writer_open_member(&writer, STR("files"), '[');
    for (const struct embedded *file = embedded_files; file->path != NULL; file++) {
        str path = str_from(file->path);
        if (!is_shell(path))
            continue;
        version = str_hash(path, version);
        version = str_hash((str){file->start, (size_t)(file->end - file->start)}, version);
        writer_string(&writer, address_of(path));
    }
    writer_close(&writer, ']');
    writer_member(&writer, STR("version"),
                  arena_printf(req->mem, "%0*llx", VERSION_LEN, (unsigned long long)version));
    writer_close(&writer, '}');
    if (writer.out.full)
        return fail_new(req->mem, FAIL_TOO_LARGE, "The list is too large to send");
    struct reply *reply = reply_new(req->mem, 200, TYPE_JSON);
    reply_header(reply, STR("Cache-Control"), STR("no-cache"));
    reply->body = buf_str(&writer.out);
    return http_reply(req, reply);
}
