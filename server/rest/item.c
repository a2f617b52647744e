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

static const struct fail *read_cast(struct scan *scan, struct item *item)
{
    if (!scan_take(scan, STR("::")))
        return NULL;
    item->cast = take_type(scan);
    return item->cast.len > 0 ? NULL : scan_fail(scan, "letter or digit");
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

static bool take_aggregate(struct scan *scan)
{
    static const char *const names[] = {".sum()", ".avg()", ".count()", ".max()", ".min()"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (scan_take(scan, str_from(names[i])))
            return true;
    return false;
}

static const struct fail *read_embed(struct scan *scan, struct item *item, int depth)
{
    str hint;

    item->kind = ITEM_EMBED;
    while (scan_take(scan, STR("!")))
        TRY(scan_name(scan, &hint));
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
    bool spread = scan_take(scan, STR("..."));
    if (scan_at_end(scan))
        return scan_fail(scan, spread ? EXPECT_NAME : EXPECT_ITEM);
    read_alias(scan, item);
    if (scan_take(scan, STR("count()"))) {
        item->kind = ITEM_AGGREGATE;
        return read_cast(scan, item);
    }
    TRY(scan_field(scan, &item->field));
    if (spread || scan_peek(scan) == '!' || scan_peek(scan) == '(')
        return read_embed(scan, item, depth);
    item->kind = ITEM_COLUMN;
    TRY(read_cast(scan, item));
    if (!take_aggregate(scan))
        return NULL;
    item->kind = ITEM_AGGREGATE;
    return read_cast(scan, item);
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

const struct fail *item_read(arena *mem, str text, struct item **items)
{
    struct scan scan;

    scan_init(&scan, mem, "select parameter", text.len == 0 ? STR("*") : text);
    TRY(read_items(&scan, items, 1));
    return scan_at_end(&scan) ? NULL : scan_fail_end(&scan, EXPECT_AFTER_COLUMN);
}

const struct fail *item_not_embedded(arena *mem, str name)
{
    struct fail *fail =
        fail_new(mem, FAIL_NOT_EMBEDDED, "'%.*s' is not an embedded resource in this request",
                 STR_ARG(name));
    fail->hint = arena_printf(
        mem, "Verify that '%.*s' is included in the 'select' query parameter.", STR_ARG(name));
    return fail;
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

const struct fail *term_read(arena *mem, str text, struct term **terms)
{
    struct term **last = terms;
    struct scan scan;

    scan_init(&scan, mem, "order", text);
    do {
        *last = arena_new(mem, struct term);
        TRY(scan_field(&scan, &(*last)->field));
        if (scan_peek(&scan) == '(') /* order=relation(column) */
            return item_not_embedded(mem, (*last)->field.name);
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
