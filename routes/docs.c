/* /api/docs - the guide: pages of Markdown and a search in them. Not SQL, because the pages are
 * files beside the program and not rows. */
#include "docs.h"

#include "http/http.h"
#include "worker.h"

enum { LIST_MAX = 1 << 20, PAGE_MAX = 32 << 20 };

static const struct fail *answer(const struct call *call, const struct writer *writer)
{
    struct reply *reply = reply_new(call->req->mem, 200, TYPE_JSON);

    if (writer->out.full)
        return fail_new(call->req->mem, FAIL_TOO_LARGE, "The page is too large to send");
    reply->body = buf_str(&writer->out);
    reply_header(reply, STR("Cache-Control"), call->ask.file->cache_control);
    return http_reply(call->req, reply);
}

const struct fail *docs_list(struct call *call)
{
    struct writer writer;

    writer_init(&writer, call->req->mem, LIST_MAX);
    guide_put_list(&writer, call->req->worker->guide);
    return answer(call, &writer);
}

static str value_of(const struct call *call, str name)
{
    int param = route_file_param(call->ask.file, name);

    return param < 0 ? (str){NULL, 0} : call->ask.values[param].text;
}

const struct fail *docs_search(struct call *call)
{
    struct writer writer;

    writer_init(&writer, call->req->mem, LIST_MAX);
    guide_put_results(&writer, call->req->worker->guide, value_of(call, STR("q")));
    return answer(call, &writer);
}

static const struct fail *page(struct call *call, str category)
{
    str slug = value_of(call, STR("slug"));
    struct writer writer;

    if (!slug_valid(slug))
        return fail_new(call->req->mem, FAIL_MALFORMED, "Invalid slug");
    const struct doc *doc = guide_find(call->req->worker->guide, category, slug);
    if (doc == NULL)
        return fail_new(call->req->mem, FAIL_NOT_FOUND, "Doc not found");
    writer_init(&writer, call->req->mem, PAGE_MAX);
    guide_put_doc(&writer, doc);
    return answer(call, &writer);
}

const struct fail *docs_page(struct call *call)
{
    return page(call, (str){NULL, 0});
}

const struct fail *docs_roadmap(struct call *call)
{
    return page(call, STR("roadmaps"));
}

const struct fail *docs_agent(struct call *call)
{
    return page(call, STR("agent"));
}
