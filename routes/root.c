/* {rest}/ - the API's description of itself, or what a function of the database answers in its
 * place (DB_ROOT_SPEC). Source: PostgREST "OpenAPI". */
#include "rest.h"

#include "base/url.h"
#include "http/http.h"
#include "openapi/describe.h"
#include "pg/db.h"
#include "rest/ask.h"
#include "rest/transaction.h"
#include "routes.h"
#include "worker.h"

/* Deeper than relations and functions are. */
const struct fail *unknown_handle(struct request *req)
{
    return fail_new(req->mem, FAIL_PATH, "Invalid path specified in request URL");
}

struct root {
    str schema;
    bool several_schemas;
    enum dialect dialect;
};

static const struct fail *answer_options(struct request *req);
static const struct fail *call_function(struct request *req, str name);
static const struct fail *read_root(struct request *req, struct root *root);
static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg);

const struct fail *root_handle(struct request *req)
{
    const struct config *config = req->worker->config;
    enum shown_which which =
        str_eq(config->openapi_mode, STR("ignore-privileges")) ? SHOWN_ALL : SHOWN_ALLOWED;
    struct root *root = arena_new(req->mem, struct root);
    struct statement statement;

    timing_enter(&req->timing, TIMING_PARSE);
    if (req->method == METHOD_OPTIONS)
        return answer_options(req);
    if (!request_reads(req))
        return fail_new(req->mem, FAIL_METHOD, "Unsupported HTTP method: %.*s",
                        STR_ARG(req->method_name));
    if (config->db_root_spec.len > 0)
        return call_function(req, config->db_root_spec);
    if (str_eq(config->openapi_mode, STR("disabled")))
        return fail_new(req->mem, FAIL_NO_OPENAPI, "Root endpoint metadata is disabled");
    TRY(read_root(req, root));
    timing_enter(&req->timing, TIMING_PLAN);
    shown_statement(req->mem, root->schema, which, &statement);
    statement.before = transaction_before(req->mem, config);
    return db_run(req, &statement, on_rows, root);
}

static const struct fail *answer_options(struct request *req)
{
    struct reply *reply = reply_new(req->mem, 200, (str){NULL, 0});

    timing_enter(&req->timing, TIMING_RESPONSE);
    reply_header(reply, STR("Allow"), STR("OPTIONS,GET,HEAD"));
    return http_reply(req, reply);
}

/* As if the client had called it: /rpc/name. */
static const struct fail *call_function(struct request *req, str name)
{
    long dot = str_find(name, '.');

    if (dot >= 0) /* the schema in front of it is the default one */
        name = str_skip(name, (size_t)dot + 1);
    req->path_values[0] = (struct path_value){STR("name"), name};
    req->npath_values = 1;
    return rpc_handle(req);
}

static const struct fail *read_dialect(struct request *req, enum dialect *dialect)
{
    str query = req->query, key, value, version = {NULL, 0};

    while (url_next(&query, &key, &value))
        if (str_eq(key, STR("openapi")))
            version = value;
    return describe_dialect(req->mem, version, dialect);
}

static bool accepts(str accept, str type)
{
    str piece;

    while (str_cut(&accept, ',', &piece))
        if (str_ieq(media_essence(piece), type))
            return true;
    return false;
}

static const struct fail *read_root(struct request *req, struct root *root)
{
    str accept = request_header(req, STR("accept"));

    TRY(ask_schema(req, req->worker->config, &root->schema, &root->several_schemas));
    TRY(read_dialect(req, &root->dialect));
    if (accept.len == 0 || accepts(accept, STR("application/openapi+json")) ||
        accepts(accept, STR("application/json")) || accepts(accept, STR("*/*")))
        return NULL;
    return fail_new(req->mem, FAIL_MEDIA_TYPE, "None of these media types are available: %.*s",
                    STR_ARG(accept));
}

static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg)
{
    const struct root *root = arg;
    str columns[SHOWN_COLUMNS] = {
        {NULL, 0},
        STR("[]"), STR("[]")
    };
    struct shown shown;

    for (int i = 0; i < SHOWN_COLUMNS && rows_count(rows) > 0; i++)
        columns[i] = rows_text(rows, 0, i);
    shown_read(req->mem, req->schema, root->schema, columns, &shown);
    struct reply *reply = reply_new(req->mem, 200, STR("application/openapi+json; charset=utf-8"));
    if (root->several_schemas)
        reply_header(reply, STR("Content-Profile"), root->schema);
    reply->body = describe(req->mem, req->worker->config, &shown, root->dialect);
    if (reply->body.at == NULL)
        return fail_new(req->mem, FAIL_INTERNAL, "The description of the API is too large");
    rest_tag_put(req, reply);
    return http_reply(req, reply);
}
