/* See components.h. */
#include "openapi/components.h"

enum { NAME_MAX = 4096 };

/* A component's name holds letters, digits, '_', '.' and '-' only. The last two are ours: '.'
 * joins the parts of a name, -2e is a byte. */
static void put_name(struct buf *out, str name)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.at[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= '0' && byte <= '9') || byte == '_';
        if (plain) {
            buf_putc(out, name.at[i]);
            continue;
        }
        buf_putc(out, '-');
        buf_putc(out, digits[byte >> 4]);
        buf_putc(out, digits[byte & 15]);
    }
}

/* "rowFilter.primes.id", of a prefix and one or two names. */
str component_name(const struct description *to, str prefix, str name, str column)
{
    struct buf out;

    buf_init(&out, to->mem, NAME_MAX);
    buf_put(&out, prefix);
    put_name(&out, name);
    if (column.at != NULL)
        buf_putc(&out, '.');
    put_name(&out, column);
    return buf_str(&out);
}

void component_ref(struct description *to, const char *kind, str name)
{
    writer_open(&to->writer, '{');
    writer_member(&to->writer, STR("$ref"),
                  arena_printf(to->mem, "#/components/%s/%.*s", kind, STR_ARG(name)));
    writer_close(&to->writer, '}');
}

/* A schema that is the relation's columns, of which the listed ones must be there. */
static void put_variant(struct description *to, const struct relation *relation, str key,
                        bool (*required)(const struct column *column))
{
    struct writer *writer = &to->writer;
    str name = component_name(to, STR(""), relation->name, NONE);

    writer_open_member(writer, key, '{');
    writer_open_member(writer, STR("allOf"), '[');
    component_ref(to, "schemas", arena_printf(to->mem, "%.*s.columns", STR_ARG(name)));
    writer_close(writer, ']');
    writer_open_member(writer, STR("required"), '[');
    for (int i = 0; i < relation->ncolumns; i++)
        if (required(&relation->columns[i]))
            writer_string(writer, relation->columns[i].name);
    writer_close(writer, ']');
    writer_close(writer, '}');
}

static bool is_never_null(const struct column *column)
{
    return column->required;
}

static bool must_be_given(const struct column *column)
{
    return column->required && !column->generated && column->identity.at == NULL &&
           column->default_value.at == NULL;
}

static void put_schemas(struct description *to, const struct relation *relation)
{
    struct writer *writer = &to->writer;
    str name = component_name(to, STR(""), relation->name, NONE);

    writer_open_member(writer, arena_printf(to->mem, "%.*s.columns", STR_ARG(name)), '{');
    writer_member(writer, STR("type"), STR("object"));
    writer_member(writer, STR("description"), relation->comment);
    parts_columns(to, relation);
    writer_close(writer, '}');
    put_variant(to, relation, name, is_never_null);
    if (relation->insertable)
        put_variant(to, relation, arena_printf(to->mem, "%.*s.insert", STR_ARG(name)),
                    must_be_given);
}

static void put_parameter(struct description *to, str name, str in, str description)
{
    writer_member(&to->writer, STR("name"), name);
    writer_member(&to->writer, STR("in"), in);
    writer_member(&to->writer, STR("description"), description);
    writer_key(&to->writer, STR("schema"));
    writer_json(&to->writer, STR("{\"type\":\"string\"}"));
}

static void put_common_parameters(struct description *to)
{
    static const struct {
        const char *key, *name, *in, *description;
    } parameters[] = {
        {"select",      "select",      "query",  "Columns and embedded relations: id,title,author(name)"},
        {"order",       "order",       "query",  "The order of the rows: age.desc.nullslast,id"         },
        {"limit",       "limit",       "query",  "At most so many rows"                                 },
        {"offset",      "offset",      "query",  "So many rows are left out"                            },
        {"columns",     "columns",     "query",  "Which keys of the body are written"                   },
        {"on_conflict", "on_conflict", "query",  "The unique columns that an upsert goes by"            },
        {"range",       "Range",       "header", "Which rows: 0-9"                                      },
        {"preferCount", "Prefer",      "header", "count=exact, planned or estimated"                    },
        {"preferWrite", "Prefer",      "header",
         "return=representation, headers-only or minimal; "
         "resolution=merge-duplicates or ignore-duplicates; "
         "missing=default"                                                                              },
    };
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        writer_open_member(&to->writer, str_from(parameters[i].key), '{');
        put_parameter(to, str_from(parameters[i].name), str_from(parameters[i].in),
                      str_from(parameters[i].description));
        writer_close(&to->writer, '}');
    }
}

static void put_filters(struct description *to, const struct relation *relation)
{
    for (int i = 0; i < relation->ncolumns; i++) {
        str column = relation->columns[i].name;
        writer_open_member(&to->writer,
                           component_name(to, STR("rowFilter."), relation->name, column), '{');
        put_parameter(to, column, STR("query"), STR("An operator and its operand: eq.1"));
        writer_close(&to->writer, '}');
    }
}

static void put_failure_response(struct description *to)
{
    writer_open_member(&to->writer, STR("responses"), '{');
    writer_key(&to->writer, STR("failure"));
    writer_json(&to->writer,
                STR("{\"description\":\"Why the request cannot be answered\",\"content\":"
                    "{\"application/json\":{\"schema\":{\"type\":\"object\",\"properties\":{"
                    "\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},"
                    "\"details\":{},\"hint\":{\"type\":[\"string\",\"null\"]}},"
                    "\"required\":[\"code\",\"message\"]}}}}"));
    writer_close(&to->writer, '}');
}

void components_put(struct description *to)
{
    struct writer *writer = &to->writer;
    const struct shown *shown = to->shown;

    writer_open_member(writer, STR("components"), '{');
    writer_open_member(writer, STR("schemas"), '{');
    for (int i = 0; i < shown->nrelations; i++)
        put_schemas(to, shown->relations[i]);
    writer_close(writer, '}');
    writer_open_member(writer, STR("parameters"), '{');
    put_common_parameters(to);
    for (int i = 0; i < shown->nrelations; i++)
        put_filters(to, shown->relations[i]);
    writer_close(writer, '}');
    put_failure_response(to);
    if (to->config->openapi_security) {
        writer_key(writer, STR("securitySchemes"));
        writer_json(writer, STR("{\"JWT\":{\"type\":\"http\",\"scheme\":\"bearer\","
                                "\"bearerFormat\":\"JWT\"}}"));
    }
    writer_close(writer, '}');
}
