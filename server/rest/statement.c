/* From plan to statement: which of the writers, in which kind of transaction. */
#include "rest/fence.h"
#include "rest/sql_parts.h"

/* The columns are ASKED_HEADERS and ASKED_STATUS. A setting of an earlier transaction is ''. */
#define ASKED_SQL                                                                                  \
    "select nullif(current_setting('response.headers', true), ''), "                               \
    "nullif(current_setting('response.status', true), '')"

const struct fail *plan_sql(arena *mem, const struct plan *plan, struct statement *statement)
{
    static void (*const writers[])(struct sql * sql, const struct plan *plan) = {
        [ASK_READ] = sql_read,     [ASK_INSERT] = sql_insert, [ASK_UPDATE] = sql_update,
        [ASK_DELETE] = sql_delete, [ASK_CALL] = sql_call,     [ASK_PUT] = sql_insert,
    };
    const struct ask *ask = plan->ask;
    struct sql sql;

    *statement = (struct statement){
        .target = TARGET_PRIMARY,
        .access = plan->access,
        .search_path = plan->search_path,
    };
    if (plan->access == ACCESS_WRITE && (sql_refuses(plan) || plan->fence != NULL))
        statement->refusal = sql_refusal;
    if (plan->asks_answer)
        statement->after[AFTER_RESPONSE].text = STR(ASKED_SQL);
    if (plan->estimate != ESTIMATE_NONE && plan->explain.format == EXPLAIN_NONE)
        TRY(sql_expect(mem, plan, &statement->after[AFTER_COUNT]));
    transaction_put(&plan->transaction, statement);
    if (plan->media == MEDIA_HANDLED && plan->explain.format == EXPLAIN_NONE)
        statement->format = FORMAT_BINARY;
    sql_init(&sql, mem);
    sql.fence = plan->fence;
    if (plan->explain.format != EXPLAIN_NONE)
        sql_known(&sql, media_explain_sql(mem, plan->explain));
    writers[ask->kind](&sql, plan);
    return sql_finish(&sql, statement);
}
