/* See count.h. */
#include "rest/count.h"

#include "base/json.h"
#include "rest/answer.h"

void count_plan(const struct config *config, struct plan *plan)
{
    enum choice count = plan->ask->prefer.choices[PREFER_COUNT];
    bool reads = plan->ask->kind == ASK_READ;

    if (count == CHOICE_NONE || plan_streams(plan))
        return;
    if (count == CHOICE_COUNT_PLANNED) {
        plan->estimate = reads ? ESTIMATE_ONLY : ESTIMATE_NONE;
        return;
    }
    plan->total = plan->root.paged ? TOTAL_COUNTED : TOTAL_SAME;
    if (count != CHOICE_COUNT_ESTIMATED || !reads)
        return;
    plan->estimate = ESTIMATE_OF_MANY;
    plan->counted_most = config->db_max_rows;
}

/* The value of a member, or of the first element when there is no name; absent if there is none. */
static str member(str json, str name)
{
    struct json_walk walk;
    str key, value;
    enum json_kind kind = json_walk_open(&walk, json);

    if (kind != JSON_ARRAY && kind != JSON_OBJECT)
        return (str){NULL, 0};
    while (json_walk_next(&walk, &key, &value))
        if (kind == JSON_ARRAY || str_eq(key, name))
            return value;
    return (str){NULL, 0};
}

int64_t count_expected(str explained)
{
    int64_t rows;

    if (explained.at == NULL || json_check(explained) != JSON_ARRAY)
        return -1;
    str plan = member(member(explained, STR("")), STR("\"Plan\""));
    return plan.at != NULL && str_int(member(plan, STR("\"Plan Rows\"")), &rows) ? rows : -1;
}

int64_t count_total(const struct plan *plan, const struct page *page)
{
    int64_t total = plan->total == TOTAL_COUNTED ? page->total : page->rows;

    if (plan->estimate == ESTIMATE_ONLY)
        return page->expected;
    if (plan->total == TOTAL_NONE)
        return -1;
    bool many = plan->counted_most == 0 || total > plan->counted_most;
    return plan->estimate == ESTIMATE_OF_MANY && many && page->expected > total ? page->expected
                                                                                : total;
}
