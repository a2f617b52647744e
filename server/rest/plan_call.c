/* Which of the functions of one name does a call mean? PostgREST's rule: the one whose required
 * parameters are all given and that has a parameter for everything given. */
#include <stdlib.h>

#include "base/json.h"
#include "rest/plan.h"
#include "schema/similar.h"

enum { MESSAGE_MAX = 4096, ARGUMENTS_MAX = 1 << 20 };

/* The arguments are in the query, or in a form. */
static bool has_arguments(const struct ask *ask)
{
    return ask->reads || ask->body.kind == BODY_FORM;
}

static int by_name(const void *a, const void *b)
{
    const str *left = a, *right = b;
    size_t shorter = left->len < right->len ? left->len : right->len;
    int order = shorter == 0 ? 0 : memcmp(left->at, right->at, shorter);

    if (order != 0)
        return order;
    return left->len == right->len ? 0 : left->len < right->len ? -1 : 1;
}

static struct name_list names_of_arguments(arena *mem, const struct ask *ask)
{
    struct name_list names = {NULL, 0};
    int count = 0;

    for (const struct argument *at = ask->arguments; at != NULL; at = at->next)
        count++;
    names.names = arena_array(mem, str, (size_t)count);
    for (const struct argument *at = ask->arguments; at != NULL; at = at->next)
        names.names[names.count++] = at->name;
    return names;
}

/* The names a call gives, sorted and without repetition. */
static struct name_list names_given(arena *mem, const struct ask *ask)
{
    struct name_list given = has_arguments(ask)       ? names_of_arguments(mem, ask)
                             : ask->columns.count > 0 ? ask->columns
                                                      : ask->body.keys;
    struct name_list names = {arena_array(mem, str, (size_t)given.count), 0};

    for (int i = 0; i < given.count; i++)
        names.names[i] = given.names[i];
    if (given.count > 1)
        qsort(names.names, (size_t)given.count, sizeof(*names.names), by_name);
    for (int i = 0; i < given.count; i++)
        if (i == 0 || !str_eq(names.names[i], names.names[names.count - 1]))
            names.names[names.count++] = names.names[i];
    return names;
}

static bool has_name(const struct name_list *names, str name)
{
    for (int i = 0; i < names->count; i++)
        if (str_eq(names->names[i], name))
            return true;
    return false;
}

static bool fits(const struct routine *routine, const struct name_list *names)
{
    int used = 0;

    for (int i = 0; i < routine->nparameters; i++) {
        const struct parameter *parameter = &routine->parameters[i];
        bool given = parameter->name.len > 0 && has_name(names, parameter->name);
        used += given;
        if (parameter->required && !given)
            return false;
    }
    return used == names->count;
}

/* What a function with one unnamed parameter takes as it is. */
static const struct whole {
    enum content content;
    str types[2]; /* of the parameter */
    const char *name;
} wholes[] = {
    {CONTENT_JSON,  {STR_ROW("json"), STR_ROW("jsonb")},  "json/jsonb"},
    {CONTENT_TEXT,  {STR_ROW("text"), STR_ROW("text")},   "text"      },
    {CONTENT_XML,   {STR_ROW("xml"), STR_ROW("xml")},     "xml"       },
    {CONTENT_BYTES, {STR_ROW("bytea"), STR_ROW("bytea")}, "bytea"     },
};

/* NULL when the call brings nothing of the kind. */
static const struct whole *find_whole(const struct ask *ask)
{
    bool sends = ask->kind == ASK_CALL && !ask->reads;

    for (size_t i = 0; sends && i < sizeof(wholes) / sizeof(wholes[0]); i++)
        if (wholes[i].content == ask->body.content)
            return &wholes[i];
    return NULL;
}

static bool takes_body(const struct routine *routine, const struct ask *ask)
{
    const struct whole *whole = find_whole(ask);

    if (whole == NULL || routine->nparameters != 1 || routine->parameters[0].name.len > 0)
        return false;
    str type = routine->parameters[0].type;
    return str_eq(type, whole->types[0]) || str_eq(type, whole->types[1]);
}

/* By its named parameters. What is no JSON has no names; a function without parameters is not
 * what it was sent to. */
static bool takes_names(const struct routine *routine, const struct ask *ask,
                        const struct name_list *names)
{
    if (ask->body.kind == BODY_WHOLE && routine->nparameters == 0)
        return false;
    return fits(routine, names);
}

static void put_names(struct buf *out, const str *names, int count)
{
    for (int i = 0; i < count; i++) {
        buf_put(out, i > 0 ? STR(", ") : STR(""));
        buf_put(out, names[i]);
    }
}

/* "(a, b)", sorted: what similar lists of parameters are found by. */
static str list_parameters(arena *mem, const struct routine *routine)
{
    str *names = arena_array(mem, str, (size_t)routine->nparameters);
    struct buf out;

    for (int i = 0; i < routine->nparameters; i++)
        names[i] = routine->parameters[i].name;
    if (routine->nparameters > 1)
        qsort(names, (size_t)routine->nparameters, sizeof(*names), by_name);
    buf_init(&out, mem, MESSAGE_MAX);
    buf_putc(&out, '(');
    put_names(&out, names, routine->nparameters);
    buf_putc(&out, ')');
    return buf_str(&out);
}

static str suggest(arena *mem, const struct schema *schema, const struct ask *ask, str given)
{
    const struct routine *routines = schema_routines(schema, ask->schema, ask->name);
    str name = ask->name, parameters = STR("");

    if (routines == NULL) {
        name = schema_similar_routine(schema, mem, ask->schema, ask->name);
    } else {
        str lists[64];
        int count = 0;
        for (const struct routine *at = routines; at != NULL && count < 64; at = at->overload)
            lists[count++] = list_parameters(mem, at);
        int found = similar_find(mem, lists, count, given, SIMILAR_PERCENT);
        if (found < 0)
            return (str){NULL, 0};
        parameters = lists[found];
    }
    if (name.at == NULL)
        return name;
    return arena_printf(mem, "Perhaps you meant to call the function %.*s.%.*s%.*s",
                        STR_ARG(ask->schema), STR_ARG(name), STR_ARG(parameters));
}

/* " with parameters a, b or with a single unnamed json/jsonb parameter": what was looked for. */
static str describe(arena *mem, const struct ask *ask, const struct name_list *names, str list)
{
    const struct whole *whole = find_whole(ask);

    if (whole != NULL && ask->body.kind == BODY_WHOLE)
        return arena_printf(mem, " with a single unnamed %s parameter", whole->name);
    str with = names->count == 0 ? STR(" without parameters")
                                 : arena_printf(mem, " with parameter%s %.*s",
                                                names->count > 1 ? "s" : "", STR_ARG(list));
    return whole == NULL ? with
                         : arena_printf(mem, "%.*s or with a single unnamed %s parameter",
                                        STR_ARG(with), whole->name);
}

static const struct fail *no_function(arena *mem, const struct schema *schema,
                                      const struct ask *ask, const struct name_list *names)
{
    bool whole = ask->body.kind == BODY_WHOLE;
    struct buf list;

    buf_init(&list, mem, MESSAGE_MAX);
    put_names(&list, names->names, names->count);
    str between = arena_printf(mem, "(%.*s)", STR_ARG(buf_str(&list)));
    str given = whole ? STR("") : names->count > 0 ? between : STR(" without parameters");
    str searched = describe(mem, ask, names, buf_str(&list));
    struct fail *fail = fail_new(mem, FAIL_NO_FUNCTION,
                                 "Could not find the function %.*s.%.*s%.*s in the schema cache",
                                 STR_ARG(ask->schema), STR_ARG(ask->name), STR_ARG(given));
    fail->details = arena_printf(
        mem,
        "Searched for the function %.*s.%.*s%.*s, but no matches were found in the schema cache.",
        STR_ARG(ask->schema), STR_ARG(ask->name), STR_ARG(searched));
    if (!whole)
        fail->hint = suggest(mem, schema, ask, between);
    return fail;
}

static const struct fail *ambiguous(arena *mem, const struct routine *const *found, int count)
{
    struct buf list;

    buf_init(&list, mem, MESSAGE_MAX);
    for (int i = 0; i < count; i++) {
        buf_printf(&list, "%s%.*s.%.*s(", i > 0 ? ", " : "", STR_ARG(found[i]->schema),
                   STR_ARG(found[i]->name));
        for (int j = 0; j < found[i]->nparameters; j++)
            buf_printf(&list, "%s%.*s => %.*s", j > 0 ? ", " : "",
                       STR_ARG(found[i]->parameters[j].name),
                       STR_ARG(found[i]->parameters[j].type));
        buf_putc(&list, ')');
    }
    struct fail *fail = fail_new(mem, FAIL_AMBIGUOUS_CALL,
                                 "Could not choose the best candidate function between: %.*s",
                                 STR_ARG(buf_str(&list)));
    fail->hint = STR("Try renaming the parameters or the function itself in the database so "
                     "function overloading can be resolved");
    return fail;
}

static void find_given(arena *mem, const struct name_list *names, struct plan *plan)
{
    const struct routine *routine = plan->routine;

    plan->given = arena_array(mem, const struct parameter *, (size_t)routine->nparameters);
    for (int i = 0; i < routine->nparameters; i++)
        if (has_name(names, routine->parameters[i].name))
            plan->given[plan->ngiven++] = &routine->parameters[i];
}

static void put_element(struct buf *array, str value)
{
    buf_putc(array, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '"' || value.at[i] == '\\')
            buf_putc(array, '\\');
        buf_putc(array, value.at[i]);
    }
    buf_putc(array, '"');
}

/* All values of a name as an array: {"a","b"} */
static const struct fail *join_values(arena *mem, const struct ask *ask, str name, str *value)
{
    struct buf array;

    buf_init(&array, mem, ARGUMENTS_MAX);
    buf_putc(&array, '{');
    for (const struct argument *at = ask->arguments; at != NULL; at = at->next) {
        if (!str_eq(at->name, name))
            continue;
        buf_put(&array, array.len > 1 ? STR(",") : STR(""));
        put_element(&array, at->value);
    }
    buf_putc(&array, '}');
    *value = buf_str(&array);
    return array.full ? fail_new(mem, FAIL_TOO_LARGE, "The arguments are too large") : NULL;
}

static str last_value(const struct ask *ask, str name)
{
    str value = {NULL, 0};

    for (const struct argument *at = ask->arguments; at != NULL; at = at->next)
        if (str_eq(at->name, name))
            value = at->value;
    return value;
}

static const struct fail *find_values(arena *mem, struct plan *plan)
{
    str *values = arena_array(mem, str, (size_t)plan->ngiven);

    for (int i = 0; i < plan->ngiven; i++) {
        str name = plan->given[i]->name;
        if (plan->given[i]->variadic)
            TRY(join_values(mem, plan->ask, name, &values[i]));
        else
            values[i] = last_value(plan->ask, name);
    }
    plan->values = values;
    return NULL;
}

/* OPTIONS asks about the name, not about one call. */
static bool describes(const struct ask *ask)
{
    return ask->kind == ASK_OPTIONS;
}

const struct fail *plan_call(arena *mem, const struct schema *schema, struct plan *plan)
{
    const struct ask *ask = plan->ask;
    struct name_list names = names_given(mem, ask);
    const struct routine *found[16], *whole[16];
    int nfound = 0, nwhole = 0;

    for (const struct routine *at = schema_routines(schema, ask->schema, ask->name);
         at != NULL && nfound < 16 && nwhole < 16; at = at->overload) {
        if (describes(ask) || takes_names(at, ask, &names))
            found[nfound++] = at;
        else if (takes_body(at, ask))
            whole[nwhole++] = at;
    }
    if (nfound == 0 && nwhole == 0)
        return no_function(mem, schema, ask, &names);
    if (nfound > 1 && !describes(ask))
        return ambiguous(mem, found, nfound);
    if (nfound == 0 && nwhole > 1)
        return ambiguous(mem, whole, nwhole);
    plan->whole_body = nfound == 0;
    plan->routine = nfound > 0 ? found[0] : whole[0];
    find_given(mem, &names, plan);
    return has_arguments(ask) ? find_values(mem, plan) : NULL;
}
