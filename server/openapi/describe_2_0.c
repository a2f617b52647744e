/* OpenAPI 2.0, as PostgREST writes it: the same members in the same places, since clients generate
 * code from them. See parts.h. */
#include "openapi/parts.h"

static void put_head(struct description *to);
static void put_paths(struct description *to);
static void put_relation_path(struct description *to, const struct relation *relation);
static void put_routine_path(struct description *to, const struct routine *routine);
static void put_definitions(struct description *to);
static void put_parameters(struct description *to);
static void put_security(struct description *to);

void describe_2_0(struct description *to)
{
    writer_open(&to->writer, '{');
    writer_member(&to->writer, STR("swagger"), STR("2.0"));
    put_head(to);
    put_paths(to);
    put_definitions(to);
    put_parameters(to);
    if (to->config->openapi_security)
        put_security(to);
    writer_close(&to->writer, '}');
}

static void put_list(struct description *to, str name, const str *list, size_t count)
{
    writer_open_member(&to->writer, name, '[');
    for (size_t i = 0; i < count; i++)
        writer_string(&to->writer, list[i]);
    writer_close(&to->writer, ']');
}

#define LIST(array) (array), sizeof(array) / sizeof((array)[0])

static void put_head(struct description *to)
{
    static const str media[] = {
        STR_ROW("application/json"),
        STR_ROW("application/vnd.pgrst.object+json;nulls=stripped"),
        STR_ROW("application/vnd.pgrst.object+json"),
        STR_ROW("text/csv"),
    };
    struct place place = parts_place(to->mem, to->config);

    parts_info(to);
    writer_member(&to->writer, STR("host"), place.host);
    writer_member(&to->writer, STR("basePath"), place.base);
    put_list(to, STR("schemes"), &place.scheme, 1);
    put_list(to, STR("consumes"), LIST(media));
    put_list(to, STR("produces"), LIST(media));
}

/* ---- paths ---- */

static void put_responses(struct description *to, str status, str description)
{
    writer_open_member(&to->writer, STR("responses"), '{');
    writer_open_member(&to->writer, status, '{');
    writer_member(&to->writer, STR("description"), description);
    writer_close(&to->writer, '}');
    writer_close(&to->writer, '}');
}

static void put_root_path(struct description *to)
{
    static const str media[] = {STR_ROW("application/openapi+json"), STR_ROW("application/json")};
    str tag = STR("Introspection");

    writer_open_member(&to->writer, STR("/"), '{');
    writer_open_member(&to->writer, STR("get"), '{');
    put_list(to, STR("tags"), &tag, 1);
    writer_member(&to->writer, STR("summary"), STR("OpenAPI description (this document)"));
    put_list(to, STR("produces"), LIST(media));
    put_responses(to, STR("200"), STR("OK"));
    writer_close(&to->writer, '}');
    writer_close(&to->writer, '}');
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

static void put_ref(struct description *to, const char *before, str name)
{
    writer_open(&to->writer, '{');
    writer_member(&to->writer, STR("$ref"),
                  arena_printf(to->mem, "#/%s%.*s", before, STR_ARG(name)));
    writer_close(&to->writer, '}');
}

static void put_filters(struct description *to, const struct relation *relation)
{
    for (int i = 0; i < relation->ncolumns; i++)
        put_ref(to, "parameters/rowFilter.",
                arena_printf(to->mem, "%.*s.%.*s", STR_ARG(relation->name),
                             STR_ARG(relation->columns[i].name)));
}

/* What an operation has of its own. */
struct operation {
    const char *method;
    bool filters, body;
    const char *parameters;      /* blank-separated */
    const char *status, *answer; /* NULL: rows */
};

static void put_words(struct description *to, const char *words)
{
    str rest = str_from(words), word;

    while (rest.len > 0 && str_cut(&rest, ' ', &word))
        put_ref(to, "parameters/", word);
}

static void put_rows_response(struct description *to, const struct relation *relation)
{
    struct writer *writer = &to->writer;

    writer_open_member(writer, STR("responses"), '{');
    writer_open_member(writer, STR("200"), '{');
    writer_member(writer, STR("description"), STR("OK"));
    writer_open_member(writer, STR("schema"), '{');
    writer_key(writer, STR("items"));
    put_ref(to, "definitions/", relation->name);
    writer_member(writer, STR("type"), STR("array"));
    writer_close(writer, '}');
    writer_close(writer, '}');
    writer_open_member(writer, STR("206"), '{');
    writer_member(writer, STR("description"), STR("Partial Content"));
    writer_close(writer, '}');
    writer_close(writer, '}');
}

static void put_operation(struct description *to, const struct relation *relation,
                          const struct operation *operation)
{
    struct writer *writer = &to->writer;

    writer_open_member(writer, str_from(operation->method), '{');
    put_list(to, STR("tags"), &relation->name, 1);
    parts_comment(to, STR("summary"), STR("description"), relation->comment);
    writer_open_member(writer, STR("parameters"), '[');
    if (operation->filters)
        put_filters(to, relation);
    if (operation->body)
        put_ref(to, "parameters/body.", relation->name);
    put_words(to, operation->parameters);
    writer_close(writer, ']');
    if (operation->status == NULL)
        put_rows_response(to, relation);
    else
        put_responses(to, str_from(operation->status), str_from(operation->answer));
    writer_close(writer, '}');
}

static void put_relation_path(struct description *to, const struct relation *relation)
{
    static const struct operation operations[] = {
        {"get",    true,  false, "select order range rangeUnit offset limit preferCount", NULL,  NULL        },
        {"post",   false, true,  "select preferPost",                                     "201", "Created"   },
        {"delete", true,  false, "preferReturn",                                          "204", "No Content"},
        {"patch",  true,  true,  "preferReturn",                                          "204", "No Content"},
    };
    size_t count = parts_writable(relation) ? sizeof(operations) / sizeof(operations[0]) : 1;

    writer_open_member(&to->writer, arena_printf(to->mem, "/%.*s", STR_ARG(relation->name)), '{');
    for (size_t i = 0; i < count; i++)
        put_operation(to, relation, &operations[i]);
    writer_close(&to->writer, '}');
}

/* ---- functions ---- */

/* A variadic one may be repeated; other arrays are written {1,2}, and JSON is text. */
static void put_query_argument(struct description *to, const struct parameter *parameter)
{
    struct kind kind = kind_of(to->mem, parts_local_type(to, parameter->type));
    struct writer *writer = &to->writer;
    bool text = kind.type.at == NULL || kind.array;

    writer_open(writer, '{');
    writer_member(writer, STR("name"), parameter->name);
    writer_flag(writer, STR("required"), parameter->required);
    writer_member(writer, STR("in"), STR("query"));
    if (parameter->variadic) {
        struct kind element = kind_of(to->mem, kind_element(&kind));
        writer_member(writer, STR("type"), STR("array"));
        writer_member(writer, STR("collectionFormat"), STR("multi"));
        writer_open_member(writer, STR("items"), '{');
        writer_member(writer, STR("type"), element.type);
        writer_member(writer, STR("format"), element.format);
        writer_close(writer, '}');
    } else {
        writer_member(writer, STR("type"), text ? STR("string") : kind.type);
        writer_member(writer, STR("format"), kind.format);
    }
    writer_close(writer, '}');
}

static void put_query_arguments(struct description *to, const struct routine *routine)
{
    writer_open_member(&to->writer, STR("parameters"), '[');
    for (int i = 0; i < routine->nparameters; i++)
        put_query_argument(to, &routine->parameters[i]);
    writer_close(&to->writer, ']');
}

static void put_body_arguments(struct description *to, const struct routine *routine)
{
    struct writer *writer = &to->writer;

    writer_open_member(writer, STR("parameters"), '[');
    writer_open(writer, '{');
    writer_member(writer, STR("name"), STR("args"));
    writer_flag(writer, STR("required"), true);
    writer_member(writer, STR("in"), STR("body"));
    writer_open_member(writer, STR("schema"), '{');
    writer_member(writer, STR("type"), STR("object"));
    writer_member(writer, STR("description"), routine->comment);
    parts_arguments(to, routine);
    writer_close(writer, '}');
    writer_close(writer, '}');
    put_ref(to, "parameters/", STR("preferParams"));
    writer_close(writer, ']');
}

enum arguments { ARGUMENTS_IN_QUERY, ARGUMENTS_IN_BODY };

static void put_call(struct description *to, const struct routine *routine, str method,
                     enum arguments where)
{
    static const str media[] = {
        STR_ROW("application/json"),
        STR_ROW("application/vnd.pgrst.object+json;nulls=stripped"),
        STR_ROW("application/vnd.pgrst.object+json"),
    };
    str tag = arena_printf(to->mem, "(rpc) %.*s", STR_ARG(routine->name));

    writer_open_member(&to->writer, method, '{');
    put_list(to, STR("tags"), &tag, 1);
    parts_comment(to, STR("summary"), STR("description"), routine->comment);
    put_list(to, STR("produces"), LIST(media));
    if (where == ARGUMENTS_IN_BODY)
        put_body_arguments(to, routine);
    else if (routine->nparameters > 0)
        put_query_arguments(to, routine);
    put_responses(to, STR("200"), STR("OK"));
    writer_close(&to->writer, '}');
}

static void put_routine_path(struct description *to, const struct routine *routine)
{
    writer_open_member(&to->writer, arena_printf(to->mem, "/rpc/%.*s", STR_ARG(routine->name)),
                       '{');
    if (!routine->is_volatile)
        put_call(to, routine, STR("get"), ARGUMENTS_IN_QUERY);
    put_call(to, routine, STR("post"), ARGUMENTS_IN_BODY);
    writer_close(&to->writer, '}');
}

/* ---- definitions and parameters ---- */

static void put_required(struct description *to, const struct relation *relation)
{
    bool any = false;

    for (int i = 0; i < relation->ncolumns; i++) {
        if (!relation->columns[i].required)
            continue;
        if (!any)
            writer_open_member(&to->writer, STR("required"), '[');
        any = true;
        writer_string(&to->writer, relation->columns[i].name);
    }
    if (any)
        writer_close(&to->writer, ']');
}

static void put_definitions(struct description *to)
{
    writer_open_member(&to->writer, STR("definitions"), '{');
    for (int i = 0; i < to->shown->nrelations; i++) {
        const struct relation *relation = to->shown->relations[i];
        writer_open_member(&to->writer, relation->name, '{');
        writer_member(&to->writer, STR("type"), STR("object"));
        writer_member(&to->writer, STR("description"), relation->comment);
        parts_columns(to, relation);
        put_required(to, relation);
        writer_close(&to->writer, '}');
    }
    writer_close(&to->writer, '}');
}

static void put_parameter(struct description *to, str name, str in, str description)
{
    writer_member(&to->writer, STR("name"), name);
    writer_member(&to->writer, STR("description"), description);
    writer_flag(&to->writer, STR("required"), false);
    writer_member(&to->writer, STR("in"), in);
    writer_member(&to->writer, STR("type"), STR("string"));
}

static void put_words_enum(struct description *to, str words)
{
    str word;

    if (words.len == 0)
        return;
    writer_open_member(&to->writer, STR("enum"), '[');
    while (words.len > 0 && str_cut(&words, ' ', &word))
        writer_string(&to->writer, word);
    writer_close(&to->writer, ']');
}

#define RETURNS "return=representation return=minimal return=none"

static void put_preferences(struct description *to)
{
    static const struct {
        const char *key, *words;
    } preferences[] = {
        {"preferParams", ""                                                                 },
        {"preferReturn", RETURNS                                                            },
        {"preferCount",  "count=none"                                                       },
        {"preferPost",   RETURNS " resolution=ignore-duplicates resolution=merge-duplicates"},
    };
    for (size_t i = 0; i < sizeof(preferences) / sizeof(preferences[0]); i++) {
        writer_open_member(&to->writer, str_from(preferences[i].key), '{');
        put_parameter(to, STR("Prefer"), STR("header"), STR("Preference"));
        put_words_enum(to, str_from(preferences[i].words));
        writer_close(&to->writer, '}');
    }
}

static void put_common_parameters(struct description *to)
{
    static const struct {
        const char *key, *name, *in, *description, *fallback;
    } parameters[] = {
        {"select",      "select",      "query",  "Filtering Columns",       NULL   },
        {"on_conflict", "on_conflict", "query",  "On Conflict",             NULL   },
        {"order",       "order",       "query",  "Ordering",                NULL   },
        {"range",       "Range",       "header", "Limiting and Pagination", NULL   },
        {"rangeUnit",   "Range-Unit",  "header", "Limiting and Pagination", "items"},
        {"offset",      "offset",      "query",  "Limiting and Pagination", NULL   },
        {"limit",       "limit",       "query",  "Limiting and Pagination", NULL   },
    };
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        writer_open_member(&to->writer, str_from(parameters[i].key), '{');
        put_parameter(to, str_from(parameters[i].name), str_from(parameters[i].in),
                      str_from(parameters[i].description));
        writer_member(&to->writer, STR("default"), str_from(parameters[i].fallback));
        writer_close(&to->writer, '}');
    }
}

static void put_relation_parameters(struct description *to, const struct relation *relation)
{
    struct writer *writer = &to->writer;

    writer_open_member(writer, arena_printf(to->mem, "body.%.*s", STR_ARG(relation->name)), '{');
    writer_member(writer, STR("name"), relation->name);
    writer_member(writer, STR("description"), relation->name);
    writer_flag(writer, STR("required"), false);
    writer_member(writer, STR("in"), STR("body"));
    writer_key(writer, STR("schema"));
    put_ref(to, "definitions/", relation->name);
    writer_close(writer, '}');
    for (int i = 0; i < relation->ncolumns; i++) {
        const struct column *column = &relation->columns[i];
        str key = arena_printf(to->mem, "rowFilter.%.*s.%.*s", STR_ARG(relation->name),
                               STR_ARG(column->name));
        writer_open_member(writer, key, '{');
        put_parameter(to, column->name, STR("query"), column->comment);
        writer_close(writer, '}');
    }
}

static void put_parameters(struct description *to)
{
    writer_open_member(&to->writer, STR("parameters"), '{');
    put_preferences(to);
    put_common_parameters(to);
    for (int i = 0; i < to->shown->nrelations; i++)
        put_relation_parameters(to, to->shown->relations[i]);
    writer_close(&to->writer, '}');
}

static void put_security(struct description *to)
{
    struct writer *writer = &to->writer;

    writer_open_member(writer, STR("securityDefinitions"), '{');
    writer_open_member(writer, STR("JWT"), '{');
    writer_member(writer, STR("description"),
                  STR("Add the token prepending \"Bearer \" (without quotes) to it"));
    writer_member(writer, STR("in"), STR("header"));
    writer_member(writer, STR("name"), STR("Authorization"));
    writer_member(writer, STR("type"), STR("apiKey"));
    writer_close(writer, '}');
    writer_close(writer, '}');
    writer_key(writer, STR("security"));
    writer_json(writer, STR("[{\"JWT\":[]}]"));
}
