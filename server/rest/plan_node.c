/* What one level of an ask means: its columns found, in what is selected, tested and sorted. */
#include "rest/cast.h"
#include "rest/plan.h"
#include "schema/similar.h"

static const struct fail *find_outputs(arena *mem, const struct plan *plan, struct node *node);
static const struct fail *find_tests(arena *mem, const struct node *node,
                                     const struct condition *conditions, struct test **tests);
static const struct fail *find_order(arena *mem, const struct plan *plan, struct node *node);

const struct fail *plan_node(arena *mem, const struct plan *plan, struct node *node)
{
    TRY(find_outputs(mem, plan, node));
    TRY(find_tests(mem, node, plan->ask->where, &node->where));
    return find_order(mem, plan, node);
}

static const struct column *find_column(const struct node *node, str name)
{
    return node->relation != NULL ? relation_column(node->relation, name)
                                  : routine_column(node->routine, name);
}

static void suggest_column(arena *mem, const struct node *node, str owner, str name,
                           struct fail *fail)
{
    const struct column *columns =
        node->relation != NULL ? node->relation->columns : node->routine->columns;
    int count = node->relation != NULL ? node->relation->ncolumns : node->routine->ncolumns;
    str *names = arena_array(mem, str, (size_t)count);
    int found[SIMILAR_COLUMNS_MAX];

    for (int i = 0; i < count; i++)
        names[i] = columns[i].name;
    int nfound = similar_columns(mem, names, count, name, found);
    if (nfound == 1)
        fail->hint = arena_printf(mem, "Perhaps you meant to reference the column \"%.*s.%.*s\".",
                                  STR_ARG(owner), STR_ARG(names[found[0]]));
    if (nfound == 2)
        fail->hint = arena_printf(mem,
                                  "Perhaps you meant to reference the column \"%.*s.%.*s\" or "
                                  "the column \"%.*s.%.*s\".",
                                  STR_ARG(owner), STR_ARG(names[found[0]]), STR_ARG(owner),
                                  STR_ARG(names[found[1]]));
}

static const struct fail *no_column(arena *mem, const struct node *node, str name)
{
    bool scalar = node->routine != NULL && node->routine->result != RESULT_COMPOSITE;
    str owner = scalar ? node->routine->name : node->name;
    struct fail *fail =
        fail_new(mem, FAIL_SQL, "column %.*s.%.*s does not exist", STR_ARG(owner), STR_ARG(name));
    fail->code = "42703"; /* undefined_column */
    suggest_column(mem, node, owner, name, fail);
    return fail;
}

static const struct fail *no_relationship(arena *mem, const struct plan *plan, str to)
{
    str from = plan->ask->name, schema = plan->ask->schema;
    struct fail *fail = fail_new(mem, FAIL_NO_RELATIONSHIP,
                                 "Could not find a relationship between '%.*s' and '%.*s' in the "
                                 "schema cache",
                                 STR_ARG(from), STR_ARG(to));
    fail->details = arena_printf(mem,
                                 "Searched for a foreign key relationship between '%.*s' and "
                                 "'%.*s' in the schema '%.*s', but no matches were found.",
                                 STR_ARG(from), STR_ARG(to), STR_ARG(schema));
    return fail;
}

static const struct fail *find_cast(arena *mem, const struct item *item, struct output *output)
{
    if (item->cast.at == NULL)
        return NULL;
    output->cast = cast_find(item->cast);
    if (output->cast.at != NULL)
        return NULL;
    struct fail *fail =
        fail_new(mem, FAIL_SQL, "type \"%.*s\" does not exist", STR_ARG(item->cast));
    fail->code = "42704"; /* undefined_object */
    return fail;
}

/* A write of which nothing comes back must not fail over a name in select: as in PostgREST, only
 * headers-only needs the columns, and only rows need the casts. */
static enum choice wanted_back(const struct plan *plan)
{
    enum choice wanted = plan->ask->prefer.choices[PREFER_RETURN];

    if (!plan_writes(plan))
        return CHOICE_RETURN_ROWS;
    return wanted == CHOICE_NONE ? CHOICE_RETURN_MINIMAL : wanted;
}

static const struct fail *find_output(arena *mem, const struct plan *plan, const struct node *node,
                                      const struct item *item, struct output *output)
{
    enum choice wanted = wanted_back(plan);

    output->item = item;
    if (item->kind == ITEM_EMBED)
        return no_relationship(mem, plan, item->field.name);
    if (item->kind == ITEM_AGGREGATE)
        return fail_new(mem, FAIL_AGGREGATES, "Use of aggregate functions is not allowed");
    if (item->kind == ITEM_ALL)
        return NULL;
    if (wanted == CHOICE_RETURN_MINIMAL)
        return NULL;
    output->column = find_column(node, item->field.name);
    if (output->column == NULL)
        return no_column(mem, node, item->field.name);
    return wanted == CHOICE_RETURN_ROWS ? find_cast(mem, item, output) : NULL;
}

/* The last key of a path names its column; an index does not, so the key before it. */
str plan_output_name(const struct output *output)
{
    const struct item *item = output->item;

    if (item->alias.at != NULL)
        return item->alias;
    for (int i = item->field.nsteps - 1; i >= 0; i--)
        if (!item->field.steps[i].is_index)
            return item->field.steps[i].key;
    return item->field.name;
}

static const struct fail *find_outputs(arena *mem, const struct plan *plan, struct node *node)
{
    struct output **last = &node->outputs;

    for (const struct item *item = plan->ask->select; item != NULL; item = item->next) {
        *last = arena_new(mem, struct output);
        TRY(find_output(mem, plan, node, item, *last));
        last = &(*last)->next;
    }
    return NULL;
}

static const struct fail *find_test(arena *mem, const struct node *node,
                                    const struct condition *condition, struct test *test)
{
    test->condition = condition;
    if (condition->kind != CONDITION_FILTER)
        return find_tests(mem, node, condition->children, &test->children);
    test->column = find_column(node, condition->field.name);
    return test->column != NULL ? NULL : no_column(mem, node, condition->field.name);
}

/* As deep as the conditions are, which condition.c limits. */
static const struct fail *find_tests(arena *mem, const struct node *node,
                                     const struct condition *conditions, struct test **tests)
{
    struct test **last = tests;

    for (const struct condition *at = conditions; at != NULL; at = at->next) {
        *last = arena_new(mem, struct test);
        TRY(find_test(mem, node, at, *last));
        last = &(*last)->next;
    }
    return NULL;
}

/* A write orders the rows that it returns; without rows, order means nothing. */
static const struct fail *find_order(arena *mem, const struct plan *plan, struct node *node)
{
    struct sort **last = &node->order;

    if (wanted_back(plan) != CHOICE_RETURN_ROWS)
        return NULL;
    for (const struct term *term = plan->ask->order; term != NULL; term = term->next) {
        *last = arena_new(mem, struct sort);
        (*last)->term = term;
        (*last)->column = find_column(node, term->field.name);
        if ((*last)->column == NULL)
            return no_column(mem, node, term->field.name);
        last = &(*last)->next;
    }
    return NULL;
}
