/* A read as one statement: its rows, or the page as a JSON text, how many rows it has, the total
 * if wanted. */
#include "rest/sql_parts.h"

/* " from relation where ...", and where it stands, to be written again. */
struct source {
    size_t from, to;
};

static void put_source(struct sql *sql, const struct plan *plan)
{
    sql_put(sql, " from ");
    sql_relation(sql, plan->relation);
    sql_joined(sql, &plan->root);
    sql_kept(sql, &plan->root);
}

/* The same only to be counted. */
static struct source put_counted(struct sql *sql, const struct plan *plan)
{
    struct source source = {.from = sql->text.len};

    sql_put(sql, " from ");
    sql_relation(sql, plan->relation);
    sql_counted(sql, &plan->root);
    source.to = sql->text.len;
    return source;
}

/* The rows as they are: they become JSON in cell.c. */
static void put_rows(struct sql *sql, const struct plan *plan)
{
    sql_cells(sql, plan);
    put_source(sql, plan);
    sql_order(sql, &plan->root);
    sql_page(sql, &plan->root);
}

/* No further than needed to know that there are many. */
static struct source put_count(struct sql *sql, const struct plan *plan)
{
    bool some = plan->estimate == ESTIMATE_OF_MANY && plan->counted_most > 0;

    if (some)
        sql_put(sql, ", (select count(*) from (select 1");
    else
        sql_put(sql, ", (select count(*)");
    struct source source = put_counted(sql, plan);
    if (some) {
        sql_put(sql, " limit ");
        sql_integer(sql, plan->counted_most + 1);
        sql_put(sql, ") c");
    }
    sql_put(sql, ")");
    return source;
}

const struct fail *sql_expect(arena *mem, const struct plan *plan, struct bound *bound)
{
    struct statement statement;
    struct sql sql;

    sql_init(&sql, mem);
    sql.fence = plan->fence;
    sql_put(&sql, "explain (format json) select 1");
    put_counted(&sql, plan);
    TRY(sql_finish(&sql, &statement));
    *bound = (struct bound){statement.text, statement.nparams, statement.params};
    return NULL;
}

void sql_read(struct sql *sql, const struct plan *plan)
{
    struct source source = {0, 0};

    sql_put(sql, "select ");
    if (plan->cells.count > 0) {
        put_rows(sql, plan);
        return;
    }
    if (plan_streams(plan)) {
        sql_line(sql, plan);
    } else {
        sql_answer(sql, plan);
    }
    if (plan->total == TOTAL_COUNTED)
        source = put_count(sql, plan);
    sql_put(sql, " from (select ");
    sql_outputs(sql, &plan->root);
    if (plan->total == TOTAL_COUNTED && plan->root.embeds == NULL)
        sql_repeat(sql, source.from, source.to);
    else
        put_source(sql, plan);
    sql_group(sql, &plan->root);
    sql_order(sql, &plan->root);
    sql_page(sql, &plan->root);
    sql_put(sql, ") t");
}
