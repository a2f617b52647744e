/* From ask to plan; plan_write.c has what only writes have, plan_call.c chooses functions. */
#include "rest/plan.h"

#include "rest/count.h"

static const struct fail *find_target(arena *mem, const struct schema *schema, struct plan *plan);
static void name_root(const struct schema *schema, struct plan *plan);
static const struct fail *plan_request(arena *mem, const struct schema *schema,
                                       const struct config *config, struct plan *plan);
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
    plan->minimal_errors = str_eq(config->error_verbosity, STR("minimal"));
    plan->search_path = make_search_path(mem, config, ask->schema);
    plan->asks_answer = schema_sets_response(schema) || config->db_pre_request.at != NULL;
    *result = plan;
    TRY(find_target(mem, schema, plan));
    return ask->kind == ASK_OPTIONS ? NULL : plan_request(mem, schema, config, plan);
}

/* All that a request other than OPTIONS needs. */
static const struct fail *plan_request(arena *mem, const struct schema *schema,
                                       const struct config *config, struct plan *plan)
{
    plan->access = choose_access(plan);
    TRY(choose_range(mem, config, plan));
    name_root(schema, plan);
    TRY(plan_put(mem, plan));
    TRY(plan_tree(&(struct planner){.mem = mem, .schema = schema, .config = config, .plan = plan}));
    TRY(plan_write(mem, plan));
    TRY(plan_media(mem, schema, config, plan));
    choose_rows(plan);
    count_plan(config, plan);
    plan->root.printed = plan->media == MEDIA_CSV || plan->media == MEDIA_HANDLED;
    TRY(transaction_make(mem, config, plan));
    plan->cells = cells_make(mem, plan);
    return NULL;
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

bool plan_streams(const struct plan *plan)
{
    return plan->media == MEDIA_NDJSON && plan->rows == ROWS_BODY &&
           plan->explain.format == EXPLAIN_NONE;
}

bool plan_writes(const struct plan *plan)
{
    return plan->ask->kind != ASK_READ && plan->ask->kind != ASK_CALL;
}

/* What PostgREST calls them: messages of PostgreSQL and its plans say so. */
static str name_of_result(const struct routine *routine)
{
    return routine->result == RESULT_COMPOSITE ? STR("pgrst_call") : routine->name;
}

/* The rows of a function that returns those of a relation are the relation's. */
static void name_root(const struct schema *schema, struct plan *plan)
{
    const struct routine *routine = plan->routine;

    plan->root.relation = plan->relation;
    plan->root.routine = routine;
    plan->root.name = routine == NULL ? plan->relation->name : name_of_result(routine);
    if (routine != NULL && routine->relation.at != NULL)
        plan->root.relation = schema_relation(schema, routine->schema, routine->relation);
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

    plan->root.range = ask->range;
    if (ask->kind == ASK_PUT && ranged)
        return fail_new(mem, FAIL_PUT_RANGE,
                        "limit/offset querystring parameters are not allowed for PUT");
    if (plan_writes(plan))
        return NULL; /* it touches all that its filters name, as in PostgREST 13 and later */
    plan->root.paged = range_cap(&plan->root.range, config->db_max_rows) || ranged;
    return NULL;
}

static enum returned rows_of_write(const struct plan *plan)
{
    const struct prefer *prefer = &plan->ask->prefer;

    if (prefer_is(prefer, PREFER_RETURN, CHOICE_RETURN_ROWS))
        return ROWS_BODY;
    if (prefer_is(prefer, PREFER_RETURN, CHOICE_RETURN_HEADERS) && plan->ask->kind == ASK_INSERT &&
        relation_primary_key(plan->relation) != NULL)
        return ROWS_KEY;
    return ROWS_NONE;
}

static void choose_rows(struct plan *plan)
{
    const struct ask *ask = plan->ask;

    plan->one_row = media_is_object(plan->media);
    if (ask->kind == ASK_CALL)
        plan->one_row = plan->one_row && plan->routine->set;
    if (plan_writes(plan))
        plan->rows = rows_of_write(plan);
    else if (ask->head && ask->kind == ASK_READ)
        plan->rows = ROWS_COUNTED;
    else
        plan->rows = ROWS_BODY;
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
