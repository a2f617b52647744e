/* Which of the functions of one name does a call mean? PostgREST's rule: the one whose required
 * parameters are all given and that has a parameter for everything given. */
#include "base/json.h"
#include "rest/plan.h"
#include "schema/similar.h"

enum { MESSAGE_MAX = 4096, ARGUMENTS_MAX = 1 << 20 };

/* The names a call gives, without repetition. */
static struct name_list names_given(arena *mem, const struct ask *ask)
{
    struct name_list names = {NULL, 0};
    size_t count = 0;

    if (!ask->reads)
        return ask->columns.count > 0 ? ask->columns : ask->body.keys;
    for (const struct argument *at = ask->arguments; at != NULL; at = at->next)
        count++;
    names.names = arena_array(mem, str, count);
    for (const struct argument *at = ask->arguments; at != NULL; at = at->next) {
        bool known = false;
        for (int i = 0; i < names.count; i++)
            known = known || str_eq(names.names[i], at->name);
        if (!known)
            names.names[names.count++] = at->name;
    }
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

/* A function with one unnamed parameter takes the body as it is: JSON or text. */
static bool takes_body(const struct routine *routine, const struct ask *ask)
{
    if (ask->reads || routine->nparameters != 1 || routine->parameters[0].name.len > 0)
        return false;
    str type = routine->parameters[0].type;
    if (ask->body.kind == BODY_TEXT)
        return str_eq(type, STR("text"));
    return str_eq(type, STR("json")) || str_eq(type, STR("jsonb"));
}

static void put_names(struct buf *out, const str *names, int count)
{
    for (int i = 0; i < count; i++) {
        buf_put(out, i > 0 ? STR(", ") : STR(""));
        buf_put(out, names[i]);
    }
}

/* "(a, b)", for messages and for finding similar parameters. */
static str list_parameters(arena *mem, const struct routine *routine)
{
    struct buf out;

    buf_init(&out, mem, MESSAGE_MAX);
    buf_putc(&out, '(');
    for (int i = 0; i < routine->nparameters; i++) {
        buf_put(&out, i > 0 ? STR(", ") : STR(""));
        buf_put(&out, routine->parameters[i].name);
    }
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

static const struct fail *no_function(arena *mem, const struct schema *schema,
                                      const struct ask *ask, const struct name_list *names)
{
    bool text = ask->body.kind == BODY_TEXT;
    struct buf list, given;

    buf_init(&list, mem, MESSAGE_MAX);
    put_names(&list, names->names, names->count);
    buf_init(&given, mem, MESSAGE_MAX + 16);
    buf_printf(&given, names->count > 0 ? "(%.*s)" : " without parameters",
               STR_ARG(buf_str(&list)));
    struct fail *fail = fail_new(
        mem, FAIL_NO_FUNCTION, "Could not find the function %.*s.%.*s%.*s in the schema cache",
        STR_ARG(ask->schema), STR_ARG(ask->name), text ? 0 : (int)given.len, given.at);
    str with = names->count == 0
                   ? STR(" without parameters")
                   : arena_printf(mem, " with parameter%s %.*s", names->count > 1 ? "s" : "",
                                  STR_ARG(buf_str(&list)));
    fail->details = arena_printf(
        mem,
        "Searched for the function %.*s.%.*s%.*s%s, but no matches were found in the schema "
        "cache.",
        STR_ARG(ask->schema), STR_ARG(ask->name), text ? 0 : (int)with.len, with.at,
        text                                   ? " with a single unnamed text parameter"
        : ask->kind == ASK_CALL && !ask->reads ? " or with a single unnamed json/jsonb parameter"
                                               : "");
    if (!text)
        fail->hint =
            suggest(mem, schema, ask, arena_printf(mem, "(%.*s)", STR_ARG(buf_str(&list))));
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

/* The value of an argument as JSON. A variadic one takes all values of its name. */
static void put_argument(struct buf *json, const struct ask *ask, const struct parameter *parameter)
{
    const struct argument *last = NULL;
    int count = 0;

    for (const struct argument *at = ask->arguments; at != NULL; at = at->next) {
        if (!str_eq(at->name, parameter->name))
            continue;
        last = at;
        if (!parameter->variadic)
            continue;
        buf_put(json, count++ > 0 ? STR(",") : STR("["));
        json_put_string(json, at->value);
    }
    if (parameter->variadic)
        buf_putc(json, ']');
    else if (last != NULL)
        json_put_string(json, last->value);
}

static const struct fail *make_arguments(arena *mem, struct plan *plan)
{
    struct buf json;

    buf_init(&json, mem, ARGUMENTS_MAX);
    buf_putc(&json, '{');
    for (int i = 0; i < plan->ngiven; i++) {
        buf_put(&json, i > 0 ? STR(",") : STR(""));
        json_put_string(&json, plan->given[i]->name);
        buf_putc(&json, ':');
        put_argument(&json, plan->ask, plan->given[i]);
    }
    buf_putc(&json, '}');
    plan->arguments = buf_str(&json);
    return json.full ? fail_new(mem, FAIL_TOO_LARGE, "The arguments are too large") : NULL;
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
        if (takes_body(at, ask))
            whole[nwhole++] = at;
        else if (describes(ask) || (ask->body.kind != BODY_TEXT && fits(at, &names)))
            found[nfound++] = at;
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
    return ask->reads ? make_arguments(mem, plan) : NULL;
}
