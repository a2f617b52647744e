/* The functions of a schema for supabase-js's rpc(): arguments, result, and where its rows come
 * from, so that a select behind the call is typed too. See typescript.h. */
#include <stdlib.h>

#include "openapi/type_text.h"
#include "openapi/typescript_inside.h"

static void put_function(struct typescript *ts, const struct routine *routine);

static int by_name(const void *a, const void *b)
{
    str left = (*(const struct routine *const *)a)->name;
    str right = (*(const struct routine *const *)b)->name;
    return str_order(left, right);
}

/* Arguments come by name; a single one may have none, and is then the whole body. */
static bool is_callable(const struct routine *routine)
{
    for (int i = 0; i < routine->nparameters && routine->nparameters > 1; i++)
        if (routine->parameters[i].name.len == 0)
            return false;
    return true;
}

static bool is_any_callable(const struct routine *at)
{
    while (at != NULL && !is_callable(at))
        at = at->overload;
    return at != NULL;
}

static const struct routine **list_functions(const struct typescript *ts, str schema, int *count)
{
    int all;
    const struct routine *routines = schema_all_routines(ts->schema, &all);
    const struct routine **list =
        arena_array(ts->out->mem, const struct routine *, (size_t)all + 1);

    *count = 0;
    for (int i = 0; i < all; i++) /* the first of each name; overloads hang behind it */
        if (str_eq(routines[i].schema, schema) &&
            schema_routines(ts->schema, schema, routines[i].name) == &routines[i] &&
            is_any_callable(&routines[i]))
            list[(*count)++] = &routines[i];
    qsort(list, (size_t)*count, sizeof(const struct routine *), by_name);
    return list;
}

void typescript_functions(struct typescript *ts, str schema)
{
    int count;
    const struct routine **list = list_functions(ts, schema, &count);

    typescript_open(ts, "Functions:");
    for (int i = 0; i < count; i++) {
        str key = typescript_key(ts, list[i]->name);
        typescript_line(ts, "%.*s:", STR_ARG(key));
        ts->depth++;
        for (const struct routine *at = list[i]; at != NULL; at = at->overload)
            if (is_callable(at))
                put_function(ts, at);
        ts->depth--;
    }
    if (count == 0)
        typescript_line(ts, "[_ in never]: never");
    typescript_close(ts);
}

static void put_arguments(struct typescript *ts, const struct routine *routine)
{
    if (routine->nparameters == 0) {
        typescript_line(ts, "Args: never");
        return;
    }
    typescript_open(ts, "Args:");
    for (int i = 0; i < routine->nparameters; i++) {
        const struct parameter *parameter = &routine->parameters[i];
        str key = typescript_key(ts, parameter->name);
        str type = typescript_type(ts, parameter->type);
        typescript_line(ts, "%.*s%s: %.*s", STR_ARG(key), parameter->required ? "" : "?",
                        STR_ARG(type));
    }
    typescript_close(ts);
}

/* The relation whose rows it returns; NULL: none that is exposed. */
static const struct relation *relation_of(const struct typescript *ts, str type)
{
    struct type_text text = type_text_read(ts->out->mem, type);
    return text.schema.at == NULL ? NULL : schema_relation(ts->schema, text.schema, text.name);
}

static void put_columns(struct typescript *ts, const struct routine *routine)
{
    bool rows = relation_of(ts, routine->type) != NULL;

    typescript_open(ts, "Returns:");
    for (int i = 0; i < routine->ncolumns; i++) {
        const struct column *column = &routine->columns[i];
        str key = typescript_key(ts, column->name);
        str type = typescript_column_type(ts, column);
        typescript_line(ts, "%.*s: %.*s%s", STR_ARG(key), STR_ARG(type),
                        rows && !column->required ? " | null" : "");
    }
    ts->depth--;
    typescript_line(ts, routine->set ? "}[]" : "}");
}

static void put_result(struct typescript *ts, const struct routine *routine)
{
    str type = typescript_type(ts, routine->type);

    if (routine->result == RESULT_COMPOSITE && relation_of(ts, routine->type) == NULL &&
        routine->ncolumns > 0)
        put_columns(ts, routine);
    else
        typescript_line(ts, "Returns: %.*s%s", STR_ARG(type), routine->set ? "[]" : "");
}

static bool is_to_one(const struct relation *from, const struct routine *routine)
{
    for (int i = 0; i < from->nrelationships; i++) {
        const struct relationship *at = &from->relationships[i];
        if (at->kind == COMPUTED && str_eq(at->function, routine->name))
            return at->to_one;
    }
    return !routine->set;
}

static void put_rows_of(struct typescript *ts, const struct routine *routine)
{
    const struct relation *to = relation_of(ts, routine->type), *from = NULL;

    if (to == NULL)
        return;
    if (routine->nparameters == 1)
        from = relation_of(ts, routine->parameters[0].type);
    str from_name = typescript_literal(ts, from == NULL ? STR("*") : from->name);
    str to_name = typescript_literal(ts, to->name);
    bool one = from == NULL ? !routine->set : is_to_one(from, routine);
    typescript_open(ts, "SetofOptions:");
    typescript_line(ts, "from: %.*s", STR_ARG(from_name));
    typescript_line(ts, "to: %.*s", STR_ARG(to_name));
    typescript_line(ts, "isOneToOne: %s", one ? "true" : "false");
    typescript_line(ts, "isSetofReturn: %s", routine->set ? "true" : "false");
    typescript_close(ts);
}

static void put_function(struct typescript *ts, const struct routine *routine)
{
    typescript_open(ts, "|");
    put_arguments(ts, routine);
    put_result(ts, routine);
    put_rows_of(ts, routine);
    typescript_close(ts);
}
