/* See openapi_schema.h. The types of route files and what JSON Schema calls them are a table. */
#include "route/openapi_schema.h"

enum { NUMBER_TEXT_MAX = 64 };

static const struct kind {
    str name, type, format; /* at == NULL: the schema says nothing about it */
    bool raw;               /* the text of a default is JSON already */
} kinds[] = {
    {STR_ROW("int"),         STR_ROW("integer"), STR_ROW("int32"),     true },
    {STR_ROW("bigint"),      STR_ROW("integer"), STR_ROW("int64"),     true },
    {STR_ROW("number"),      STR_ROW("number"),  {NULL, 0},            true },
    {STR_ROW("text"),        STR_ROW("string"),  {NULL, 0},            false},
    {STR_ROW("bool"),        STR_ROW("boolean"), {NULL, 0},            true },
    {STR_ROW("uuid"),        STR_ROW("string"),  STR_ROW("uuid"),      false},
    {STR_ROW("timestamptz"), STR_ROW("string"),  STR_ROW("date-time"), false},
    {STR_ROW("date"),        STR_ROW("string"),  STR_ROW("date"),      false},
    {STR_ROW("json"),        {NULL, 0},          {NULL, 0},            true },
};

static const struct kind word_kind = {
    {NULL, 0},
    STR_ROW("string"), {NULL, 0},
    false
};

static const struct kind *kind_of(const struct param *param)
{
    if (param->type == NULL)
        return &word_kind;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (str_eq(kinds[i].name, param->type->name))
            return &kinds[i];
    return &word_kind;
}

/* A word that is not listed may stand for the default: then the list is no limit. */
static void put_words(struct writer *writer, const struct param *param)
{
    if (param->nwords == 0)
        return;
    writer_open_member(writer, param->lenient ? STR("examples") : STR("enum"), '[');
    for (int i = 0; i < param->nwords; i++)
        writer_string(writer, param->words[i]);
    writer_close(writer, ']');
}

static void put_limit(struct writer *writer, str name, double limit)
{
    char text[NUMBER_TEXT_MAX];

    snprintf(text, sizeof(text), "%.15g", limit);
    writer_key(writer, name);
    writer_json(writer, str_from(text));
}

static void put_limits(struct writer *writer, const struct param *param)
{
    static const str names[][2] = {
        {STR_ROW("minimum"),   STR_ROW("maximum")  },
        {STR_ROW("minLength"), STR_ROW("maxLength")},
        {STR_ROW("minItems"),  STR_ROW("maxItems") },
    };
    bool length = param->type != NULL && param->type->size == SIZE_LENGTH;
    const str *pair = names[param->list ? 2 : length ? 1 : 0];

    if (param->has_min)
        put_limit(writer, pair[0], param->min);
    if (param->has_max)
        put_limit(writer, pair[1], param->max);
}

static void put_default(struct writer *writer, const struct param *param, const struct kind *kind)
{
    if (param->fallback.at == NULL || param->list)
        return;
    writer_key(writer, STR("default"));
    if (kind->raw)
        writer_json(writer, param->fallback);
    else
        writer_string(writer, param->fallback);
}

void openapi_schema_put(struct writer *writer, const struct param *param)
{
    const struct kind *kind = kind_of(param);

    writer_open(writer, '{');
    if (param->list) {
        writer_member(writer, STR("type"), STR("array"));
        writer_open_member(writer, STR("items"), '{');
    }
    writer_member(writer, STR("type"), kind->type);
    writer_member(writer, STR("format"), kind->format);
    put_words(writer, param);
    if (param->list)
        writer_close(writer, '}');
    put_limits(writer, param);
    put_default(writer, param, kind);
    writer_close(writer, '}');
}

void openapi_schema_put_nullable(struct writer *writer, const struct param *param)
{
    writer_open(writer, '{');
    writer_open_member(writer, STR("anyOf"), '[');
    openapi_schema_put(writer, param);
    writer_json(writer, STR("{\"type\":\"null\"}"));
    writer_close(writer, ']');
    writer_close(writer, '}');
}
