/* How rows become the body of an answer, per media. */
#include "rest/sql_parts.h"

bool sql_is_value(const struct plan *plan)
{
    return plan->rows == ROWS_BODY && plan->media == MEDIA_HANDLED && plan->routine != NULL &&
           plan->routine->result != RESULT_COMPOSITE && !plan->routine->set;
}

/* Of the rows t: the one value of a call, or the row. */
static void put_row(struct sql *sql, const struct plan *plan)
{
    bool scalar = plan->routine != NULL && plan->routine->result != RESULT_COMPOSITE;

    if (scalar)
        sql_put(sql, "t." SCALAR_NAME);
    else
        sql_put(sql, "t.*"); /* never a column called t */
}

/* The one row leaves the array in answer.c, without being read again; explained, it is shown. */
static bool leaves_array(const struct plan *plan)
{
    return media_is_object(plan->media) && plan->explain.format != EXPLAIN_NONE;
}

static void put_json(struct sql *sql, const struct plan *plan)
{
    bool stripped = media_is_stripped(plan->media);

    sql_put(sql, "coalesce(");
    if (stripped)
        sql_put(sql, "json_strip_nulls(");
    sql_put(sql, "json_agg(");
    put_row(sql, plan);
    sql_put(sql, ")");
    if (leaves_array(plan))
        sql_put(sql, " -> 0");
    if (stripped)
        sql_put(sql, ")");
    if (leaves_array(plan))
        sql_put(sql, ", 'null')");
    else
        sql_put(sql, ", '[]')");
}

/* What PostgreSQL prints for a row, without its parentheses. */
static void put_csv(struct sql *sql, const struct plan *plan)
{
    (void)plan;
    sql_put(sql,
            "coalesce(string_agg(substring((t.*)::text, 2, length((t.*)::text) - 2), E'\\n'), '')");
}

/* The function is PostGIS's, wherever the search path finds it. */
static void put_geojson(struct sql *sql, const struct plan *plan)
{
    (void)plan;
    sql_put(sql, "json_build_object('type', 'FeatureCollection', 'features', "
                 "coalesce(json_agg(st_asgeojson(t.*)::json), '[]'))");
}

/* An aggregate over the rows; or the domain itself, which the one value of a function is of. */
static void put_handled(struct sql *sql, const struct plan *plan)
{
    const struct handler *handler = plan->handler;
    bool rows = plan->routine == NULL || plan->routine->result == RESULT_COMPOSITE;

    sql_name(sql, handler->schema);
    sql_put(sql, ".");
    sql_name(sql, handler->name);
    sql_put(sql, "(");
    put_row(sql, plan);
    if (rows && handler->target.at != NULL) {
        sql_put(sql, "::");
        sql_name(sql, handler->target_schema);
        sql_put(sql, ".");
        sql_name(sql, handler->target);
    }
    sql_put(sql, ")");
}

/* Each row is a line. */
void sql_line(struct sql *sql, const struct plan *plan)
{
    sql_put(sql, "to_json(");
    put_row(sql, plan);
    sql_put(sql, ")");
}

static void put_body(struct sql *sql, const struct plan *plan)
{
    static void (*const writers[MEDIAS])(struct sql * sql, const struct plan *plan) = {
        [MEDIA_JSON] = put_json,
        [MEDIA_OBJECT] = put_json,
        [MEDIA_ARRAY_STRIPPED] = put_json,
        [MEDIA_OBJECT_STRIPPED] = put_json,
        [MEDIA_CSV] = put_csv,
        [MEDIA_GEOJSON] = put_geojson,
        [MEDIA_NDJSON] = put_json, /* to be explained; else sql_line */
        [MEDIA_HANDLED] = put_handled,
    };

    if (plan->rows == ROWS_BODY)
        writers[plan->media](sql, plan);
    else
        sql_put(sql, "''");
}

void sql_answer(struct sql *sql, const struct plan *plan)
{
    if (plan->explain.format == EXPLAIN_NONE) {
        put_body(sql, plan);
        sql_put(sql, ", ");
        sql_count(sql, plan);
        return;
    }
    sql_put(sql, "null, ");
    sql_count(sql, plan);
    if (plan_writes(plan))
        sql_put(sql, ", null");
    sql_put(sql, ", ");
    put_body(sql, plan);
}
