/* PostgreSQL's types, names and texts as TypeScript writes them. See typescript.h. */
#include "base/json.h"
#include "openapi/type_text.h"
#include "openapi/typescript_inside.h"

enum { TYPE_MAX = 64 << 10, WORD_MAX = 4096 };

static const struct {
    const char *type, *typescript;
} plain_types[] = {
    {"boolean",                     "boolean"                },
    {"smallint",                    "number"                 },
    {"integer",                     "number"                 },
    {"bigint",                      "number"                 },
    {"real",                        "number"                 },
    {"double precision",            "number"                 },
    {"numeric",                     "number"                 },
    {"bytea",                       "string"                 },
    {"character",                   "string"                 },
    {"character varying",           "string"                 },
    {"text",                        "string"                 },
    {"citext",                      "string"                 },
    {"date",                        "string"                 },
    {"time without time zone",      "string"                 },
    {"time with time zone",         "string"                 },
    {"timestamp without time zone", "string"                 },
    {"timestamp with time zone",    "string"                 },
    {"uuid",                        "string"                 },
    {"vector",                      "string"                 },
    {"json",                        "Json"                   },
    {"jsonb",                       "Json"                   },
    {"void",                        "undefined"              },
    {"record",                      "Record<string, unknown>"},
};

bool typescript_is_exposed(const struct typescript *ts, str schema)
{
    str rest = ts->schemas, name;

    while (str_cut(&rest, ',', &name))
        if (str_eq(str_trim(name), schema))
            return true;
    return false;
}

static bool is_identifier(str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.at[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
                      byte == '$';
        if (!letter && (i == 0 || byte < '0' || byte > '9'))
            return false;
    }
    return name.len > 0;
}

str typescript_literal(const struct typescript *ts, str text)
{
    struct buf literal;

    buf_init(&literal, ts->out->mem, TYPE_MAX);
    json_put_string(&literal, text);
    return buf_str(&literal);
}

str typescript_key(const struct typescript *ts, str name)
{
    return is_identifier(name) ? name : typescript_literal(ts, name);
}

/* Database["api"]["Enums"]["mood"] */
static str reference(const struct typescript *ts, str schema, const char *kind, str name)
{
    return arena_printf(ts->out->mem, "Database[%.*s][\"%s\"][%.*s]",
                        STR_ARG(typescript_literal(ts, schema)), kind,
                        STR_ARG(typescript_literal(ts, name)));
}

/* "so so" | "fine", for an enum of a schema that is not exposed. */
static str words_of(const struct typescript *ts, const struct enumeration *words)
{
    struct buf list;

    buf_init(&list, ts->out->mem, TYPE_MAX);
    for (int i = 0; i < words->nvalues; i++) {
        buf_put(&list, i > 0 ? STR(" | ") : STR(""));
        json_put_string(&list, words->values[i]);
    }
    return arena_printf(ts->out->mem, words->nvalues > 1 ? "(%.*s)" : "%.*s",
                        STR_ARG(buf_str(&list)));
}

static bool is_enum(const struct enumeration *words, const struct type_text *text)
{
    return str_eq(words->schema, text->schema) && str_eq(words->name, text->name);
}

static str find_enum(const struct typescript *ts, const struct type_text *text)
{
    int count;
    const struct enumeration *list = schema_all_enums(ts->schema, &count);

    for (int i = 0; i < count; i++)
        if (is_enum(&list[i], text))
            return typescript_is_exposed(ts, text->schema)
                       ? reference(ts, text->schema, "Enums", text->name)
                       : words_of(ts, &list[i]);
    return (str){NULL, 0};
}

static str find_row(const struct typescript *ts, const struct type_text *text)
{
    const struct relation *relation = schema_relation(ts->schema, text->schema, text->name);
    int count;
    const struct composite *list = schema_all_composites(ts->schema, &count);

    if (relation != NULL)
        return arena_printf(
            ts->out->mem, "%.*s[\"Row\"]",
            STR_ARG(reference(ts, text->schema, relation_is_view(relation) ? "Views" : "Tables",
                              text->name)));
    for (int i = 0; i < count; i++)
        if (str_eq(list[i].schema, text->schema) && str_eq(list[i].name, text->name))
            return reference(ts, text->schema, "CompositeTypes", text->name);
    return (str){NULL, 0};
}

static str find_type(const struct typescript *ts, const struct type_text *text)
{
    str found = {NULL, 0};

    for (size_t i = 0; i < sizeof(plain_types) / sizeof(plain_types[0]); i++)
        if (str_eq(text->name, str_from(plain_types[i].type)))
            return str_from(plain_types[i].typescript);
    if (text->schema.at != NULL)
        found = find_enum(ts, text);
    if (found.at == NULL && text->schema.at != NULL)
        found = find_row(ts, text);
    return found.at == NULL ? STR("unknown") : found;
}

str typescript_type(const struct typescript *ts, str type)
{
    struct type_text text = type_text_read(ts->out->mem, type);
    str found = find_type(ts, &text);

    return text.array ? arena_printf(ts->out->mem, "%.*s[]", STR_ARG(found)) : found;
}

str typescript_column_type(const struct typescript *ts, const struct column *column)
{
    return typescript_type(ts, column->base.at != NULL ? column->base : column->type);
}
