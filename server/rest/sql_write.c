/* Writes as one statement. The body reaches PostgreSQL as the JSON text it came as. A write of
 * which nothing is wanted back is the bare statement; else it is a WITH whose rows are read as
 * those of the relation would be. Source: PostgreSQL 7.8.4, 9.16 (json_to_recordset), INSERT,
 * UPDATE. */
#include <stdlib.h>

#include "rest/fence.h"
#include "rest/sql_parts.h"
#include "schema/relationship.h"

/* Counts up for each row to insert and down for each that updated another instead: what is left
 * are the new ones. A transaction-local setting, as a statement has no variables. */
#define NEW_ROWS "nullif(current_setting('postern.new_rows', true), '')::integer"
#define COUNT_UP                                                                                   \
    " where set_config('postern.new_rows', (coalesce(" NEW_ROWS ", 0) + 1)::text, true) <> '0'"
#define COUNT_DOWN                                                                                 \
    "set_config('postern.new_rows', (coalesce(" NEW_ROWS ", 0) - 1)::text, true) <> '-1'"

/* What the rows of the body are called, and the rows that were written; unlikely as the names of
 * relations. */
#define BODY_NAME STR("postern_body")
#define WRITTEN_NAME "postern_written"

/* And the body as one value, its defaults filled in. */
#define WHOLE_NAME "postern_whole"

static bool returns(const struct plan *plan)
{
    return plan->rows != ROWS_NONE || sql_refuses(plan) || plan->conflict == CONFLICT_MERGES;
}

static void put_with(struct sql *sql, const struct plan *plan)
{
    if (returns(plan))
        sql_put(sql, "with " WRITTEN_NAME " as (");
}

/* "a", "b", each behind a name if there is one. */
static void put_names(struct sql *sql, const struct column_list *columns, str owner)
{
    for (int i = 0; i < columns->count; i++) {
        if (i > 0)
            sql_put(sql, ", ");
        if (owner.len > 0) {
            sql_name(sql, owner);
            sql_put(sql, ".");
        }
        sql_name(sql, columns->list[i]->name);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct column *const *left = a, *const *right = b;

    return str_order((*left)->name, (*right)->name);
}

/* The columns of the key, in the order that Location names them. */
static void put_key(struct sql *sql, const struct plan *plan)
{
    const struct key *key = relation_primary_key(plan->relation);
    struct column_list columns = {
        arena_array(sql->text.mem, const struct column *, (size_t)key->ncolumns), key->ncolumns};

    for (int i = 0; i < key->ncolumns; i++)
        columns.list[i] = relation_column(plan->relation, key->columns[i]);
    qsort(columns.list, (size_t)columns.count, sizeof(struct column *), by_name);
    put_names(sql, &columns, plan->relation->name);
}

static bool wants_rows(const struct plan *plan)
{
    return plan->rows == ROWS_BODY;
}

static void need(struct column_list *needed, const struct column *column)
{
    for (int i = 0; i < needed->count; i++)
        if (needed->list[i] == column)
            return;
    needed->list[needed->count++] = column;
}

/* What is embedded needs the columns that lead to it. */
static void need_links(struct column_list *needed, const struct node *node)
{
    for (const struct embed *embed = node->embeds; embed != NULL; embed = embed->next) {
        const struct join *on = &embed->relationship->on;
        for (int i = 0; i < on->count; i++)
            need(needed, relation_column(node->relation, on->left[i]));
    }
}

/* So many columns at most does the answer need; -1: all of them. */
static int count_needed(const struct node *node)
{
    int most = 0;

    for (const struct output *at = node->outputs; at != NULL; at = at->next, most++)
        if (at->kind == OUTPUT_ALL || at->kind == OUTPUT_ROWS)
            return -1;
    for (const struct sort *at = node->order; at != NULL; at = at->next)
        most++;
    for (const struct embed *at = node->embeds; at != NULL; at = at->next) {
        if (at->relationship->kind == COMPUTED)
            return -1;
        most += at->relationship->on.count;
    }
    return most;
}

/* The columns that the answer is made of; none: all of them. */
static struct column_list needed_columns(arena *mem, const struct node *node)
{
    struct column_list needed = {NULL, 0};
    int most = count_needed(node);

    if (most <= 0)
        return needed;
    needed.list = arena_array(mem, const struct column *, (size_t)most);
    for (const struct output *at = node->outputs; at != NULL; at = at->next)
        if (at->kind == OUTPUT_COLUMN)
            need(&needed, at->column);
    for (const struct sort *at = node->order; at != NULL; at = at->next)
        if (at->embed == NULL)
            need(&needed, at->column);
    need_links(&needed, node);
    return needed;
}

/* Not more than the answer needs: the role may be forbidden to read the other columns. */
static void put_needed(struct sql *sql, const struct plan *plan)
{
    struct column_list needed = needed_columns(sql->text.mem, &plan->root);

    if (needed.count > 0) {
        put_names(sql, &needed, plan->relation->name);
        return;
    }
    sql_name(sql, plan->relation->name);
    sql_put(sql, ".*");
}

static void put_columns_back(struct sql *sql, const struct plan *plan)
{
    if (plan->rows == ROWS_KEY)
        put_key(sql, plan);
    else if (wants_rows(plan))
        put_needed(sql, plan);
    else
        sql_put(sql, "1");
}

/* The rows that were written, as a read of the relation would give them. */
static void put_rows_back(struct sql *sql, const struct plan *plan)
{
    sql_put(sql, "(select ");
    sql_outputs(sql, &plan->root);
    sql_put(sql, " from " WRITTEN_NAME " as ");
    sql_name(sql, plan->root.name);
    sql_joined(sql, &plan->root);
    sql_kept_of_written(sql, &plan->root);
    sql_group(sql, &plan->root);
    sql_order(sql, &plan->root);
    sql_put(sql, ") t");
}

static void put_answer(struct sql *sql, const struct plan *plan)
{
    if (!returns(plan))
        return;
    sql_put(sql, ") select ");
    sql_answer(sql, plan);
    if (plan->conflict == CONFLICT_MERGES)
        sql_put(sql, ", " NEW_ROWS);
    else
        sql_put(sql, ", null");
    if (plan->rows == ROWS_KEY)
        sql_put(sql, ", (select row_to_json(w.*)::text from " WRITTEN_NAME " w limit 1)");
    sql_put(sql, " from ");
    if (wants_rows(plan))
        put_rows_back(sql, plan);
    else
        sql_put(sql, WRITTEN_NAME " t");
}

static void put_returning(struct sql *sql, const struct plan *plan)
{
    if (!returns(plan))
        return;
    sql_put(sql, " returning ");
    put_columns_back(sql, plan);
    put_answer(sql, plan);
}

/* In the form that a body would have brought it in. */
static void put_default(struct sql *sql, const struct column *column)
{
    const struct representation *form = column->representation;
    bool shown = form != NULL && form->from_json.at != NULL && form->to_json.at != NULL;

    if (shown) {
        sql_known(sql, form->to_json);
        sql_put(sql, "(cast(");
    }
    sql_known(sql, column->default_value);
    if (shown) {
        sql_put(sql, " as ");
        sql_known(sql, column->type);
        sql_put(sql, "))");
    }
}

/* jsonb_build_object('a', default of a, ...): what stands in for the keys that are not given. */
static void put_defaults(struct sql *sql, const struct column_list *columns)
{
    bool first = true;

    sql_put(sql, "jsonb_build_object(");
    for (int i = 0; i < columns->count; i++) {
        if (columns->list[i]->default_value.at == NULL)
            continue;
        if (!first)
            sql_put(sql, ", ");
        sql_known_text(sql, columns->list[i]->name);
        sql_put(sql, ", ");
        put_default(sql, columns->list[i]);
        first = false;
    }
    sql_put(sql, ")");
}

/* The body as a function call that gives rows. */
static void put_rows_of_body(struct sql *sql, const struct plan *plan)
{
    const struct body *body = &plan->ask->body;
    bool array = body->kind != BODY_OBJECT;
    str json = body->kind == BODY_NONE ? STR("[]") : body->json;

    if (!prefer_is(&plan->ask->prefer, PREFER_MISSING, CHOICE_MISSING_DEFAULT)) {
        if (array)
            sql_put(sql, "json_to_recordset(");
        else
            sql_put(sql, "json_to_record(");
        sql_value(sql, json);
    } else if (array) {
        sql_put(sql, "(select jsonb_agg(");
        put_defaults(sql, &plan->written);
        sql_put(sql, " || elem) as rows from jsonb_array_elements(");
        sql_value(sql, json);
        sql_put(sql, ") elem) as " WHOLE_NAME ", jsonb_to_recordset(" WHOLE_NAME ".rows");
    } else {
        sql_put(sql, "jsonb_to_record(");
        put_defaults(sql, &plan->written);
        sql_put(sql, " || ");
        sql_value(sql, json);
        sql_put(sql, "::jsonb");
    }
    sql_put(sql, ")");
}

/* Is its value in a body read by a function of the database? */
static bool is_represented(const struct column *column)
{
    return column->representation != NULL && column->representation->from_json.at != NULL;
}

static void put_body(struct sql *sql, const struct plan *plan)
{
    put_rows_of_body(sql, plan);
    sql_put(sql, " as ");
    sql_name(sql, BODY_NAME);
    sql_put(sql, "(");
    for (int i = 0; i < plan->written.count; i++) {
        if (i > 0)
            sql_put(sql, ", ");
        sql_name(sql, plan->written.list[i]->name);
        sql_put(sql, " ");
        if (is_represented(plan->written.list[i]) && !fence_is_of(sql, plan->written.list[i]))
            sql_put(sql, "json");
        else
            sql_known(sql, plan->written.list[i]->type);
    }
    sql_put(sql, ")");
}

/* A value of the body, as its column takes it. */
static void put_body_value(struct sql *sql, const struct column *column)
{
    if (fence_is_of(sql, column)) {
        fence_put_value(sql, BODY_NAME, column);
        return;
    }
    if (is_represented(column)) {
        sql_known(sql, column->representation->from_json);
        sql_put(sql, "(");
    }
    sql_name(sql, BODY_NAME);
    sql_put(sql, ".");
    sql_name(sql, column->name);
    if (is_represented(column))
        sql_put(sql, ")");
}

static void put_conflict(struct sql *sql, const struct plan *plan)
{
    if (plan->conflict == CONFLICT_FAILS)
        return;
    sql_put(sql, " on conflict (");
    put_names(sql, &plan->conflict_keys, STR(""));
    if (plan->conflict == CONFLICT_IGNORED || plan->written.count == 0) {
        sql_put(sql, ") do nothing");
        return;
    }
    sql_put(sql, ") do update set ");
    for (int i = 0; i < plan->written.count; i++) {
        if (i > 0)
            sql_put(sql, ", ");
        sql_name(sql, plan->written.list[i]->name);
        sql_put(sql, " = excluded.");
        sql_name(sql, plan->written.list[i]->name);
    }
    sql_put(sql, " where ");
    if (fence_has(sql, plan->relation)) {
        fence_put_test(sql, plan->relation->name);
        sql_put(sql, " and ");
    }
    sql_put(sql, COUNT_DOWN);
}

/* A PUT writes only what its URL names: of another body no row is left, which sql_count sees. */
static void put_key_of_url(struct sql *sql, const struct plan *plan)
{
    for (const struct test *test = plan->root.where; test != NULL; test = test->next) {
        sql_put(sql, " and ");
        put_body_value(sql, test->column);
        sql_put(sql, " = ");
        sql_operand(sql, test);
    }
}

/* {} is one row of defaults, [{},{}] are two, [] is none. */
static void put_empty_rows(struct sql *sql, const struct plan *plan)
{
    sql_put(sql, " select");
    if (plan->ask->body.kind == BODY_ARRAY) {
        sql_put(sql, " from json_array_elements(");
        sql_value(sql, plan->ask->body.json);
        sql_put(sql, ")");
    }
    if (plan->ask->body.kind == BODY_NONE)
        sql_put(sql, " where false");
    else if (plan->conflict == CONFLICT_MERGES)
        sql_put(sql, COUNT_UP);
    put_conflict(sql, plan);
}

static void put_inserted_rows(struct sql *sql, const struct plan *plan)
{
    if (plan->written.count == 0 || plan->ask->body.kind == BODY_NONE) {
        put_empty_rows(sql, plan);
        return;
    }
    sql_put(sql, " (");
    put_names(sql, &plan->written, STR(""));
    sql_put(sql, ") select ");
    for (int i = 0; i < plan->written.count; i++) {
        if (i > 0)
            sql_put(sql, ", ");
        put_body_value(sql, plan->written.list[i]);
    }
    sql_put(sql, " from ");
    put_body(sql, plan);
    if (plan->conflict == CONFLICT_MERGES)
        sql_put(sql, COUNT_UP);
    if (plan->ask->kind == ASK_PUT)
        put_key_of_url(sql, plan);
    put_conflict(sql, plan);
}

void sql_insert(struct sql *sql, const struct plan *plan)
{
    put_with(sql, plan);
    sql_put(sql, "insert into ");
    sql_relation(sql, plan->relation);
    put_inserted_rows(sql, plan);
    put_returning(sql, plan);
}

/* A body without columns changes nothing, but the answer has its usual shape. */
static void put_no_update(struct sql *sql, const struct plan *plan)
{
    put_with(sql, plan);
    sql_put(sql, "select ");
    put_columns_back(sql, plan);
    sql_put(sql, " from ");
    sql_relation(sql, plan->relation);
    sql_put(sql, " where false");
    put_answer(sql, plan);
}

void sql_update(struct sql *sql, const struct plan *plan)
{
    if (plan->written.count == 0) {
        put_no_update(sql, plan);
        return;
    }
    put_with(sql, plan);
    sql_put(sql, "update ");
    sql_relation(sql, plan->relation);
    sql_put(sql, " set ");
    for (int i = 0; i < plan->written.count; i++) {
        if (i > 0)
            sql_put(sql, ", ");
        sql_name(sql, plan->written.list[i]->name);
        sql_put(sql, " = ");
        put_body_value(sql, plan->written.list[i]);
    }
    sql_put(sql, " from ");
    put_body(sql, plan);
    sql_where(sql, &plan->root);
    put_returning(sql, plan);
}

void sql_delete(struct sql *sql, const struct plan *plan)
{
    put_with(sql, plan);
    sql_put(sql, "delete from ");
    sql_relation(sql, plan->relation);
    sql_where(sql, &plan->root);
    put_returning(sql, plan);
}
