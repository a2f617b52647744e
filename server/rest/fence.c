/* See fence.h. */
#include "rest/fence.h"

#define MARK "PST403 another tenant: "

/* ---- in the plan ---- */

static const struct fail *no_tenant(arena *mem, str name)
{
    struct fail *fail = fail_new(mem, FAIL_FORBIDDEN, "The token names no tenant");
    fail->details = arena_printf(mem, "The rows of '%.*s' belong to tenants", STR_ARG(name));
    fail->hint = STR("The claim is named by POSTERN_TENANT_CLAIM, at the top of the token's claims "
                     "or in its app_metadata");
    return fail;
}

static const struct column *column_of(const struct node *node, str name)
{
    if (node->relation != NULL)
        return relation_column(node->relation, name);
    return node->routine != NULL ? routine_column(node->routine, name) : NULL;
}

/* The condition that a client would write as ?tenant_id=eq.value. */
static void add_test(arena *mem, const struct fence *fence, struct node *node,
                     const struct column *column)
{
    struct condition *condition = arena_new(mem, struct condition);
    struct test *test = arena_new(mem, struct test);

    condition->kind = CONDITION_FILTER;
    condition->field.name = column->name;
    condition->op = op_find(STR("eq"));
    condition->value = fence->tenant;
    *test = (struct test){.condition = condition, .column = column, .next = node->where};
    node->where = test;
}

static const struct fail *fence_node(arena *mem, const struct fence *fence, struct node *node)
{
    const struct column *column = column_of(node, fence->column);

    if (column != NULL && fence->tenant.len == 0)
        return no_tenant(mem, node->name);
    if (column != NULL)
        add_test(mem, fence, node, column);
    for (struct embed *embed = node->embeds; embed != NULL; embed = embed->next) {
        const struct relation *junction = embed->relationship->junction;
        if (junction != NULL && relation_column(junction, fence->column) != NULL &&
            fence->tenant.len == 0)
            return no_tenant(mem, junction->name);
        TRY(fence_node(mem, fence, &embed->node));
    }
    return NULL;
}

static bool is_written(const struct column_list *written, const struct column *column)
{
    for (int i = 0; i < written->count; i++)
        if (written->list[i] == column)
            return true;
    return false;
}

/* A new row gets the caller's tenant, whether its body says so or not. */
static void add_written(arena *mem, struct column_list *written, const struct column *column)
{
    struct column_list more = {arena_array(mem, const struct column *, (size_t)written->count + 1),
                               written->count + 1};

    if (written->count > 0)
        memcpy(more.list, written->list, sizeof(struct column *) * (size_t)written->count);
    more.list[written->count] = column;
    *written = more;
}

static const struct fail *fence_written(arena *mem, const struct fence *fence, struct plan *plan)
{
    bool inserts = plan->ask->kind == ASK_INSERT || plan->ask->kind == ASK_PUT;
    const struct column *column = inserts ? relation_column(plan->relation, fence->column) : NULL;

    if (column == NULL)
        return NULL;
    if (column->generated)
        return fail_new(mem, FAIL_FORBIDDEN, "The tenant of a new row is generated, not given");
    if (!is_written(&plan->written, column))
        add_written(mem, &plan->written, column);
    return NULL;
}

const struct fail *fence_plan(arena *mem, const struct config *config, const struct claims *claims,
                              struct plan *plan)
{
    if (config->tenant_claim.len == 0 || claims_cross_tenants(claims))
        return NULL;
    struct fence *fence = arena_new(mem, struct fence);
    *fence = (struct fence){config->tenant_column, claims->tenant};
    plan->fence = fence;
    TRY(fence_node(mem, fence, &plan->root));
    return fence_written(mem, fence, plan);
}

/* ---- in SQL ---- */

bool fence_is_of(const struct sql *sql, const struct column *column)
{
    return sql->fence != NULL && str_eq(column->name, sql->fence->column);
}

bool fence_has(const struct sql *sql, const struct relation *relation)
{
    return sql->fence != NULL && relation_column(relation, sql->fence->column) != NULL;
}

static void put_column(struct sql *sql, str owner)
{
    sql_name(sql, owner);
    sql_put(sql, ".");
    sql_name(sql, sql->fence->column);
}

void fence_put_test(struct sql *sql, str owner)
{
    put_column(sql, owner);
    sql_put(sql, " = ");
    sql_value(sql, sql->fence->tenant);
}

static void put_cast(struct sql *sql, const struct column *column)
{
    sql_put(sql, "::");
    sql_known(sql, column->type);
}

/* A statement has no RAISE: a text that is no integer, which depends on the row, so that it is not
 * made before there is one. */
void fence_put_value(struct sql *sql, str owner, const struct column *column)
{
    sql_put(sql, "case when ");
    put_column(sql, owner);
    sql_put(sql, " is null or ");
    put_column(sql, owner);
    sql_put(sql, " = ");
    sql_value(sql, sql->fence->tenant);
    put_cast(sql, column);
    sql_put(sql, " then ");
    sql_value(sql, sql->fence->tenant);
    put_cast(sql, column);
    sql_put(sql, " else ('" MARK "' || ");
    put_column(sql, owner);
    sql_put(sql, "::text)::integer::text");
    put_cast(sql, column);
    sql_put(sql, " end");
}

const struct fail *fence_refusal(arena *mem, str sqlstate, str message)
{
    static const char mark[] = "\"" MARK;

    if (!str_eq(sqlstate, STR("22P02")) || /* invalid_text_representation */
        memmem(message.at, message.len, mark, sizeof(mark) - 1) == NULL)
        return NULL;
    struct fail *fail = fail_new(mem, FAIL_FORBIDDEN, "The row belongs to another tenant");
    fail->hint = STR("Leave the tenant out: a new row gets the caller's");
    return fail;
}
