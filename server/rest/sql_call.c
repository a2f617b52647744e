/* Function calls as one statement. Arguments of a body come as one JSON object, which PostgreSQL
 * reads as the parameters' types; those of a query or form as they are. Parameters that are not
 * given take their defaults. */
#include "rest/sql_parts.h"

#define ARGUMENTS_NAME STR("pgrst_args")

static bool has_record(const struct plan *plan)
{
    return plan->ngiven > 0 && plan->values == NULL;
}

static str type_of(const struct parameter *parameter)
{
    return parameter->read_as.at != NULL ? parameter->read_as : parameter->type;
}

/* json_to_record($1) as pgrst_args("a" integer, ...) */
static void put_record(struct sql *sql, const struct plan *plan)
{
    bool array = plan->ask->body.kind == BODY_ARRAY;

    if (array)
        sql_put(sql, "(select * from json_to_recordset(");
    else
        sql_put(sql, "json_to_record(");
    sql_value(sql, plan->ask->body.json);
    sql_put(sql, ") as ");
    sql_name(sql, ARGUMENTS_NAME);
    sql_put(sql, "(");
    for (int i = 0; i < plan->ngiven; i++) {
        if (i > 0)
            sql_put(sql, ", ");
        sql_name(sql, plan->given[i]->name);
        sql_put(sql, " ");
        sql_known(sql, type_of(plan->given[i]));
    }
    sql_put(sql, ")");
    if (!array)
        return;
    sql_put(sql, " limit 1) ");
    sql_name(sql, ARGUMENTS_NAME);
}

/* As bytea's input reads it: bytes may be anything, a parameter is text. */
static str hexadecimal(arena *mem, str bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = h2o_mem_alloc_pool(mem, bytes.len * 2 + 2), *end = text;

    *end++ = '\\';
    *end++ = 'x';
    for (size_t i = 0; i < bytes.len; i++) {
        *end++ = digits[(unsigned char)bytes.at[i] >> 4];
        *end++ = digits[(unsigned char)bytes.at[i] & 15];
    }
    return (str){text, bytes.len * 2 + 2};
}

static void put_whole_body(struct sql *sql, const struct plan *plan)
{
    const struct body *body = &plan->ask->body;

    sql_value(sql,
              body->content == CONTENT_BYTES ? hexadecimal(sql->text.mem, body->json) : body->json);
    sql_put(sql, "::");
    sql_known(sql, plan->routine->parameters[0].type);
}

/* pgrst_args."a", or $1::integer */
static void put_argument(struct sql *sql, const struct plan *plan, int i)
{
    if (plan->values != NULL) {
        sql_value(sql, plan->values[i]);
        sql_put(sql, "::");
        sql_known(sql, type_of(plan->given[i]));
        return;
    }
    sql_name(sql, ARGUMENTS_NAME);
    sql_put(sql, ".");
    sql_name(sql, plan->given[i]->name);
}

/* "schema"."name"("a" := ..., ...) */
static void put_function(struct sql *sql, const struct plan *plan)
{
    sql_name(sql, plan->routine->schema);
    sql_put(sql, ".");
    sql_name(sql, plan->routine->name);
    sql_put(sql, "(");
    if (plan->whole_body)
        put_whole_body(sql, plan);
    for (int i = 0; i < plan->ngiven; i++) {
        if (i > 0)
            sql_put(sql, ", ");
        if (plan->given[i]->variadic)
            sql_put(sql, "variadic ");
        sql_name(sql, plan->given[i]->name);
        sql_put(sql, " := ");
        put_argument(sql, plan, i);
    }
    sql_put(sql, ")");
}

/* A function of rows stands in FROM; any other is a column, so that a NULL is a row too. */
static void put_source(struct sql *sql, const struct plan *plan)
{
    if (plan->routine->result == RESULT_COMPOSITE) {
        if (has_record(plan)) {
            put_record(sql, plan);
            sql_put(sql, ", lateral ");
        }
        put_function(sql, plan);
        sql_put(sql, " as ");
        sql_name(sql, plan->root.name);
        return;
    }
    sql_put(sql, "(select ");
    put_function(sql, plan);
    sql_put(sql, " as " SCALAR_NAME);
    if (has_record(plan)) {
        sql_put(sql, " from ");
        put_record(sql, plan);
    }
    sql_put(sql, ") as ");
    sql_name(sql, plan->root.name);
}

/* The function must run once even when both a page and the total are wanted. */
static void put_once(struct sql *sql, const struct plan *plan)
{
    sql_put(sql, "with ");
    sql_name(sql, plan->root.name);
    sql_put(sql, " as materialized (select ");
    sql_name(sql, plan->root.name);
    sql_put(sql, ".* from ");
    put_source(sql, plan);
    sql_put(sql, ") ");
}

void sql_call(struct sql *sql, const struct plan *plan)
{
    bool twice = plan->total == TOTAL_COUNTED;

    if (twice)
        put_once(sql, plan);
    sql_put(sql, "select ");
    if (plan_streams(plan)) {
        sql_line(sql, plan);
    } else {
        sql_answer(sql, plan);
    }
    if (twice) {
        sql_put(sql, ", (select count(*) from ");
        sql_name(sql, plan->root.name);
        sql_counted(sql, &plan->root);
        sql_put(sql, ")");
    }
    sql_put(sql, " from (select ");
    sql_outputs(sql, &plan->root);
    sql_put(sql, " from ");
    if (twice)
        sql_name(sql, plan->root.name);
    else
        put_source(sql, plan);
    sql_joined(sql, &plan->root);
    sql_kept(sql, &plan->root);
    sql_group(sql, &plan->root);
    sql_order(sql, &plan->root);
    sql_page(sql, &plan->root);
    sql_put(sql, ") t");
}
