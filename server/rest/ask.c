/* From a request to an ask: what kind of thing is wanted, of what, in which schema. */
#include "rest/ask.h"

#include "rest/query.h"

static const struct fail *find_kind(const struct request *req, enum ask_target target,
                                    enum ask_kind *kind);
static const struct fail *read_query(const struct request *req, struct ask *ask);
static const struct fail *read_body(const struct request *req, struct ask *ask);

const struct fail *ask_parse(const struct request *req, const struct config *config,
                             enum ask_target target, struct ask **result)
{
    struct ask *ask = arena_new(req->mem, struct ask);

    ask->name = request_path_value(req, target == ASK_FUNCTION ? STR("name") : STR("relation"));
    ask->target = target;
    ask->reads = request_reads(req);
    ask->head = req->method == METHOD_HEAD;
    TRY(find_kind(req, target, &ask->kind));
    TRY(ask_schema(req, config, &ask->schema, &ask->several_schemas));
    *result = ask;
    if (ask->kind == ASK_OPTIONS)
        return NULL;
    TRY(read_query(req, ask));
    TRY(prefer_read(req, config, &ask->prefer));
    ask->accept = media_read(req->mem, request_header(req, STR("accept")));
    return read_body(req, ask);
}

static const struct fail *read_query(const struct request *req, struct ask *ask)
{
    struct query query;

    TRY(query_read(req, &query));
    TRY(query_apply(&query, req->mem, ask));
    if (ask->reads)
        ask->canonical_query = query_canonical(&query, req->mem);
    return range_read(req, &query, &ask->range);
}

static const struct fail *find_kind(const struct request *req, enum ask_target target,
                                    enum ask_kind *kind)
{
    static const int kinds[] = {
        [METHOD_GET] = ASK_READ,        [METHOD_HEAD] = ASK_READ,    [METHOD_POST] = ASK_INSERT,
        [METHOD_PUT] = ASK_PUT,         [METHOD_PATCH] = ASK_UPDATE, [METHOD_DELETE] = ASK_DELETE,
        [METHOD_OPTIONS] = ASK_OPTIONS, [METHOD_OTHER] = -1,
    };
    bool callable = request_reads(req) || req->method == METHOD_POST;

    if (target == ASK_FUNCTION && !callable && req->method != METHOD_OPTIONS)
        return fail_new(req->mem, FAIL_RPC_METHOD, "Cannot use the %.*s method on RPC",
                        STR_ARG(req->method_name));
    if (kinds[req->method] < 0)
        return fail_new(req->mem, FAIL_METHOD, "Unsupported HTTP method: %.*s",
                        STR_ARG(req->method_name));
    *kind = (enum ask_kind)kinds[req->method];
    if (target == ASK_FUNCTION && callable)
        *kind = ASK_CALL;
    return NULL;
}

static const struct fail *unknown_schema(arena *mem, str schemas, str name)
{
    struct fail *fail = fail_new(mem, FAIL_SCHEMA, "Invalid schema: %.*s", STR_ARG(name));
    struct buf hint;
    str piece;

    buf_init(&hint, mem, schemas.len * 3 + 64);
    buf_put(&hint, STR("Only the following schemas are exposed: "));
    for (bool first = true; str_cut(&schemas, ',', &piece); first = false) {
        buf_put(&hint, first ? STR("") : STR(", "));
        buf_put(&hint, str_trim(piece));
    }
    fail->hint = buf_str(&hint);
    return fail;
}

/* The profile headers choose among the exposed schemas; the first is the default. */
const struct fail *ask_schema(const struct request *req, const struct config *config, str *schema,
                              bool *several)
{
    bool sends = req->method == METHOD_POST || req->method == METHOD_PATCH ||
                 req->method == METHOD_PUT || req->method == METHOD_DELETE;
    str wanted = request_header(req, sends ? STR("content-profile") : STR("accept-profile"));
    str rest = config->db_schemas, piece;

    *several = str_find(config->db_schemas, ',') >= 0;
    while (str_cut(&rest, ',', &piece)) {
        *schema = str_trim(piece);
        if (wanted.at == NULL || str_eq(*schema, wanted))
            return NULL;
    }
    return unknown_schema(req->mem, config->db_schemas, wanted);
}

static const struct fail *read_body(const struct request *req, struct ask *ask)
{
    bool limited = ask->columns.count > 0 && ask->kind != ASK_PUT;
    enum body_keys keys = limited ? BODY_KEYS_ANY : BODY_KEYS_UNIFORM;

    if (ask->kind == ASK_CALL && !ask->reads) {
        TRY(body_read_call(req, keys, &ask->body));
        ask->arguments = ask->body.arguments;
        return NULL;
    }
    if (ask->kind == ASK_INSERT || ask->kind == ASK_PUT || ask->kind == ASK_UPDATE)
        return body_read(req, keys, &ask->body);
    return NULL;
}
