/* From ask to plan; plan_write.c has what only writes have, plan_call.c chooses functions. */
#include "rest/plan.h"

#include "rest/cast.h"
#include "schema/similar.h"

static const struct fail *find_target(arena *mem, const struct schema *schema, struct plan *plan);
static const struct fail *find_columns(arena *mem, struct plan *plan);
static const struct fail *find_outputs(arena *mem, struct plan *plan);
static const struct fail *find_tests(arena *mem, const struct plan *plan,
                                     const struct condition *conditions, struct test **tests);
static const struct fail *find_order(arena *mem, struct plan *plan);
static const struct fail *choose_range(arena *mem, const struct config *config, struct plan *plan);
static enum access choose_access(const struct plan *plan);
static void choose_rows(struct plan *plan);
static str make_search_path(arena *mem, const struct config *config, str schema);

const struct fail *plan_make(arena *mem, const struct schema *schema, const struct config *config,
                             const struct ask *ask, struct plan **result)
{
    struct plan *plan = arena_new(mem, struct plan);

    if (schema == NULL)
        return fail_new(mem, FAIL_NO_SCHEMA_CACHE,
                        "Could not query the database for the schema cache. Retrying.");
    plan->ask = ask;
    plan->search_path = make_search_path(mem, config, ask->schema);
    *result = plan;
    TRY(find_target(mem, schema, plan));
    if (ask->kind == ASK_OPTIONS)
        return NULL;
    plan->access = choose_access(plan);
    TRY(choose_range(mem, config, plan));
    TRY(find_columns(mem, plan));
    choose_rows(plan);
    plan->cells = cells_make(mem, plan);
    return NULL;
}

static bool writes(const struct plan *plan)
{
    return plan->ask->kind != ASK_READ && plan->ask->kind != ASK_CALL;
}

static const struct fail *find_columns(arena *mem, struct plan *plan)
{
    TRY(find_outputs(mem, plan));
    TRY(find_tests(mem, plan, plan->ask->where, &plan->where));
    TRY(find_order(mem, plan));
    return plan_write(mem, plan);
}

static const struct fail *find_target(arena *mem, const struct schema *schema, struct plan *plan)
{
    const struct ask *ask = plan->ask;

    if (ask->target == ASK_FUNCTION)
        return plan_call(mem, schema, plan);
    plan->relation = schema_relation(schema, ask->schema, ask->name);
    if (plan->relation != NULL)
        return NULL;
    struct fail *fail =
        fail_new(mem, FAIL_NO_RELATION, "Could not find the table '%.*s.%.*s' in the schema cache",
                 STR_ARG(ask->schema), STR_ARG(ask->name));
    str similar = schema_similar_relation(schema, mem, ask->schema, ask->name);
    if (similar.at != NULL)
        fail->hint = arena_printf(mem, "Perhaps you meant the table '%.*s.%.*s'",
                                  STR_ARG(ask->schema), STR_ARG(similar));
    return fail;
}

static const struct column *find_column(const struct plan *plan, str name)
{
    return plan->relation != NULL ? relation_column(plan->relation, name)
                                  : routine_column(plan->routine, name);
}

static void suggest_column(arena *mem, const struct plan *plan, str owner, str name,
                           struct fail *fail)
{
    const struct column *columns =
        plan->relation != NULL ? plan->relation->columns : plan->routine->columns;
    int count = plan->relation != NULL ? plan->relation->ncolumns : plan->routine->ncolumns;
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

static const struct fail *no_column(arena *mem, const struct plan *plan, str name)
{
    str owner = plan->relation != NULL                      ? plan->relation->name
                : plan->routine->result != RESULT_COMPOSITE ? plan->routine->name
                                                            : STR("pgrst_call");
    struct fail *fail =
        fail_new(mem, FAIL_SQL, "column %.*s.%.*s does not exist", STR_ARG(owner), STR_ARG(name));
    fail->code = "42703"; /* undefined_column */
    suggest_column(mem, plan, owner, name, fail);
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

    if (!writes(plan))
        return CHOICE_RETURN_ROWS;
    return wanted == CHOICE_NONE ? CHOICE_RETURN_MINIMAL : wanted;
}

static const struct fail *find_output(arena *mem, const struct plan *plan, const struct item *item,
                                      struct output *output)
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
    output->column = find_column(plan, item->field.name);
    if (output->column == NULL)
        return no_column(mem, plan, item->field.name);
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

static const struct fail *find_outputs(arena *mem, struct plan *plan)
{
    struct output **last = &plan->outputs;

    for (const struct item *item = plan->ask->select; item != NULL; item = item->next) {
        *last = arena_new(mem, struct output);
        TRY(find_output(mem, plan, item, *last));
        last = &(*last)->next;
    }
    return NULL;
}

static const struct fail *find_test(arena *mem, const struct plan *plan,
                                    const struct condition *condition, struct test *test)
{
    test->condition = condition;
    if (condition->kind != CONDITION_FILTER)
        return find_tests(mem, plan, condition->children, &test->children);
    test->column = find_column(plan, condition->field.name);
    return test->column != NULL ? NULL : no_column(mem, plan, condition->field.name);
}

/* As deep as the conditions are, which condition.c limits. */
static const struct fail *find_tests(arena *mem, const struct plan *plan,
                                     const struct condition *conditions, struct test **tests)
{
    struct test **last = tests;

    for (const struct condition *at = conditions; at != NULL; at = at->next) {
        *last = arena_new(mem, struct test);
        TRY(find_test(mem, plan, at, *last));
        last = &(*last)->next;
    }
    return NULL;
}

/* The rows that a write returns are in no order. */
static const struct fail *find_order(arena *mem, struct plan *plan)
{
    struct sort **last = &plan->order;

    if (writes(plan))
        return NULL;
    for (const struct term *term = plan->ask->order; term != NULL; term = term->next) {
        *last = arena_new(mem, struct sort);
        (*last)->term = term;
        (*last)->column = find_column(plan, term->field.name);
        if ((*last)->column == NULL)
            return no_column(mem, plan, term->field.name);
        last = &(*last)->next;
    }
    return NULL;
}

/* A function that is not volatile promises to change nothing, and is held to it. */
static enum access choose_access(const struct plan *plan)
{
    bool reads = plan->ask->reads || (plan->routine != NULL && !plan->routine->is_volatile);
    return reads ? ACCESS_READ : ACCESS_WRITE;
}

static const struct fail *choose_range(arena *mem, const struct config *config, struct plan *plan)
{
    const struct ask *ask = plan->ask;
    bool ranged = ask->range.first > 0 || ask->range.last != RANGE_OPEN || ask->range.none;

    plan->range = ask->range;
    if (ask->kind == ASK_PUT && ranged)
        return fail_new(mem, FAIL_PUT_RANGE,
                        "limit/offset querystring parameters are not allowed for PUT");
    if (writes(plan)) {
        if (ranged && ask->kind != ASK_INSERT)
            return fail_new(mem, FAIL_BAD_QUERY,
                            "limit and offset are not available for this method");
        return NULL;
    }
    if (config->db_max_rows > 0 && !ask->range.none) {
        int64_t last = 0;
        if (!__builtin_add_overflow(ask->range.first, config->db_max_rows - 1, &last) &&
            (ask->range.last == RANGE_OPEN || ask->range.last > last))
            plan->range.last = last;
        ranged = true;
    }
    plan->paged = ranged;
    return NULL;
}

static enum returned rows_of_write(const struct plan *plan)
{
    const struct prefer *prefer = &plan->ask->prefer;

    if (prefer_is(prefer, PREFER_RETURN, CHOICE_RETURN_ROWS))
        return plan->ask->media == MEDIA_CSV ? ROWS_CSV : ROWS_JSON;
    if (prefer_is(prefer, PREFER_RETURN, CHOICE_RETURN_HEADERS) && plan->ask->kind == ASK_INSERT &&
        relation_primary_key(plan->relation) != NULL)
        return ROWS_KEY;
    return ROWS_NONE;
}

/* planned and estimated are answered with the exact count: the best estimate there is. */
static void choose_rows(struct plan *plan)
{
    const struct ask *ask = plan->ask;

    plan->one_row = media_is_object(ask->media);
    if (ask->kind == ASK_CALL)
        plan->one_row = plan->one_row && plan->routine->set;
    if (writes(plan))
        plan->rows = rows_of_write(plan);
    else if (ask->head && ask->kind == ASK_READ)
        plan->rows = ROWS_COUNTED;
    else
        plan->rows = ask->media == MEDIA_CSV ? ROWS_CSV : ROWS_JSON;
    if (!prefer_is(&ask->prefer, PREFER_COUNT, CHOICE_NONE))
        plan->total = plan->paged ? TOTAL_COUNTED : TOTAL_SAME;
}

static void put_quoted(struct buf *out, str name)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '"')
            buf_putc(out, '"');
        buf_putc(out, name.at[i]);
    }
    buf_putc(out, '"');
}

/* The schema first, then db_extra_search_path. */
static str make_search_path(arena *mem, const struct config *config, str schema)
{
    str rest = config->db_extra_search_path, piece;
    struct buf path;

    buf_init(&path, mem, (schema.len + rest.len) * 4 + 64);
    put_quoted(&path, schema);
    while (str_cut(&rest, ',', &piece)) {
        piece = str_trim(piece);
        if (piece.len == 0 || str_eq(piece, schema))
            continue;
        buf_put(&path, STR(", "));
        put_quoted(&path, piece);
    }
    return buf_str(&path);
}
