/* See item.h. Source: PostgREST "Vertical filtering", "Resource embedding", "Aggregate functions".
 */
#include "rest/item.h"

static const str aggregates[] = {
    [AGGREGATE_SUM] = STR_ROW("sum"),     [AGGREGATE_AVG] = STR_ROW("avg"),
    [AGGREGATE_COUNT] = STR_ROW("count"), [AGGREGATE_MAX] = STR_ROW("max"),
    [AGGREGATE_MIN] = STR_ROW("min"),
};

str aggregate_name(enum aggregate aggregate)
{
    return aggregates[aggregate];
}

/* ---- the parts of an item ---- */

/* alias: before a name. "a::text" is a cast, no alias. */
static void read_alias(struct scan *scan, struct item *item)
{
    struct trial trial = scan_try(scan);

    if (scan_read_name(scan, &item->alias) && scan_take(scan, STR(":")) &&
        !scan_take(scan, STR(":")))
        return;
    item->alias = (str){NULL, 0};
    scan_back(scan, &trial);
}

/* "::text" or nothing. A lone colon can be nothing else. */
static bool read_cast(struct scan *scan, str *cast)
{
    if (scan_take(scan, STR("::")))
        return scan_read_word(scan, cast);
    return scan_peek(scan) != ':' || scan_only(scan, STR("::"));
}

/* "sum()". The letter that one begins with decides, but "max" and "min" share theirs. */
static bool read_aggregate_word(struct scan *scan, struct item *item)
{
    for (int i = AGGREGATE_SUM; i <= AGGREGATE_MIN; i++) {
        item->aggregate = (enum aggregate)i;
        if (scan_take(scan, aggregates[i]))
            return scan_take(scan, STR("()"));
        if (i <= AGGREGATE_COUNT && scan_peek(scan) == aggregates[i].at[0])
            return scan_only(scan, aggregates[i]);
    }
    return false;
}

/* ".sum()" */
static bool take_aggregate(struct scan *scan, struct item *item)
{
    struct trial trial = scan_try(scan);

    if (scan_take(scan, STR(".")) && read_aggregate_word(scan, item)) {
        item->kind = ITEM_AGGREGATE;
        return true;
    }
    item->aggregate = AGGREGATE_NONE;
    return scan_back(scan, &trial);
}

/* What may stand behind an item; it is not consumed. */
static bool sees_end(struct scan *scan)
{
    return scan_ahead(scan, STR(")")) || scan_ahead(scan, STR(",")) || scan_end(scan);
}

/* ---- the kinds of items ---- */

static bool read_star(struct scan *scan, struct item *item)
{
    struct trial trial = scan_try(scan);

    item->kind = ITEM_ALL;
    return (scan_take(scan, STR("*")) && sees_end(scan)) || scan_back(scan, &trial);
}

/* "count()" of rows. */
static bool read_count(struct scan *scan, struct item *item)
{
    struct trial trial = scan_try(scan);

    *item = (struct item){.kind = ITEM_AGGREGATE, .aggregate = AGGREGATE_COUNT};
    read_alias(scan, item);
    return (scan_take(scan, STR("count()")) && read_cast(scan, &item->result_cast) &&
            sees_end(scan)) ||
           scan_back(scan, &trial);
}

static bool read_column(struct scan *scan, struct item *item)
{
    *item = (struct item){.kind = ITEM_COLUMN};
    read_alias(scan, item);
    if (!scan_read_field(scan, &item->field) || !read_cast(scan, &item->cast))
        return false;
    str ignored;
    bool aggregates_it = take_aggregate(scan, item);
    return read_cast(scan, aggregates_it ? &item->result_cast : &ignored) && sees_end(scan);
}

/* "!hint", "!inner" or "!left": at most one hint and one join, in any order. */
static bool read_modifiers(struct scan *scan, struct item *item)
{
    str word;

    for (int i = 0; i < 2 && scan_take(scan, STR("!")); i++) {
        if (!scan_read_name(scan, &word))
            return false;
        if (str_eq(word, STR("inner")))
            item->join = JOIN_INNER;
        else if (!str_eq(word, STR("left")) && item->hint.at == NULL)
            item->hint = word;
    }
    return true;
}

/* Up to its parenthesis, which is not consumed. */
static bool read_relation(struct scan *scan, struct item *item, bool spread)
{
    struct trial trial = scan_try(scan);

    *item = (struct item){.kind = ITEM_EMBED, .spread = spread};
    if (!spread)
        read_alias(scan, item);
    if ((!spread || scan_take(scan, STR("..."))) && scan_read_name(scan, &item->field.name) &&
        !str_eq(item->field.name, STR("count")) && read_modifiers(scan, item) &&
        scan_take(scan, STR("("))) {
        scan->at--;
        return true;
    }
    return scan_back(scan, &trial);
}

/* ---- lists of them ---- */

static const struct fail *read_items(struct scan *scan, struct item **items, int depth);

static const struct fail *read_children(struct scan *scan, struct item *item, int depth)
{
    if (depth == ITEM_DEPTH_MAX)
        return fail_new(scan->mem, FAIL_BAD_QUERY,
                        "The select parameter is more than %d levels deep", ITEM_DEPTH_MAX);
    scan_take(scan, STR("("));
    TRY(read_items(scan, &item->children, depth + 1));
    return scan_take(scan, STR(")")) ? NULL : scan_refuse(scan);
}

/* *found is false when there is none, and nothing is consumed. */
static const struct fail *read_item(struct scan *scan, struct item *item, int depth, bool *found)
{
    size_t start = scan->at;

    scan_white(scan);
    *found = true;
    if (read_relation(scan, item, true) || read_relation(scan, item, false))
        return read_children(scan, item, depth);
    if (!read_star(scan, item) && !read_count(scan, item) && !read_column(scan, item)) {
        *found = false;
        return scan->at > start ? scan_refuse(scan) : NULL;
    }
    scan_white(scan);
    return NULL;
}

/* None, or as many as there are commas, and one. */
static const struct fail *read_items(struct scan *scan, struct item **items, int depth)
{
    struct item **last = items;
    bool found;
    int count = 0;

    do {
        struct item *item = arena_new(scan->mem, struct item);
        if (++count > ITEMS_MAX)
            return fail_new(scan->mem, FAIL_BAD_QUERY,
                            "The select parameter has more than %d columns", ITEMS_MAX);
        TRY(read_item(scan, item, depth, &found));
        if (!found)
            return last == items ? NULL : scan_refuse(scan);
        if (last != items)
            scan_forget(scan);
        *last = item;
        last = &item->next;
        scan_white(scan);
    } while (scan_take(scan, STR(",")));
    return NULL;
}

/* A list that is empty, or begins with no item, is all columns; what stands behind a complete one
 * is not looked at, as in PostgREST. */
const struct fail *item_read(arena *mem, str text, struct item **items)
{
    struct scan scan;

    *items = NULL;
    if (!str_eq(text, STR("*"))) {
        scan_init(&scan, mem, "select parameter", text);
        TRY(read_items(&scan, items, 1));
    }
    if (*items == NULL)
        *items = arena_new(mem, struct item); /* ITEM_ALL */
    return NULL;
}

/* The last key of a path names its column; an index does not, so the key before it. */
str item_name(const struct item *item)
{
    if (item->alias.at != NULL)
        return item->alias;
    if (item->kind == ITEM_AGGREGATE)
        return aggregate_name(item->aggregate);
    for (int i = item->field.nsteps - 1; i >= 0; i--)
        if (!item->field.steps[i].is_index)
            return item->field.steps[i].key;
    return item->field.name;
}

const struct fail *name_list_read(arena *mem, const char *what, str text, struct name_list *list)
{
    struct scan scan;
    size_t room = 1;

    for (size_t i = 0; i < text.len; i++)
        room += text.at[i] == ',';
    *list = (struct name_list){arena_array(mem, str, room), 0};
    scan_init(&scan, mem, what, text);
    do {
        scan_white(&scan);
        TRY(scan_name(&scan, &list->names[list->count++]));
        scan_white(&scan);
    } while (scan_take(&scan, STR(",")));
    return NULL;
}
