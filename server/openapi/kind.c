/* See kind.h. */
#include "openapi/kind.h"

enum { TYPE_MAX = 1024 };

static const struct {
    str name, type, format; /* an empty type: anything; no format: the name */
} types[] = {
    {STR_ROW("character varying"), STR_ROW("string"),  {NULL, 0}       },
    {STR_ROW("character"),         STR_ROW("string"),  {NULL, 0}       },
    {STR_ROW("text"),              STR_ROW("string"),  {NULL, 0}       },
    {STR_ROW("boolean"),           STR_ROW("boolean"), {NULL, 0}       },
    {STR_ROW("smallint"),          STR_ROW("integer"), STR_ROW("int32")},
    {STR_ROW("integer"),           STR_ROW("integer"), STR_ROW("int32")},
    {STR_ROW("bigint"),            STR_ROW("integer"), STR_ROW("int64")},
    {STR_ROW("numeric"),           STR_ROW("number"),  {NULL, 0}       },
    {STR_ROW("real"),              STR_ROW("number"),  {NULL, 0}       },
    {STR_ROW("double precision"),  STR_ROW("number"),  {NULL, 0}       },
    {STR_ROW("json"),              {NULL, 0},          {NULL, 0}       },
    {STR_ROW("jsonb"),             {NULL, 0},          {NULL, 0}       },
};

/* "timestamp(3) with time zone" without "(3)", which goes to *inside. */
static str without_length(arena *mem, str type, str *inside)
{
    long open = str_find(type, '(');
    long close = open < 0 ? -1 : str_find(str_skip(type, (size_t)open), ')');

    *inside = (str){NULL, 0};
    if (close < 0 || str_find(type, '"') >= 0) /* a quoted name may have brackets of its own */
        return type;
    *inside = (str){type.at + open + 1, (size_t)close - 1};
    str behind = str_skip(type, (size_t)(open + close) + 1);
    return arena_printf(mem, "%.*s%.*s", (int)open, type.at, STR_ARG(behind));
}

static void find_type(str name, str *type, str *format)
{
    *type = STR("string");
    *format = name;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!str_eq(types[i].name, name))
            continue;
        *type = types[i].type;
        if (types[i].format.at != NULL)
            *format = types[i].format;
    }
}

str kind_element(const struct kind *kind)
{
    return (str){kind->name.at, kind->name.len - (kind->array ? STR("[]").len : 0)};
}

struct kind kind_of(arena *mem, str type)
{
    struct kind kind = {.array = false};
    str length, format;

    if (type.at == NULL)
        type = STR("");
    if (type.len > TYPE_MAX)
        type.len = TYPE_MAX;
    kind.array = str_ends(type, STR("[]"));
    kind.name = kind.format = without_length(mem, type, &length);
    if (kind.array) {
        kind.type = STR("array");
        find_type(kind_element(&kind), &kind.item, &format);
        return kind;
    }
    find_type(kind.name, &kind.type, &kind.format);
    if (str_starts(kind.name, STR("character")) && str_int(length, &(int64_t){0}))
        kind.max_length = length;
    return kind;
}
