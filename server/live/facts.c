/* See facts.h. Source: PostgreSQL 5.8 "Row Security Policies": permissive ones are alternatives,
 * restrictive ones all must hold; without a permissive one nothing is visible. */
#include "live/facts.h"

#include "base/json.h"
#include "live/callers.h"
#include "live/owners.h"

enum { SQL_MAX = 1 << 20 };

/* ---- reading ---- */

static str text_of(arena *mem, str value)
{
    return json_kind_of(value) == JSON_STRING ? json_unquote(mem, value) : (str){NULL, 0};
}

static bool is_true(str value)
{
    return str_eq(value, STR("true"));
}

static int count_elements(str json)
{
    struct json_walk walk;
    str key, value;
    int count = 0;

    enum json_kind kind = json_walk_open(&walk, json);
    if (kind != JSON_ARRAY && kind != JSON_OBJECT)
        return 0;
    while (json_walk_next(&walk, &key, &value))
        count++;
    return count;
}

/* "n", of an array "a,n" */
static void read_kind(str text, struct fact_column *column)
{
    column->array = (char)(text.len > 2 && text.at[0] == 'a' ? text.at[1] : 0);
    column->kind = text.len == 0 ? KIND_TEXT : (enum kind)text.at[text.len - 1];
}

static void read_column(arena *mem, str object, struct fact_column *column)
{
    struct json_walk walk;
    str key, value;

    json_walk_open(&walk, object);
    while (json_walk_next(&walk, &key, &value)) {
        if (str_eq(key, STR("\"name\"")))
            column->name = text_of(mem, value);
        else if (str_eq(key, STR("\"type\"")))
            column->type = text_of(mem, value);
        else if (str_eq(key, STR("\"full\"")))
            column->full = text_of(mem, value);
        else if (str_eq(key, STR("\"kind\"")))
            read_kind(text_of(mem, value), column);
        else if (str_eq(key, STR("\"select\"")))
            column->readable = is_true(value);
        else if (str_eq(key, STR("\"key\"")))
            column->key = is_true(value);
        else if (str_eq(key, STR("\"composite\"")))
            column->composite = text_of(mem, value);
    }
}

static struct fact_column *read_columns(arena *mem, str array, int *count)
{
    struct json_walk walk;
    str key, value;
    struct fact_column *columns =
        arena_array(mem, struct fact_column, (size_t)count_elements(array));

    if (json_walk_open(&walk, array) == JSON_ARRAY)
        while (json_walk_next(&walk, &key, &value))
            read_column(mem, value, &columns[(*count)++]);
    return columns;
}

static void read_composites(arena *mem, str object, struct facts *facts)
{
    struct json_walk walk;
    str key, value;
    struct fact_composite *composites =
        arena_array(mem, struct fact_composite, (size_t)count_elements(object));

    facts->composites = composites;
    if (json_walk_open(&walk, object) == JSON_OBJECT)
        while (json_walk_next(&walk, &key, &value)) {
            struct fact_composite *one = &composites[facts->ncomposites++];
            one->number = json_unquote(mem, key);
            one->fields = read_columns(mem, value, &one->nfields);
        }
}

static void find_composites(const struct facts *facts, struct fact_column *columns, int count)
{
    for (int i = 0; columns != NULL && i < count; i++)
        for (int j = 0; columns[i].composite.at != NULL && j < facts->ncomposites; j++)
            if (str_eq(facts->composites[j].number, columns[i].composite))
                columns[i].of = &facts->composites[j];
}

struct policy {
    bool permissive;
    str using;
    enum depends reads;
};

static enum depends read_reads(str text)
{
    return str_eq(text, STR("role"))      ? DEPENDS_ROLE
           : str_eq(text, STR("subject")) ? DEPENDS_SUBJECT
                                          : DEPENDS_CLAIMS;
}

static struct policy read_policy(arena *mem, str object)
{
    struct policy policy = {.using = STR("true"), .reads = DEPENDS_CLAIMS};
    struct json_walk walk;
    str key, value;

    json_walk_open(&walk, object);
    while (json_walk_next(&walk, &key, &value)) {
        if (str_eq(key, STR("\"permissive\"")))
            policy.permissive = is_true(value);
        else if (str_eq(key, STR("\"using\"")) && json_kind_of(value) == JSON_STRING)
            policy.using = text_of(mem, value);
        else if (str_eq(key, STR("\"reads\"")))
            policy.reads = read_reads(text_of(mem, value));
    }
    return policy;
}

static void put_policy(struct buf *any, struct buf *all, const struct policy *policy)
{
    struct buf *to = policy->permissive ? any : all;

    if (!policy->permissive)
        buf_put(to, STR(" and "));
    else if (any->len > 0)
        buf_put(to, STR(" or "));
    buf_putc(to, '(');
    buf_put(to, policy->using);
    buf_putc(to, ')');
}

/* "((a) or (b)) and (c)". The widest of what they read counts for all. */
static void read_policies(arena *mem, str array, struct facts *facts)
{
    struct json_walk walk;
    struct buf any, all;
    str key, value;

    buf_init(&any, mem, SQL_MAX);
    buf_init(&all, mem, SQL_MAX);
    facts->depends = DEPENDS_ROLE;
    if (json_walk_open(&walk, array) == JSON_ARRAY) {
        while (json_walk_next(&walk, &key, &value)) {
            struct policy policy = read_policy(mem, value);
            put_policy(&any, &all, &policy);
            if (policy.reads > facts->depends)
                facts->depends = policy.reads;
        }
    }
    facts->hidden = any.len == 0;
    str either = facts->hidden ? STR("false") : buf_str(&any);
    facts->visible = arena_printf(mem, "(%.*s)%.*s", STR_ARG(either), STR_ARG(buf_str(&all)));
}

const struct facts *facts_read(arena *mem, str role, str schema, str table, str json)
{
    struct facts *facts = arena_new(mem, struct facts);
    struct json_walk walk;
    str key, value, policies = STR("null");
    struct fact_column *columns = NULL;
    bool rls = true, uid_is_subject = false;

    if (json_check(json) != JSON_OBJECT)
        return NULL;
    facts->role = arena_copy(mem, role);
    facts->schema = arena_copy(mem, schema);
    facts->table = arena_copy(mem, table);
    facts->visible = STR("");
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value)) {
        if (str_eq(key, STR("\"published\"")))
            facts->published = is_true(value);
        else if (str_eq(key, STR("\"readable\"")))
            facts->readable = is_true(value);
        else if (str_eq(key, STR("\"rls\"")))
            rls = !str_eq(value, STR("false"));
        else if (str_eq(key, STR("\"uid_is_subject\"")))
            uid_is_subject = is_true(value);
        else if (str_eq(key, STR("\"columns\"")))
            columns = read_columns(mem, value, &facts->ncolumns);
        else if (str_eq(key, STR("\"composites\"")))
            read_composites(mem, value, facts);
        else if (str_eq(key, STR("\"policies\"")))
            policies = value;
    }
    facts->columns = columns;
    find_composites(facts, columns, facts->ncolumns);
    for (int i = 0; i < facts->ncomposites; i++)
        find_composites(facts, facts->composites[i].fields, facts->composites[i].nfields);
    if (rls)
        read_policies(mem, policies, facts);
    if (facts->depends == DEPENDS_SUBJECT)
        facts->joint = callers_policy(mem, facts->visible);
    if (facts->joint.at != NULL && uid_is_subject)
        facts->owners = owners_read(facts);
    return facts->ncolumns > 0 ? facts : NULL;
}

const struct fact_column *facts_column(const struct facts *facts, str name)
{
    for (int i = 0; i < facts->ncolumns; i++)
        if (str_eq(facts->columns[i].name, name))
            return &facts->columns[i];
    return NULL;
}

/* ---- asking ---- */

void facts_put_name(struct buf *buf, str name)
{
    buf_putc(buf, '"');
    for (size_t i = 0; i < name.len; i++)
        buf_put(buf, name.at[i] == '"' ? STR("\"\"") : (str){name.at + i, 1});
    buf_putc(buf, '"');
}

static void put_table(struct buf *sql, const struct facts *facts)
{
    facts_put_name(sql, facts->schema);
    buf_putc(sql, '.');
    facts_put_name(sql, facts->table);
}

void facts_put_rows(struct buf *sql, const struct facts *facts, str name)
{
    buf_put(sql, STR("unnest($1::"));
    put_table(sql, facts);
    buf_put(sql, STR("[]) with ordinality as "));
    facts_put_name(sql, name);
    buf_putc(sql, '(');
    for (int i = 0; i < facts->ncolumns; i++) {
        facts_put_name(sql, facts->columns[i].name);
        buf_put(sql, STR(", "));
    }
    buf_put(sql, STR("\"postern ordinal\")"));
}

static void put_extra(struct buf *sql, str extra)
{
    if (extra.len == 0)
        return;
    buf_put(sql, STR(" and ("));
    buf_put(sql, extra);
    buf_putc(sql, ')');
}

static void put_lookup(struct buf *sql, const struct facts *facts, str extra)
{
    bool keyed = false;

    buf_put(sql, STR("exists (select from "));
    put_table(sql, facts);
    buf_put(sql, STR(" where "));
    for (int i = 0; i < facts->ncolumns; i++) {
        if (!facts->columns[i].key)
            continue;
        buf_put(sql, keyed ? STR(" and ") : STR(""));
        facts_put_name(sql, facts->table);
        buf_putc(sql, '.');
        facts_put_name(sql, facts->columns[i].name);
        buf_put(sql, STR(" = \"postern row\"."));
        facts_put_name(sql, facts->columns[i].name);
        keyed = true;
    }
    buf_put(sql, keyed ? STR("") : STR("false"));
    put_extra(sql, extra);
    buf_putc(sql, ')');
}

/* The rows bear the table's name, as the policies may call it. */
str facts_check_sql(arena *mem, const struct facts *facts, enum check_how how, str extra)
{
    bool policies = how == CHECK_ROW && facts->visible.len > 0;
    struct buf sql;

    buf_init(&sql, mem, SQL_MAX);
    buf_put(&sql, STR("select \"postern ordinal\" from "));
    facts_put_rows(&sql, facts, how == CHECK_LOOKUP ? STR("postern row") : facts->table);
    buf_put(&sql, STR(" where "));
    if (how == CHECK_LOOKUP) {
        put_lookup(&sql, facts, extra);
    } else {
        buf_put(&sql, policies ? facts->visible : STR("true"));
        put_extra(&sql, extra);
    }
    return buf_str(&sql);
}

bool facts_reads(const struct facts *facts)
{
    for (int i = 0; i < facts->ncolumns; i++)
        if (facts->columns[i].readable)
            return true;
    return false;
}

bool facts_sees(const struct facts *facts)
{
    return !facts->hidden && facts_reads(facts);
}

/* Text inside a row inside an array: quoted twice. */
static void put_quoted(struct buf *buf, str text)
{
    buf_put(buf, STR("\\\""));
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        if (byte == '"' || byte == '\\')
            buf_put(buf, byte == '"' ? STR("\\\\\\\"") : STR("\\\\\\\\"));
        else
            buf_putc(buf, byte);
    }
    buf_put(buf, STR("\\\""));
}

void facts_put_row(struct buf *buf, const struct facts *facts, const struct live_table *table,
                   const struct live_value *row)
{
    buf_put(buf, buf->len > 1 ? STR(",\"(") : STR("\"("));
    for (int i = 0; i < facts->ncolumns; i++) {
        int at = live_table_column(table, facts->columns[i].name);
        buf_put(buf, i > 0 ? STR(",") : STR(""));
        if (at >= 0 && row[at].state == VALUE_TEXT)
            put_quoted(buf, row[at].text);
    }
    buf_put(buf, STR(")\""));
}
