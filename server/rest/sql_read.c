/* A read as one statement: the page as a JSON text, how many rows it has, the total if wanted. */
#include "rest/sql_parts.h"

/* " from relation where ...", and where it stands, to be written again. */
struct source {
    size_t from, to;
};

static struct source put_source(struct sql *sql, const struct plan *plan)
{
    struct source source = {.from = sql->text.len};

    sql_put(sql, " from ");
    sql_relation(sql, plan);
    sql_where(sql, plan);
    source.to = sql->text.len;
    return source;
}

void sql_read(struct sql *sql, const struct plan *plan)
{
    struct source source = {0, 0};

    sql_put(sql, "select ");
    sql_body(sql, plan);
    sql_put(sql, ", count(*)");
    if (plan->total == TOTAL_COUNTED) {
        sql_put(sql, ", (select count(*)");
        source = put_source(sql, plan);
        sql_put(sql, ")");
    }
    sql_put(sql, " from (select ");
    sql_outputs(sql, plan);
    if (plan->total == TOTAL_COUNTED)
        sql_repeat(sql, source.from, source.to);
    else
        put_source(sql, plan);
    sql_order(sql, plan);
    sql_page(sql, plan);
    sql_put(sql, ") t");
}

const struct fail *plan_sql(arena *mem, const struct plan *plan, struct statement *statement)
{
    static void (*const writers[])(struct sql * sql, const struct plan *plan) = {
        [ASK_READ] = sql_read,     [ASK_INSERT] = sql_insert, [ASK_UPDATE] = sql_update,
        [ASK_DELETE] = sql_delete, [ASK_CALL] = sql_call,     [ASK_PUT] = sql_insert,
    };
    const struct ask *ask = plan->ask;
    bool reads = ask->reads || (plan->routine != NULL && !plan->routine->is_volatile);
    struct sql sql;

    *statement = (struct statement){
        .target = TARGET_PRIMARY,
        .access = reads ? ACCESS_READ : ACCESS_WRITE,
        .search_path = plan->search_path,
    };
    if (!reads && (plan->one_row || ask->kind == ASK_PUT))
        statement->refusal = sql_refusal;
    sql_init(&sql, mem);
    writers[ask->kind](&sql, plan);
    return sql_finish(&sql, statement);
}
