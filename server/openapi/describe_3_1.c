/* OpenAPI 3.1: what the API takes and gives, as JSON Schema. What is
 * said more than once is in components.c. See parts.h. Source: OpenAPI Specification 3.1.0. */
#include "base/url.h"
#include "openapi/components.h"

enum { NAME_MAX = 4096 };

static void put_head(struct description *to);
static void put_paths(struct description *to);
static void put_relation_path(struct description *to, const struct relation *relation);
static void put_routine_path(struct description *to, const struct routine *routine);

void describe_3_1(struct description *to)
{
    writer_open(&to->writer, '{');
    writer_member(&to->writer, STR("openapi"), STR("3.1.0"));
    put_head(to);
    put_paths(to);
    components_put(to);
    writer_close(&to->writer, '}');
}

static void put_head(struct description *to)
{
    struct writer *writer = &to->writer;
    struct place place = parts_place(to->mem, to->config);
    bool root = str_eq(place.base, STR("/"));

    parts_info(to);
    writer_open_member(writer, STR("servers"), '[');
    writer_open(writer, '{');
    writer_member(writer, STR("url"),
                  arena_printf(to->mem, "%.*s://%.*s%.*s", STR_ARG(place.scheme),
                               STR_ARG(place.host), root ? 0 : (int)place.base.len, place.base.at));
    writer_close(writer, '}');
    writer_close(writer, ']');
    if (!to->config->openapi_security)
        return;
    writer_key(writer, STR("security"));
    writer_json(writer, to->config->db_anon_role.len > 0 ? STR("[{\"JWT\":[]},{}]")
                                                         : STR("[{\"JWT\":[]}]"));
}

static str path_of(const struct description *to, str before, str name)
{
    struct buf path;

    buf_init(&path, to->mem, NAME_MAX);
    buf_put(&path, before);
    url_put(&path, name);
    return buf_str(&path);
}

/* ---- paths ---- */

static void put_tag(struct description *to, str tag)
{
    writer_open_member(&to->writer, STR("tags"), '[');
    writer_string(&to->writer, tag);
    writer_close(&to->writer, ']');
}

static void put_root_path(struct description *to)
{
    struct writer *writer = &to->writer;

    writer_open_member(writer, STR("/"), '{');
    writer_open_member(writer, STR("get"), '{');
    put_tag(to, STR("Introspection"));
    writer_member(writer, STR("summary"), STR("OpenAPI description (this document)"));
    writer_key(writer, STR("parameters"));
    writer_json(writer, STR("[{\"name\":\"openapi\",\"in\":\"query\",\"schema\":"
                            "{\"enum\":[\"2.0\",\"3.1\"],\"default\":\"2.0\"}}]"));
    writer_key(writer, STR("responses"));
    writer_json(writer, STR("{\"200\":{\"description\":\"OK\",\"content\":"
                            "{\"application/openapi+json\":{\"schema\":{\"type\":\"object\"}}}}}"));
    writer_close(writer, '}');
    writer_close(writer, '}');
}

static void put_paths(struct description *to)
{
    const struct shown *shown = to->shown;

    writer_open_member(&to->writer, STR("paths"), '{');
    put_root_path(to);
    for (int i = 0; i < shown->nrelations; i++)
        put_relation_path(to, shown->relations[i]);
    for (int i = 0; i < shown->nroutines; i++)
        if (parts_is_last(shown, i))
            put_routine_path(to, shown->routines[i]);
    writer_close(&to->writer, '}');
}

/* Of a relation's operation. */
enum body { BODY_NONE, BODY_ROWS, BODY_ROW, BODY_CHANGES };

struct operation {
    const char *method;
    const char *parameters; /* blank-separated components */
    const char *status;     /* with rows */
    const char *alone;      /* without; NULL: there are always rows */
    enum body body;
    bool filters;
};

static void put_content(struct description *to, const char *type)
{
    writer_open_member(&to->writer, STR("content"), '{');
    writer_open_member(&to->writer, str_from(type), '{');
    writer_open_member(&to->writer, STR("schema"), '{');
}

static void close_content(struct description *to)
{
    writer_close(&to->writer, '}');
    writer_close(&to->writer, '}');
    writer_close(&to->writer, '}');
}

static void put_rows(struct description *to, str name)
{
    writer_member(&to->writer, STR("type"), STR("array"));
    writer_key(&to->writer, STR("items"));
    component_ref(to, "schemas", name);
}

static void put_body(struct description *to, const struct relation *relation, enum body body)
{
    struct writer *writer = &to->writer;
    bool changes = body == BODY_CHANGES;
    str name = component_name(to, STR(""), relation->name, NONE);
    str schema = arena_printf(to->mem, "%.*s.%s", STR_ARG(name), changes ? "columns" : "insert");

    if (body == BODY_NONE)
        return;
    writer_open_member(writer, STR("requestBody"), '{');
    writer_flag(writer, STR("required"), true);
    put_content(to, "application/json");
    writer_open_member(writer, STR("anyOf"), '[');
    component_ref(to, "schemas", schema);
    if (body == BODY_ROWS) {
        writer_open(writer, '{');
        put_rows(to, schema);
        writer_close(writer, '}');
    }
    writer_close(writer, ']');
    close_content(to);
    writer_close(writer, '}');
}

static void put_rows_response(struct description *to, str status, const struct relation *relation)
{
    struct writer *writer = &to->writer;
    str name = component_name(to, STR(""), relation->name, NONE);

    writer_open_member(writer, status, '{');
    writer_member(writer, STR("description"), STR("The rows"));
    put_content(to, "application/json");
    put_rows(to, name);
    writer_close(writer, '}');
    writer_close(writer, '}');
    writer_open_member(writer, STR("application/vnd.pgrst.object+json"), '{');
    writer_key(writer, STR("schema"));
    component_ref(to, "schemas", name);
    writer_close(writer, '}');
    writer_key(writer, STR("text/csv"));
    writer_json(writer, STR("{\"schema\":{\"type\":\"string\"}}"));
    writer_close(writer, '}');
    writer_close(writer, '}');
}

static void put_plain_response(struct description *to, str status, str description)
{
    writer_open_member(&to->writer, status, '{');
    writer_member(&to->writer, STR("description"), description);
    writer_close(&to->writer, '}');
}

static void put_failure(struct description *to)
{
    writer_key(&to->writer, STR("default"));
    component_ref(to, "responses", STR("failure"));
}

static void put_operation(struct description *to, const struct relation *relation,
                          const struct operation *operation)
{
    struct writer *writer = &to->writer;
    str words = str_from(operation->parameters), word;
    bool reads = operation->filters && operation->alone == NULL;

    writer_open_member(writer, str_from(operation->method), '{');
    put_tag(to, relation->name);
    parts_comment(to, STR("summary"), STR("description"), relation->comment);
    writer_open_member(writer, STR("parameters"), '[');
    for (int i = 0; i < relation->ncolumns && operation->filters; i++)
        component_ref(
            to, "parameters",
            component_name(to, STR("rowFilter."), relation->name, relation->columns[i].name));
    while (words.len > 0 && str_cut(&words, ' ', &word))
        component_ref(to, "parameters", word);
    writer_close(writer, ']');
    put_body(to, relation, operation->body);
    writer_open_member(writer, STR("responses"), '{');
    put_rows_response(to, str_from(operation->status), relation);
    if (reads)
        put_rows_response(to, STR("206"), relation);
    if (operation->alone != NULL)
        put_plain_response(to, str_from(operation->alone),
                           STR("Done; nothing was asked to come back"));
    put_failure(to);
    writer_close(writer, '}');
    writer_close(writer, '}');
}

static void put_relation_path(struct description *to, const struct relation *relation)
{
    static const struct operation operations[] = {
        {"get",    "select order limit offset range preferCount", "200", NULL,  BODY_NONE,    true },
        {"post",   "select columns on_conflict preferWrite",      "201", NULL,  BODY_ROWS,    false},
        {"put",    "select preferWrite",                          "200", "204", BODY_ROW,     true },
        {"patch",  "select preferWrite",                          "200", "204", BODY_CHANGES, true },
        {"delete", "select preferWrite",                          "200", "204", BODY_NONE,    true },
    };
    const bool can[] = {
        true,
        relation->insertable,
        relation->insertable && relation->updatable && relation_primary_key(relation) != NULL,
        relation->updatable,
        relation->deletable,
    };

    writer_open_member(&to->writer, path_of(to, STR("/"), relation->name), '{');
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (can[i])
            put_operation(to, relation, &operations[i]);
    writer_close(&to->writer, '}');
}

/* ---- functions ---- */

/* Other arrays than a variadic one are written {1,2}, and JSON is text. */
static void put_query_argument(struct description *to, const struct parameter *parameter)
{
    struct kind kind = kind_of(to->mem, parts_local_type(to, parameter->type));
    struct writer *writer = &to->writer;
    bool text = kind.type.at == NULL || (kind.array && !parameter->variadic);

    writer_open(writer, '{');
    writer_member(writer, STR("name"), parameter->name);
    writer_member(writer, STR("in"), STR("query"));
    writer_flag(writer, STR("required"), parameter->required);
    writer_open_member(writer, STR("schema"), '{');
    if (text)
        writer_member(writer, STR("type"), STR("string"));
    else
        parts_argument(to, parameter);
    writer_close(writer, '}');
    writer_close(writer, '}');
}

/* The type of a body that one parameter without a name takes as a whole; NULL: there is none. */
static const char *whole_body(const struct routine *routine)
{
    static const struct {
        const char *type, *media;
    } types[] = {
        {"json",  "application/json"        },
        {"jsonb", "application/json"        },
        {"text",  "text/plain"              },
        {"xml",   "text/xml"                },
        {"bytea", "application/octet-stream"},
    };
    if (routine->nparameters != 1 || routine->parameters[0].name.len > 0)
        return NULL;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_eq(routine->parameters[0].type, str_from(types[i].type)))
            return types[i].media;
    return NULL;
}

static void put_call_body(struct description *to, const struct routine *routine)
{
    const char *media = whole_body(routine);

    writer_open_member(&to->writer, STR("requestBody"), '{');
    put_content(to, media == NULL ? "application/json" : media);
    if (media == NULL) {
        writer_member(&to->writer, STR("type"), STR("object"));
        parts_arguments(to, routine);
    }
    close_content(to);
    writer_close(&to->writer, '}');
}

static void put_result(struct description *to, const struct routine *routine)
{
    const struct relation *relation =
        schema_relation(to->shown->schema, routine->schema, routine->relation);
    struct kind kind = kind_of(to->mem, parts_local_type(to, routine->type));
    bool shown = false;

    for (int i = 0; i < to->shown->nrelations && relation != NULL; i++)
        shown = shown || to->shown->relations[i] == relation;
    if (shown)
        component_ref(to, "schemas", component_name(to, STR(""), relation->name, NONE));
    else if (routine->result == RESULT_COMPOSITE)
        writer_json(&to->writer, STR("{\"type\":\"object\"}"));
    else {
        writer_open(&to->writer, '{');
        writer_member(&to->writer, STR("type"), kind.type);
        writer_member(&to->writer, STR("format"), kind.format);
        writer_close(&to->writer, '}');
    }
}

static void put_call_responses(struct description *to, const struct routine *routine)
{
    struct writer *writer = &to->writer;

    writer_open_member(writer, STR("responses"), '{');
    if (routine->result == RESULT_VOID) {
        put_plain_response(to, STR("204"), STR("Done"));
    } else {
        writer_open_member(writer, STR("200"), '{');
        writer_member(writer, STR("description"), STR("The result"));
        put_content(to, "application/json");
        if (routine->set)
            writer_member(writer, STR("type"), STR("array"));
        if (routine->set)
            writer_key(writer, STR("items"));
        else
            writer_open_member(writer, STR("anyOf"), '[');
        put_result(to, routine);
        if (!routine->set)
            writer_close(writer, ']');
        close_content(to);
        writer_close(writer, '}');
    }
    put_failure(to);
    writer_close(writer, '}');
}

enum arguments { ARGUMENTS_IN_QUERY, ARGUMENTS_IN_BODY };

static void put_call(struct description *to, const struct routine *routine, str method,
                     enum arguments where)
{
    writer_open_member(&to->writer, method, '{');
    put_tag(to, arena_printf(to->mem, "(rpc) %.*s", STR_ARG(routine->name)));
    parts_comment(to, STR("summary"), STR("description"), routine->comment);
    if (where == ARGUMENTS_IN_BODY) {
        put_call_body(to, routine);
    } else {
        writer_open_member(&to->writer, STR("parameters"), '[');
        for (int i = 0; i < routine->nparameters; i++)
            put_query_argument(to, &routine->parameters[i]);
        writer_close(&to->writer, ']');
    }
    put_call_responses(to, routine);
    writer_close(&to->writer, '}');
}

static void put_routine_path(struct description *to, const struct routine *routine)
{
    writer_open_member(&to->writer, path_of(to, STR("/rpc/"), routine->name), '{');
    if (!routine->is_volatile && whole_body(routine) == NULL)
        put_call(to, routine, STR("get"), ARGUMENTS_IN_QUERY);
    put_call(to, routine, STR("post"), ARGUMENTS_IN_BODY);
    writer_close(&to->writer, '}');
}
