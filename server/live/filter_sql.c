/* Filters of a subscription as SQL, for what PostgreSQL must judge; see filter.h. */
#include "live/filter.h"

static const char *const operators[] = {
    [FILTER_EQ] = "=",
    [FILTER_NEQ] = "<>",
    [FILTER_LT] = "<",
    [FILTER_LTE] = "<=",
    [FILTER_GT] = ">",
    [FILTER_GTE] = ">=",
    [FILTER_IN] = "in",
    [FILTER_LIKE] = "like",
    [FILTER_ILIKE] = "ilike",
    [FILTER_IS] = "is",
    [FILTER_MATCH] = "~",
    [FILTER_IMATCH] = "~*",
    [FILTER_ISDISTINCT] = "is distinct from",
};

/* $n::type */
static void put_value(struct filter_sql *sql, str value, str type)
{
    sql->params[sql->nparams++] = value;
    buf_printf(&sql->text, "$%d::%.*s", sql->nparams, STR_ARG(type));
}

static void put_list(struct filter_sql *sql, const struct filter *filter, str type)
{
    buf_putc(&sql->text, '(');
    for (int i = 0; i < filter->nvalues; i++) {
        buf_put(&sql->text, i > 0 ? STR(",") : STR(""));
        put_value(sql, filter->values[i], type);
    }
    buf_putc(&sql->text, ')');
}

static void put_condition(struct filter_sql *sql, const struct filter *filter,
                          const struct fact_column *column)
{
    bool pattern = filter->op == FILTER_LIKE || filter->op == FILTER_ILIKE ||
                   filter->op == FILTER_MATCH || filter->op == FILTER_IMATCH;
    struct buf *text = &sql->text;

    buf_put(text, filter->negated ? STR("not (") : STR("("));
    facts_put_name(text, column->name);
    buf_putc(text, ' ');
    buf_put(text, str_from(operators[filter->op]));
    buf_putc(text, ' ');
    if (filter->op == FILTER_IS)
        buf_put(text, filter->values[0]); /* one of four words: filter_check saw to it */
    else if (filter->op == FILTER_IN)
        put_list(sql, filter, column->full);
    else
        put_value(sql, filter->values[0], pattern ? STR("text") : column->full);
    buf_putc(text, ')');
}

static int count_values(const struct filter *filters)
{
    int count = 0;

    for (const struct filter *filter = filters; filter != NULL; filter = filter->next)
        count += filter->nvalues;
    return count;
}

void filter_sql(arena *mem, const struct filter *filters, const struct facts *facts, int given,
                struct filter_sql *sql)
{
    buf_init(&sql->text, mem, SIZE_MAX);
    sql->nparams = given;
    sql->params = arena_array(mem, str, (size_t)(given + count_values(filters)));
    for (const struct filter *filter = filters; filter != NULL; filter = filter->next) {
        const struct fact_column *column = facts_column(facts, filter->column);
        buf_put(&sql->text, sql->text.len > 0 ? STR(" and ") : STR(""));
        if (column == NULL || !column->readable)
            buf_put(&sql->text, STR("false"));
        else
            put_condition(sql, filter, column);
    }
}

/* ---- is it understood? ---- */

/* One that reads the value as the condition will. */
static void put_reading(struct buf *buf, const struct filter *filter, str type, int number)
{
    if (filter->op == FILTER_MATCH || filter->op == FILTER_IMATCH)
        buf_printf(buf, "'' ~ $%d::text, ", number);
    else if (filter->op == FILTER_LIKE || filter->op == FILTER_ILIKE)
        buf_printf(buf, "$%d::text, ", number);
    else
        buf_printf(buf, "$%d::%.*s, ", number, STR_ARG(type));
}

/* PostgreSQL plans the condition, for the operators, and reads the values, row or no row. */
str filter_proof_sql(arena *mem, const struct filter *filters, const struct facts *facts,
                     struct filter_sql *sql)
{
    struct buf proof;
    int number = 1;

    filter_sql(mem, filters, facts, 1, sql);
    sql->params[0] = STR("{}");
    buf_init(&proof, mem, SIZE_MAX);
    buf_put(&proof, STR("select "));
    for (const struct filter *filter = filters; filter != NULL; filter = filter->next) {
        const struct fact_column *column = facts_column(facts, filter->column);
        bool given = filter->op != FILTER_IS && column != NULL && column->readable;
        for (int i = 0; given && i < filter->nvalues; i++)
            put_reading(&proof, filter, column->full, ++number);
    }
    buf_put(&proof, STR("exists ("));
    buf_put(&proof, facts_check_sql(mem, facts, CHECK_EXTRA, buf_str(&sql->text)));
    buf_putc(&proof, ')');
    return buf_str(&proof);
}
