/* See item.h. Source: PostgREST "Vertical filtering", "Ordering", "Resource embedding". */
#include "rest/item.h"

#include <ctype.h>

#define EXPECT_ITEM "\"...\", " EXPECT_NAME ", \"*\" or \"count()\""
#define EXPECT_AFTER_COLUMN                                                                        \
    "letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" or end of input"
#define EXPECT_NULLS "\"nullsfirst\" or \"nullslast\""
#define EXPECT_DIRECTION "\"asc\", \"desc\", " EXPECT_NULLS

static const struct fail *read_items(struct scan *scan, struct item **items, int depth);

static str take_type(struct scan *scan)
{
    size_t start = scan->at;
    while (isalnum((unsigned char)scan_peek(scan)) || scan_peek(scan) == '_' ||
           scan_peek(scan) == ' ')
        scan->at++;
    return (str){scan->text.at + start, scan->at - start};
}

static const struct fail *read_cast(struct scan *scan, str *cast)
{
    if (!scan_take(scan, STR("::")))
        return NULL;
    *cast = take_type(scan);
    return cast->len > 0 ? NULL : scan_fail(scan, "letter or digit");
}

/* alias: before a name. "a::text" is a cast, no alias. */
static void read_alias(struct scan *scan, struct item *item)
{
    struct scan ahead = *scan;
    str alias;

    if (scan_name(&ahead, &alias) != NULL || scan_sees(&ahead, STR("::")) ||
        !scan_take(&ahead, STR(":")))
        return;
    item->alias = alias;
    scan->at = ahead.at;
}

static const str aggregates[] = {
    [AGGREGATE_SUM] = STR_ROW("sum"),     [AGGREGATE_AVG] = STR_ROW("avg"),
    [AGGREGATE_COUNT] = STR_ROW("count"), [AGGREGATE_MAX] = STR_ROW("max"),
    [AGGREGATE_MIN] = STR_ROW("min"),
};

str aggregate_name(enum aggregate aggregate)
{
    return aggregates[aggregate];
}

/* ".sum()" */
static bool take_aggregate(struct scan *scan, struct item *item)
{
    for (int i = AGGREGATE_SUM; i <= AGGREGATE_MIN; i++) {
        struct scan ahead = *scan;
        if (!scan_take(&ahead, STR(".")) || !scan_take(&ahead, aggregates[i]) ||
            !scan_take(&ahead, STR("()")))
            continue;
        item->kind = ITEM_AGGREGATE;
        item->aggregate = (enum aggregate)i;
        scan->at = ahead.at;
        return true;
    }
    return false;
}

/* "!hint", "!inner" or "!left": at most one hint and one join, in any order. */
static const struct fail *read_modifiers(struct scan *scan, struct item *item)
{
    str word;

    for (int i = 0; i < 2 && scan_take(scan, STR("!")); i++) {
        TRY(scan_name(scan, &word));
        if (str_eq(word, STR("inner")))
            item->join = JOIN_INNER;
        else if (!str_eq(word, STR("left")) && item->hint.at == NULL)
            item->hint = word;
    }
    return NULL;
}

static const struct fail *read_embed(struct scan *scan, struct item *item, int depth)
{
    item->kind = ITEM_EMBED;
    TRY(read_modifiers(scan, item));
    if (!scan_take(scan, STR("(")))
        return scan_fail(scan, "\"(\"");
    if (scan_take(scan, STR(")")))
        return NULL;
    TRY(read_items(scan, &item->children, depth + 1));
    return scan_take(scan, STR(")")) ? NULL : scan_fail(scan, "\",\" or \")\"");
}

static const struct fail *read_item(struct scan *scan, struct item *item, int depth)
{
    if (scan_take(scan, STR("*"))) {
        item->kind = ITEM_ALL;
        return NULL;
    }
    item->spread = scan_take(scan, STR("..."));
    if (scan_at_end(scan))
        return scan_fail(scan, item->spread ? EXPECT_NAME : EXPECT_ITEM);
    if (!item->spread)
        read_alias(scan, item);
    if (scan_take(scan, STR("count()"))) {
        item->kind = ITEM_AGGREGATE;
        item->aggregate = AGGREGATE_COUNT;
        return read_cast(scan, &item->result_cast);
    }
    TRY(scan_field(scan, &item->field));
    if (item->spread || scan_peek(scan) == '!' || scan_peek(scan) == '(')
        return read_embed(scan, item, depth);
    item->kind = ITEM_COLUMN;
    TRY(read_cast(scan, &item->cast));
    return take_aggregate(scan, item) ? read_cast(scan, &item->result_cast) : NULL;
}

static const struct fail *read_items(struct scan *scan, struct item **items, int depth)
{
    struct item **last = items;

    if (depth > ITEM_DEPTH_MAX)
        return scan_fail(scan, "at most 16 levels");
    do {
        *last = arena_new(scan->mem, struct item);
        TRY(read_item(scan, *last, depth));
        last = &(*last)->next;
    } while (scan_take(scan, STR(",")));
    return NULL;
}

static bool ends_with_embed(const struct item *items)
{
    while (items->next != NULL)
        items = items->next;
    return items->kind == ITEM_EMBED;
}

const struct fail *item_read(arena *mem, str text, struct item **items)
{
    struct scan scan;

    scan_init(&scan, mem, "select parameter", text.len == 0 ? STR("*") : text);
    TRY(read_items(&scan, items, 1));
    if (ends_with_embed(*items)) /* what follows its parenthesis is not read, as in PostgREST */
        return NULL;
    return scan_at_end(&scan) ? NULL : scan_fail_end(&scan, EXPECT_AFTER_COLUMN);
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

/* A dot must lead to a word: .asc, .desc, .nullsfirst, .nullslast, in this order. */
static const struct fail *read_direction(struct scan *scan, struct term *term)
{
    bool directed = true;

    if (scan_take(scan, STR(".desc")))
        term->descending = true;
    else
        directed = scan_take(scan, STR(".asc"));
    if (scan_take(scan, STR(".nullsfirst")))
        term->nulls = NULLS_FIRST;
    else if (scan_take(scan, STR(".nullslast")))
        term->nulls = NULLS_LAST;
    else if (scan_take(scan, STR(".")))
        return scan_fail(scan, directed ? EXPECT_NULLS : EXPECT_DIRECTION);
    return NULL;
}

/* "column->path" or "relation(column->path)" */
static const struct fail *read_sorted(struct scan *scan, struct term *term)
{
    TRY(scan_field(scan, &term->field));
    if (term->field.nsteps > 0 || !scan_take(scan, STR("(")))
        return NULL;
    term->relation = term->field.name;
    TRY(scan_field(scan, &term->field));
    return scan_take(scan, STR(")")) ? NULL : scan_fail(scan, "\")\"");
}

const struct fail *term_read(arena *mem, str text, struct term **terms)
{
    struct term **last = terms;
    struct scan scan;

    scan_init(&scan, mem, "order", text);
    do {
        *last = arena_new(mem, struct term);
        TRY(read_sorted(&scan, *last));
        TRY(read_direction(&scan, *last));
        last = &(*last)->next;
    } while (scan_take(&scan, STR(",")));
    return scan_at_end(&scan) ? NULL : scan_fail_end(&scan, "\",\" or end of input");
}

const struct fail *name_list_read(arena *mem, const char *what, str text, struct name_list *list)
{
    struct scan scan;
    size_t room = 1;

    for (size_t i = 0; i < text.len; i++)
        room += text.at[i] == ',';
    *list = (struct name_list){arena_array(mem, str, room), 0};
    scan_init(&scan, mem, what, text);
    do
        TRY(scan_name(&scan, &list->names[list->count++]));
    while (scan_take(&scan, STR(",")));
    return scan_at_end(&scan) ? NULL : scan_fail_end(&scan, "\",\" or end of input");
}
