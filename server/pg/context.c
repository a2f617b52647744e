/* See context.h. */
#include "pg/context.h"

#include "base/json.h"
#include "pg/work.h"

enum { CONTEXT_JSON_MAX = 128 << 10, REQUEST_GUCS = 4, TENANT_GUCS = 1 };

struct gucs {
    struct guc *list;
    int count;
};

static void add(struct gucs *gucs, const struct guc *list, int count)
{
    for (int i = 0; i < count; i++)
        gucs->list[gucs->count++] = list[i];
}

/* What would let a function act as the caller: only where the settings say so. */
static bool is_secret(str name)
{
    return str_eq(name, STR("authorization")) || str_eq(name, STR("apikey")) ||
           str_eq(name, STR("proxy-authorization"));
}

static void put_member(struct buf *json, str name, str value)
{
    if (json->len > 1)
        buf_putc(json, ',');
    json_put_string(json, name);
    buf_putc(json, ':');
    json_put_string(json, value);
}

static str finish_object(struct buf *json)
{
    buf_putc(json, '}');
    return json->full ? STR("{}") : buf_str(json);
}

static str headers_json(const struct config *config, const struct request *req)
{
    struct buf json;

    buf_init(&json, req->mem, CONTEXT_JSON_MAX);
    buf_putc(&json, '{');
    for (size_t i = 0; i < req->nheaders; i++) {
        const struct header *header = &req->headers[i];
        bool told = config->request_secrets || !is_secret(header->name);
        if (told && !str_eq(header->name, STR("cookie")))
            put_member(&json, header->name, header->value);
    }
    return finish_object(&json);
}

/* Source: RFC 6265, 4.2.1: pairs with "; " between them. */
static str cookies_json(const struct request *req)
{
    str rest = request_header(req, STR("cookie")), piece, name;
    struct buf json;

    buf_init(&json, req->mem, CONTEXT_JSON_MAX);
    buf_putc(&json, '{');
    while (rest.at != NULL && str_cut(&rest, ';', &piece)) {
        piece = str_trim(piece);
        if (str_cut(&piece, '=', &name) && name.len > 0)
            put_member(&json, name, piece.at == NULL ? STR("") : piece);
    }
    return finish_object(&json);
}

static void add_request(struct gucs *gucs, const struct config *config, const struct request *req)
{
    const struct guc list[REQUEST_GUCS] = {
        {STR("request.method"),  req->method_name   },
        {STR("request.path"),    req->path          },
        {STR("request.headers"), headers_json(config, req)},
        {STR("request.cookies"),                      cookies_json(req)                   },
    };
    add(gucs, list, REQUEST_GUCS);
}

/* For policies and functions that want no JSON: request.tenant_id, as long as the transaction. */
static void add_tenant(struct gucs *gucs, const struct request *req)
{
    const struct guc tenant = {STR("request.tenant_id"), req->claims->tenant};

    if (tenant.value.len > 0)
        add(gucs, &tenant, TENANT_GUCS);
}

struct statement context_statement(const struct db_options *options, const struct request *req,
                                   const struct statement *statement)
{
    const struct config *config = options->config;
    struct statement result = *statement;
    const struct guc *of_role = NULL;
    enum isolation isolation = ISOLATION_DEFAULT;
    str role = statement->role.at != NULL ? statement->role : req->claims->role;
    int nof_role = options->role_settings(req, role, &of_role, &isolation);

    if (result.isolation == ISOLATION_DEFAULT)
        result.isolation = isolation;
    bool told = statement->access == ACCESS_WRITE || work_is_solitary(&result) ||
                str_eq(config->request_settings, STR("always")) || options->reads_request(req);
    int room = statement->ngucs + config->napp_settings + nof_role + (told ? REQUEST_GUCS : 0) +
               (req->claims->tenant.len > 0 ? TENANT_GUCS : 0);
    if (room == statement->ngucs)
        return result;
    struct gucs gucs = {arena_array(req->mem, struct guc, (size_t)room), 0};
    add(&gucs, config->app_settings, config->napp_settings);
    add(&gucs, of_role, nof_role);
    if (told)
        add_request(&gucs, config, req);
    add_tenant(&gucs, req);
    add(&gucs, statement->gucs, statement->ngucs);
    result.gucs = gucs.list;
    result.ngucs = gucs.count;
    return result;
}
