/* What one level of an ask means: its columns found, in what is selected, tested and sorted. */
#include "rest/cast.h"
#include "rest/plan.h"
#include "schema/relationship.h"
#include "schema/similar.h"

static const struct column *find_column(const struct node *node, str name)
{
    const struct column *column = NULL;

    if (node->routine != NULL)
        column = routine_column(node->routine, name);
    if (column == NULL && node->relation != NULL)
        column = relation_field(node->relation, name);
    return column;
}

static const struct column *columns_of(const struct node *node)
{
    return node->routine != NULL ? node->routine->columns : node->relation->columns;
}

static int count_columns(const struct node *node)
{
    return node->routine != NULL ? node->routine->ncolumns : node->relation->ncolumns;
}

static void suggest_column(arena *mem, const struct node *node, str owner, str name,
                           struct fail *fail)
{
    const struct column *columns = columns_of(node);
    int count = count_columns(node);
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

/* What a client may call the rows: an embedded relation by its name and its depth. */
static str owner_name(arena *mem, const struct node *node)
{
    int depth = 0;

    for (const struct embed *embed = node->embed; embed != NULL; embed = embed->above->embed)
        depth++;
    if (depth > 0)
        return arena_printf(mem, "%.*s_%d", STR_ARG(node->relation->name), depth);
    bool scalar = node->routine != NULL && node->routine->result != RESULT_COMPOSITE;
    return scalar ? node->routine->name : node->name;
}

static const struct fail *no_column(arena *mem, const struct node *node, str name)
{
    str owner = owner_name(mem, node);
    struct fail *fail =
        fail_new(mem, FAIL_SQL, "column %.*s.%.*s does not exist", STR_ARG(owner), STR_ARG(name));
    fail->code = "42703"; /* undefined_column */
    suggest_column(mem, node, owner, name, fail);
    return fail;
}

static const struct fail *find_cast(const struct planner *planner, str name, str *cast)
{
    return name.at == NULL ? NULL : cast_find(planner->mem, planner->schema, name, cast);
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

/* ?select=count, without parentheses, is older than aggregates and not switched off with them. */
static bool is_old_count(const struct item *item)
{
    return item->kind == ITEM_COLUMN && item->field.nsteps == 0 &&
           str_eq(item->field.name, aggregate_name(AGGREGATE_COUNT));
}

/* The type of a cast is looked for before what is cast, as PostgreSQL does. */
static const struct fail *find_selected(struct planner *planner, const struct node *node,
                                        struct output *output)
{
    const struct item *item = output->item;

    if (wanted_back(planner->plan) == CHOICE_RETURN_ROWS) {
        TRY(find_cast(planner, item->result_cast, &output->result_cast));
        TRY(find_cast(planner, item->cast, &output->cast));
    }
    if (item->field.name.at == NULL)
        output->kind = OUTPUT_ROWS;
    else
        output->column = find_column(node, item->field.name);
    if (output->kind == OUTPUT_COLUMN && output->column == NULL && is_old_count(item)) {
        output->kind = OUTPUT_ROWS;
        output->aggregate = AGGREGATE_COUNT;
    }
    if (output->kind == OUTPUT_COLUMN && output->column == NULL)
        return no_column(planner->mem, node, item->field.name);
    return NULL;
}

static const struct fail *find_output(struct planner *planner, const struct node *node,
                                      struct output *output)
{
    const struct item *item = output->item;

    output->aggregate = item->aggregate;
    if (item->aggregate != AGGREGATE_NONE && !planner->config->db_aggregates_enabled)
        return fail_new(planner->mem, FAIL_AGGREGATES, "Use of aggregate functions is not allowed");
    if (item->kind == ITEM_ALL || wanted_back(planner->plan) == CHOICE_RETURN_MINIMAL)
        return NULL;
    return find_selected(planner, node, output);
}

str plan_output_name(const struct output *output)
{
    return output->item->kind == ITEM_ALL ? output->column->name : item_name(output->item);
}

bool plan_is_grouped(const struct node *node)
{
    for (const struct output *output = node->outputs; output != NULL; output = output->next)
        if (output->aggregate != AGGREGATE_NONE)
            return true;
    return false;
}

str plan_shown_by(const struct output *output)
{
    bool whole =
        output->kind == OUTPUT_COLUMN && output->column != NULL && output->item->field.nsteps == 0;

    if (!whole || output->column->representation == NULL)
        return (str){NULL, 0};
    return output->column->representation->to_json;
}

bool plan_is_made_json(const struct output *output)
{
    if (output->kind == OUTPUT_COLUMN)
        return plan_shown_by(output).at != NULL && output->cast.at == NULL;
    if (output->kind != OUTPUT_SPREAD)
        return output->kind == OUTPUT_EMBED;
    return !output->embed->relationship->to_one || plan_is_made_json(output->inner);
}

static struct output *add_output(struct planner *planner, struct node *node, enum output_kind kind,
                                 const struct item *item)
{
    struct output **last = &node->outputs;

    while (*last != NULL)
        last = &(*last)->next;
    *last = arena_new(planner->mem, struct output);
    (*last)->kind = kind;
    (*last)->item = item;
    return *last;
}

/* Does it show anything? An embed without columns is there for its filters. */
static bool is_shown(const struct item *item)
{
    for (const struct item *at = item->children; at != NULL; at = at->next)
        if (at->kind != ITEM_EMBED || is_shown(at))
            return true;
    return false;
}

/* The aggregate of a column that is lifted is one of the rows it is lifted to. */
static const struct fail *lift(struct planner *planner, struct node *node,
                               const struct embed *embed, struct output *inner)
{
    struct output *output = add_output(planner, node, OUTPUT_SPREAD, inner->item);

    output->embed = embed;
    output->inner = inner;
    output->column = inner->column;
    if (inner->aggregate == AGGREGATE_NONE)
        return NULL;
    if (!embed->relationship->to_one) {
        struct fail *fail = fail_new(planner->mem, FAIL_UNSUPPORTED, "Feature not implemented");
        fail->details = STR("Aggregates are not implemented for one-to-many or many-to-many "
                            "spreads.");
        return fail;
    }
    output->aggregate = inner->aggregate;
    output->result_cast = inner->result_cast;
    inner->aggregate = AGGREGATE_NONE;
    return NULL;
}

static const struct fail *add_embeds(struct planner *planner, struct node *node)
{
    for (struct embed *embed = node->embeds; embed != NULL; embed = embed->next) {
        embed->shown = is_shown(embed->item);
        if (!embed->shown)
            continue;
        if (!embed->item->spread)
            add_output(planner, node, OUTPUT_EMBED, embed->item)->embed = embed;
        for (struct output *at = embed->node.outputs; embed->item->spread && at != NULL;
             at = at->next)
            TRY(lift(planner, node, embed, at));
    }
    return NULL;
}

/* The columns behind *, each on its own. */
static struct output *expand(struct planner *planner, const struct node *node, struct output *all)
{
    const struct column *columns = columns_of(node);
    struct output *next = all->next, *last = all;

    for (int i = 0; i < count_columns(node); i++) {
        struct output *output = i == 0 ? all : arena_new(planner->mem, struct output);
        *output = (struct output){.kind = OUTPUT_COLUMN, .item = all->item, .column = &columns[i]};
        last->next = output;
        last = output;
    }
    last->next = next;
    return last;
}

static bool has_shown_columns(const struct node *node)
{
    for (int i = 0; i < count_columns(node); i++) {
        const struct representation *form = columns_of(node)[i].representation;
        if (form != NULL && form->to_json.at != NULL)
            return true;
    }
    return false;
}

/* Groups, columns that are lifted and those that a function shows have to be known one by one. */
static void expand_all(struct planner *planner, struct node *node)
{
    for (struct output *output = node->outputs; output != NULL; output = output->next)
        if (output->kind == OUTPUT_ALL && count_columns(node) > 0)
            output = expand(planner, node, output);
}

static const struct item all_columns = {.kind = ITEM_ALL};

const struct fail *plan_outputs(struct planner *planner, struct node *node,
                                const struct item *items)
{
    if (items == NULL)
        items = &all_columns;
    for (const struct item *item = items; item != NULL; item = item->next) {
        if (item->kind == ITEM_EMBED)
            continue;
        enum output_kind kind = item->kind == ITEM_ALL ? OUTPUT_ALL : OUTPUT_COLUMN;
        TRY(find_output(planner, node, add_output(planner, node, kind, item)));
    }
    TRY(add_embeds(planner, node));
    if (plan_is_grouped(node) || (node->embed != NULL && node->embed->item->spread) ||
        has_shown_columns(node))
        expand_all(planner, node);
    return NULL;
}

/* projects=is.null asks for rows without a project, unless that is the name of a column. */
static const struct embed *find_null_test(const struct node *node,
                                          const struct condition *condition)
{
    bool null = condition->op->operand == OPERAND_KEYWORD &&
                str_ieq(condition->value, STR("null")) && condition->field.nsteps == 0;

    return null ? plan_find_embed(node, condition->field.name) : NULL;
}

static const struct fail *find_tests(struct planner *planner, const struct node *node,
                                     const struct condition *conditions, struct test **tests);

static const struct fail *find_test(struct planner *planner, const struct node *node,
                                    const struct condition *condition, struct test *test)
{
    test->condition = condition;
    if (condition->kind != CONDITION_FILTER)
        return find_tests(planner, node, condition->children, &test->children);
    test->embed = find_null_test(node, condition);
    if (test->embed != NULL)
        return NULL;
    test->column = find_column(node, condition->field.name);
    return test->column != NULL ? NULL : no_column(planner->mem, node, condition->field.name);
}

/* As deep as the conditions are, which condition.c limits. */
static const struct fail *find_tests(struct planner *planner, const struct node *node,
                                     const struct condition *conditions, struct test **tests)
{
    struct test **last = tests;

    while (*last != NULL)
        last = &(*last)->next;
    for (const struct condition *at = conditions; at != NULL; at = at->next) {
        *last = arena_new(planner->mem, struct test);
        TRY(find_test(planner, node, at, *last));
        last = &(*last)->next;
    }
    return NULL;
}

const struct fail *plan_tests(struct planner *planner, struct node *node,
                              const struct condition *conditions)
{
    return find_tests(planner, node, conditions, &node->where);
}

static const struct fail *not_to_one(arena *mem, const struct node *node, const struct embed *embed)
{
    str name = item_name(embed->item);
    struct fail *fail = fail_new(mem, FAIL_RELATED_ORDER,
                                 "A related order on '%.*s' is not possible", STR_ARG(name));

    fail->details =
        arena_printf(mem, "'%.*s' and '%.*s' do not form a many-to-one or one-to-one relationship",
                     STR_ARG(node->relation->name), STR_ARG(name));
    return fail;
}

/* order=author(name): the column is one of those that are selected there, by its name or alias. */
static const struct fail *find_inner(struct planner *planner, const struct node *node, str name,
                                     struct sort *sort)
{
    for (const struct output *at = node->outputs; at != NULL; at = at->next) {
        sort->column = at->kind == OUTPUT_ALL ? find_column(node, name) : at->column;
        bool plain = at->kind != OUTPUT_EMBED && at->cast.at == NULL && at->item->field.nsteps == 0;
        if (at->kind == OUTPUT_ALL && sort->column != NULL)
            return NULL;
        if (at->kind == OUTPUT_ALL || !str_eq(plan_output_name(at), name))
            continue;
        sort->column = plain ? sort->column : NULL;
        return NULL;
    }
    return no_column(planner->mem, node, name);
}

static const struct fail *find_related(struct planner *planner, const struct node *node,
                                       const struct term *term, struct sort *sort)
{
    struct embed *embed = plan_find_embed(node, term->relation);

    if (embed == NULL)
        return plan_not_embedded(planner->mem, term->relation);
    if (!embed->relationship->to_one)
        return not_to_one(planner->mem, node, embed);
    embed->ordered = true;
    sort->embed = embed;
    return find_inner(planner, &embed->node, term->field.name, sort);
}

static const struct fail *find_sort(struct planner *planner, const struct node *node,
                                    const struct term *term, struct sort *sort)
{
    sort->term = term;
    if (term->relation.at != NULL)
        return find_related(planner, node, term, sort);
    sort->column = find_column(node, term->field.name);
    return sort->column != NULL ? NULL : no_column(planner->mem, node, term->field.name);
}

/* A write orders the rows that it returns; without rows, order means nothing. */
const struct fail *plan_order(struct planner *planner, struct node *node, const struct term *terms)
{
    struct sort **last = &node->order;

    if (wanted_back(planner->plan) != CHOICE_RETURN_ROWS)
        return NULL;
    for (const struct term *term = terms; term != NULL; term = term->next) {
        *last = arena_new(planner->mem, struct sort);
        TRY(find_sort(planner, node, term, *last));
        last = &(*last)->next;
    }
    return NULL;
}
