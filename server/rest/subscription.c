/* See subscription.h. The filter's grammar is that of live/filter.h; all its values are quoted. */
#include "rest/subscription.h"

#include "base/json.h"

static const struct fail *check_page(arena *mem, const struct ask *ask);
static const struct fail *put_select(arena *mem, struct buf *json, const struct item *items);
static const struct fail *put_filters(struct buf *filter, const struct condition *conditions);

const struct fail *subscription_make(arena *mem, const struct ask *ask, str *json)
{
    struct buf buf, filter;

    TRY(check_page(mem, ask));
    buf_init(&filter, mem, SUBSCRIPTION_MAX);
    TRY(put_filters(&filter, ask->where));
    buf_init(&buf, mem, SUBSCRIPTION_MAX);
    buf_put(&buf, STR("{\"schema\":"));
    json_put_string(&buf, ask->schema);
    buf_put(&buf, STR(",\"table\":"));
    json_put_string(&buf, ask->name);
    buf_put(&buf, STR(",\"filter\":"));
    json_put_string(&buf, buf_str(&filter));
    TRY(put_select(mem, &buf, ask->select));
    buf_putc(&buf, '}');
    *json = buf_str(&buf);
    if (buf.full || filter.full)
        return fail_new(mem, FAIL_TOO_LARGE, "The filters are too long");
    return NULL;
}

/* ---- what a stream of changes cannot be asked for ---- */

static const struct fail *refuse(arena *mem, const char *what)
{
    struct fail *fail = fail_new(mem, FAIL_BAD_QUERY, "A stream of changes knows no %s", what);

    fail->hint = STR("Changes come one by one, in the order of their commits. Ask for columns and "
                     "filters: select=a,b&a=eq.1&b=in.(2,3)");
    return fail;
}

static const struct fail *check_page(arena *mem, const struct ask *ask)
{
    const struct range *range = &ask->range;
    const struct {
        bool asked;
        const char *what;
    } parts[] = {
        {ask->order != NULL,                                           "order"                 },
        {range->first > 0 || range->last != RANGE_OPEN || range->none, "limit, offset or Range"},
        {ask->levels != NULL,                                          "embedded relations"    },
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].asked)
            return refuse(mem, parts[i].what);
    return NULL;
}

/* ---- columns ---- */

static bool is_plain_column(const struct item *item)
{
    return item->kind == ITEM_COLUMN && item->field.nsteps == 0 && item->alias.at == NULL &&
           item->cast.at == NULL;
}

static const struct fail *check_item(arena *mem, const struct item *item)
{
    if (item->kind == ITEM_EMBED)
        return refuse(mem, "embedded relations");
    if (item->kind == ITEM_AGGREGATE)
        return refuse(mem, "aggregates");
    return item->kind == ITEM_ALL || is_plain_column(item)
               ? NULL
               : refuse(mem, "aliases, casts and JSON paths in select");
}

/* Nothing for "*": all that the role may read. */
static const struct fail *put_select(arena *mem, struct buf *json, const struct item *items)
{
    bool all = false;

    for (const struct item *item = items; item != NULL; item = item->next) {
        TRY(check_item(mem, item));
        all |= item->kind == ITEM_ALL;
    }
    for (const struct item *item = items; item != NULL && !all; item = item->next) {
        buf_put(json, item == items ? STR(",\"select\":[") : STR(","));
        json_put_string(json, item->field.name);
    }
    buf_put(json, all || items == NULL ? STR("") : STR("]"));
    return NULL;
}

/* ---- filters ---- */

/* A name that is not to be taken for a part of the filter's grammar. */
static bool is_plain_name(str name)
{
    static const str parts = STR_ROW("=,.\"()");

    for (size_t i = 0; i < name.len; i++)
        if (str_find(parts, name.at[i]) >= 0)
            return false;
    return name.len > 0;
}

static const struct fail *check_filter(arena *mem, const struct condition *condition)
{
    bool list = condition->op->operand == OPERAND_LIST;

    if (condition->field.nsteps > 0)
        return refuse(mem, "JSON paths in filters");
    if (!is_plain_name(condition->field.name))
        return refuse(mem, "filter on a column of such a name");
    if (condition->quantifier != QUANTIFIER_NONE)
        return refuse(mem, "any and all");
    if (!condition->op->live)
        return refuse(mem, arena_printf(mem, "operator %.*s", STR_ARG(condition->op->name)).at);
    if (list && str_eq(condition->value, STR("{}")))
        return refuse(mem, "empty lists, which nothing is in");
    return NULL;
}

static void put_quoted(struct buf *buf, const struct condition *condition)
{
    bool pattern = condition->op->operand == OPERAND_PATTERN;

    buf_putc(buf, '"');
    for (size_t i = 0; i < condition->value.len; i++) {
        char byte = condition->value.at[i];
        if (byte == '"' || byte == '\\')
            buf_putc(buf, '\\');
        buf_putc(buf, (char)(pattern && byte == '*' ? '%' : byte));
    }
    buf_putc(buf, '"');
}

/* The list is an array literal with all elements in quotes: {"a","b"}. */
static void put_list(struct buf *buf, str literal)
{
    buf_putc(buf, '(');
    buf_put(buf, (str){literal.at + 1, literal.len - 2});
    buf_putc(buf, ')');
}

static void put_filter(struct buf *buf, const struct condition *condition)
{
    bool list = condition->op->operand == OPERAND_LIST;
    bool not_null =
        str_eq(condition->value, STR("not_null")) && condition->op->operand == OPERAND_KEYWORD;

    buf_put(buf, buf->len > 0 ? STR(",") : STR(""));
    buf_put(buf, condition->field.name);
    buf_put(buf, condition->negated != not_null ? STR("=not.") : STR("="));
    buf_put(buf, condition->op->name);
    buf_putc(buf, '.');
    if (not_null)
        buf_put(buf, STR("null"));
    else if (list)
        put_list(buf, condition->value);
    else
        put_quoted(buf, condition);
}

/* All must hold: an "and" that is not negated says nothing else. Trees are at most as deep as
 * condition.c lets them be. */
static const struct fail *put_condition(struct buf *filter, const struct condition *condition)
{
    if (condition->kind == CONDITION_OR || (condition->kind == CONDITION_AND && condition->negated))
        return refuse(filter->mem, "or and not.and");
    if (condition->kind == CONDITION_AND)
        return put_filters(filter, condition->children);
    TRY(check_filter(filter->mem, condition));
    put_filter(filter, condition);
    return NULL;
}

static const struct fail *put_filters(struct buf *filter, const struct condition *conditions)
{
    for (const struct condition *at = conditions; at != NULL; at = at->next)
        TRY(put_condition(filter, at));
    return NULL;
}
