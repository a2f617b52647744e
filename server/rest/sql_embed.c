/* Embedded relations in SQL. One row is joined to the row above (PostgreSQL makes an ordinary join
 * of the LATERAL one); an array is a subselect in the select list, which PostgreSQL reads only for
 * the rows of the page. Whether there is any row is asked by EXISTS, so that nothing is made to be
 * counted only; where that row is joined, or must be there for each row above, its join tells. */
#include "rest/fence.h"
#include "rest/sql_parts.h"
#include "schema/relationship.h"

/* What are rows wanted for? */
enum purpose {
    FOR_ROWS,    /* to be shown */
    FOR_WRITTEN, /* the same; their own conditions have been met when they were written */
    FOR_TEST     /* to know how many there are, or whether there are any */
};

static void put_exists(struct sql *sql, const struct embed *embed);
static void put_source(struct sql *sql, const struct embed *embed, enum purpose purpose);

/* The name that an embed has beside the rows of the node above. */
static void put_name(struct sql *sql, const struct embed *embed)
{
    sql_name(sql, embed->node.name);
}

static void put_column(struct sql *sql, str owner, str column)
{
    sql_name(sql, owner);
    sql_put(sql, ".");
    sql_name(sql, column);
}

/* All of its row, or all of each of its rows: "name".* is never taken for a column. */
static void put_whole(struct sql *sql, const struct embed *embed)
{
    put_name(sql, embed);
    sql_put(sql, ".*");
}

/* Does the node above want only rows that have some of it, in the order in which they are read?
 * Each is asked then, and making the array answers at once. Rows that are sorted are better asked
 * first, as not all of them may be on the page. */
static bool is_demanded(const struct embed *embed)
{
    if (embed->above->order != NULL)
        return false;
    for (const struct test *test = embed->above->where; test != NULL; test = test->next)
        if (test->embed == embed && test->condition->negated)
            return true;
    return false;
}

static bool is_equal_to_one(const struct node *node, str column)
{
    for (const struct test *test = node->where; test != NULL; test = test->next)
        if (test->embed == NULL && condition_is_equality(test->condition) &&
            str_eq(test->column->name, column))
            return true;
    return false;
}

/* Do its conditions name the whole primary key? */
static bool is_one_row(const struct node *node)
{
    const struct key *key = node->relation == NULL ? NULL : relation_primary_key(node->relation);

    for (int i = 0; key != NULL && i < key->ncolumns; i++)
        if (!is_equal_to_one(node, key->columns[i]))
            return false;
    return key != NULL;
}

/* Is it better made at once than asked for first? So when one row at most is above. */
static bool is_required_at_once(const struct embed *embed)
{
    return embed->item->join == JOIN_INNER && is_one_row(embed->above);
}

static bool is_joined_array(const struct embed *embed)
{
    return !embed->relationship->to_one && embed->shown && !embed->item->spread &&
           !plan_is_grouped(&embed->node) && (is_demanded(embed) || is_required_at_once(embed));
}

/* An array is joined when its columns stand among those of the node above, too. */
static bool is_joined(const struct embed *embed)
{
    if (embed->relationship->to_one)
        return embed->shown || embed->ordered;
    return (embed->shown && embed->item->spread) || is_joined_array(embed);
}

/* An aggregate of no rows is a row. */
bool sql_is_beside(const struct embed *embed)
{
    if (embed->relationship->to_one)
        return is_joined(embed) && !plan_is_grouped(&embed->node);
    return is_joined_array(embed);
}

/* A join to one that finds nothing leaves no row above; otherwise it takes a condition. */
static bool is_required(const struct embed *embed, enum purpose purpose)
{
    bool by_join = purpose != FOR_TEST && embed->relationship->to_one && is_joined(embed);
    return embed->item->join == JOIN_INNER && !by_join;
}

/* select ... from ... where ... order by ... limit ...: the rows of an embed. */
static void put_rows(struct sql *sql, const struct embed *embed)
{
    sql_put(sql, "select ");
    sql_outputs(sql, &embed->node);
    put_source(sql, embed, FOR_ROWS);
    sql_group(sql, &embed->node);
    sql_order(sql, &embed->node);
    sql_page(sql, &embed->node);
}

/* Of a spread of many rows: for each column the array of its values. */
static void put_arrays(struct sql *sql, const struct embed *embed)
{
    sql_put(sql, "select ");
    for (const struct output *at = embed->node.outputs; at != NULL; at = at->next) {
        sql_put(sql, "coalesce(json_agg(");
        put_column(sql, embed->node.name, plan_output_name(at));
        sql_put(sql, "), '[]') as ");
        sql_name(sql, plan_output_name(at));
        if (at->next != NULL)
            sql_put(sql, ", ");
    }
    sql_put(sql, " from (");
    put_rows(sql, embed);
    sql_put(sql, ") as ");
    put_name(sql, embed);
}

/* The array itself; NULL without rows. */
static void put_array(struct sql *sql, const struct embed *embed)
{
    sql_put(sql, "select json_agg(");
    put_whole(sql, embed);
    sql_put(sql, ")");
    if (is_joined_array(embed))
        sql_put(sql, " as rows");
    sql_put(sql, " from (");
    put_rows(sql, embed);
    sql_put(sql, ") as ");
    put_name(sql, embed);
}

static void put_join(struct sql *sql, const struct embed *embed)
{
    bool to_one = embed->relationship->to_one;

    if (embed->item->join == JOIN_INNER && to_one)
        sql_put(sql, " join lateral (");
    else
        sql_put(sql, " left join lateral (");
    if (to_one)
        put_rows(sql, embed);
    else if (is_joined_array(embed))
        put_array(sql, embed);
    else
        put_arrays(sql, embed);
    sql_put(sql, ") as ");
    put_name(sql, embed);
    sql_put(sql, " on true");
}

void sql_joined(struct sql *sql, const struct node *node)
{
    for (const struct embed *embed = node->embeds; embed != NULL; embed = embed->next)
        if (is_joined(embed))
            put_join(sql, embed);
}

/* Before the first condition " where ", before the others " and ". */
static void put_and(struct sql *sql, bool *first)
{
    if (*first)
        sql_put(sql, " where ");
    else
        sql_put(sql, " and ");
    *first = false;
}

/* What the junction of a many-to-many relationship is called in the rows of the embed. */
static str junction_name(struct sql *sql, const struct embed *embed)
{
    return arena_printf(sql->text.mem, "%.*s_by", STR_ARG(embed->node.name));
}

static void put_link(struct sql *sql, const struct join *on, str left, str right, bool *first)
{
    for (int i = 0; i < on->count; i++) {
        put_and(sql, first);
        put_column(sql, right, on->right[i]);
        sql_put(sql, " = ");
        put_column(sql, left, on->left[i]);
    }
}

/* A computed relationship has no columns: its function has taken the row above. */
static void put_relationship(struct sql *sql, const struct embed *embed, bool *first)
{
    const struct relationship *relationship = embed->relationship;
    str near = embed->node.name;

    if (relationship->junction != NULL) {
        near = junction_name(sql, embed);
        put_link(sql, &relationship->beyond, embed->node.name, near, first);
        if (fence_has(sql, relationship->junction)) {
            put_and(sql, first);
            fence_put_test(sql, near);
        }
    }
    put_link(sql, &relationship->on, embed->above->name, near, first);
}

static void put_conditions(struct sql *sql, const struct node *node, enum purpose purpose)
{
    bool first = true;

    if (node->embed != NULL)
        put_relationship(sql, node->embed, &first);
    if (node->where != NULL && purpose != FOR_WRITTEN) {
        put_and(sql, &first);
        sql_tests(sql, node, purpose == FOR_ROWS ? BESIDE_EMBEDS : BESIDE_NOTHING);
    }
    for (const struct embed *embed = node->embeds; embed != NULL; embed = embed->next) {
        if (!is_required(embed, purpose))
            continue;
        put_and(sql, &first);
        if (purpose != FOR_TEST && is_joined_array(embed))
            sql_found_beside(sql, embed);
        else
            put_exists(sql, embed);
    }
}

void sql_kept(struct sql *sql, const struct node *node)
{
    put_conditions(sql, node, FOR_ROWS);
}

void sql_kept_of_written(struct sql *sql, const struct node *node)
{
    put_conditions(sql, node, FOR_WRITTEN);
}

void sql_counted(struct sql *sql, const struct node *node)
{
    sql->counting = true;
    put_conditions(sql, node, FOR_TEST);
    sql->counting = false;
}

/* "schema"."function"("above".*::"schema"."relation") */
static void put_function(struct sql *sql, const struct embed *embed)
{
    const struct relationship *relationship = embed->relationship;

    sql_name(sql, relationship->function_schema);
    sql_put(sql, ".");
    sql_name(sql, relationship->function);
    sql_put(sql, "(");
    sql_name(sql, embed->above->name);
    sql_put(sql, ".*::");
    sql_relation(sql, relationship->from);
    sql_put(sql, ")");
}

static void put_source(struct sql *sql, const struct embed *embed, enum purpose purpose)
{
    const struct relationship *relationship = embed->relationship;

    sql_put(sql, " from ");
    if (relationship->kind == COMPUTED)
        put_function(sql, embed);
    else
        sql_relation(sql, relationship->to);
    sql_put(sql, " as ");
    put_name(sql, embed);
    if (relationship->junction != NULL) {
        sql_put(sql, " cross join ");
        sql_relation(sql, relationship->junction);
        sql_put(sql, " as ");
        sql_name(sql, junction_name(sql, embed));
    }
    if (purpose == FOR_ROWS)
        sql_joined(sql, &embed->node);
    put_conditions(sql, &embed->node, purpose);
}

static void put_exists(struct sql *sql, const struct embed *embed)
{
    sql_put(sql, "exists (select");
    put_source(sql, embed, FOR_TEST);
    if (!sql->counting)
        sql_page(sql, &embed->node);
    sql_put(sql, ")");
}

/* PostgreSQL makes a join of an EXISTS, and may begin with the other side. Not behind OFFSET: it
 * then asks row by row, and the rows stay in the order in which they are read. */
void sql_found_in_order(struct sql *sql, const struct embed *embed)
{
    sql_put(sql, "exists (select");
    put_source(sql, embed, FOR_TEST);
    if (embed->node.paged && !sql->counting)
        sql_page(sql, &embed->node);
    else
        sql_put(sql, " offset 0");
    sql_put(sql, ")");
}

void sql_found(struct sql *sql, const struct embed *embed)
{
    put_exists(sql, embed);
}

/* A row of nothing but nulls is a row, and is distinct from none. */
void sql_found_beside(struct sql *sql, const struct embed *embed)
{
    if (embed->relationship->to_one) {
        put_whole(sql, embed);
        sql_put(sql, " is distinct from null");
        return;
    }
    put_column(sql, embed->node.name, STR("rows"));
    sql_put(sql, " is not null");
}

void sql_embedded(struct sql *sql, const struct embed *embed)
{
    if (embed->relationship->to_one) {
        sql_put(sql, "row_to_json(");
        put_whole(sql, embed);
        sql_put(sql, ")");
        return;
    }
    sql_put(sql, "coalesce(");
    if (is_joined_array(embed)) {
        put_column(sql, embed->node.name, STR("rows"));
    } else {
        sql_put(sql, "(");
        put_array(sql, embed);
        sql_put(sql, ")");
    }
    sql_put(sql, ", '[]')");
}
