/* See filter.h. */
#include "live/filter.h"

#include <stdlib.h>

static const char *const ops[] = {
    [FILTER_EQ] = "eq",
    [FILTER_NEQ] = "neq",
    [FILTER_LT] = "lt",
    [FILTER_LTE] = "lte",
    [FILTER_GT] = "gt",
    [FILTER_GTE] = "gte",
    [FILTER_IN] = "in",
    [FILTER_LIKE] = "like",
    [FILTER_ILIKE] = "ilike",
    [FILTER_IS] = "is",
    [FILTER_MATCH] = "match",
    [FILTER_IMATCH] = "imatch",
    [FILTER_ISDISTINCT] = "isdistinct",
};

enum { OPS = sizeof(ops) / sizeof(ops[0]) };

/* ---- reading ---- */

/* Where the condition ends: a comma outside of quotes and parentheses. */
static str cut_condition(str *rest)
{
    bool quoted = false;
    int depth = 0;
    size_t i = 0;

    for (; i < rest->len; i++) {
        char byte = rest->at[i];
        char before = (char)(i == 0 ? '\0' : rest->at[i - 1]);
        if (quoted && byte == '\\')
            i++;
        else if (byte == '"' && (quoted || before == '.' || before == '(' || before == ','))
            quoted = !quoted;
        else if (!quoted && byte == ',' && depth == 0)
            break;
        else if (!quoted)
            depth += (byte == '(') - (byte == ')');
    }
    str condition = {rest->at, i < rest->len ? i : rest->len};
    *rest = i < rest->len ? str_skip(*rest, i + 1) : (str){NULL, 0};
    return condition;
}

static bool cut_word(str *rest, char separator, str *word)
{
    long at = str_find(*rest, separator);

    if (at <= 0)
        return false;
    *word = (str){rest->at, (size_t)at};
    *rest = str_skip(*rest, (size_t)at + 1);
    return true;
}

static bool find_op(str name, enum filter_op *op)
{
    for (int i = 0; i < OPS; i++)
        if (str_eq(name, str_from(ops[i]))) {
            *op = (enum filter_op)i;
            return true;
        }
    return false;
}

/* One value off the front: in quotes with backslashes, or up to the separator. */
static str take_value(arena *mem, str *rest, char separator)
{
    struct buf value;
    size_t i = 0;

    buf_init(&value, mem, rest->len + 1);
    if (rest->len > 0 && rest->at[0] == '"') {
        for (i = 1; i < rest->len && rest->at[i] != '"'; i++) {
            if (rest->at[i] == '\\' && i + 1 < rest->len)
                i++;
            buf_putc(&value, rest->at[i]);
        }
        i++;
    }
    for (; i < rest->len && (separator == '\0' || rest->at[i] != separator); i++)
        buf_putc(&value, rest->at[i]);
    *rest = i < rest->len ? str_skip(*rest, i + 1) : (str){NULL, 0};
    return buf_str(&value);
}

static const char *read_list(arena *mem, str text, struct filter *filter)
{
    if (text.len < 2 || text.at[0] != '(' || text.at[text.len - 1] != ')')
        return "the list of in must be in parentheses";
    str rest = {text.at + 1, text.len - 2};
    filter->values = arena_array(mem, str, FILTER_VALUES_MAX);
    while (rest.at != NULL) {
        if (filter->nvalues == FILTER_VALUES_MAX)
            return "the list of in is too long";
        filter->values[filter->nvalues++] = take_value(mem, &rest, ',');
    }
    return NULL;
}

static const char *read_condition(arena *mem, str text, struct filter *filter)
{
    str op;

    if (!cut_word(&text, '=', &filter->column))
        return "a condition is column=operator.value";
    if (str_starts(text, STR("not."))) {
        filter->negated = true;
        text = str_skip(text, STR("not.").len);
    }
    if (!cut_word(&text, '.', &op) || !find_op(op, &filter->op))
        return "the operator is not known";
    if (filter->op == FILTER_IN)
        return read_list(mem, text, filter);
    filter->values = arena_array(mem, str, 1);
    filter->values[filter->nvalues++] = take_value(mem, &text, '\0');
    return NULL;
}

const char *filter_read(arena *mem, str text, struct filter **filters)
{
    struct filter **last = filters;
    int count = 0;

    *filters = NULL;
    if (text.len == 0)
        return NULL;
    while (text.at != NULL) {
        str condition = cut_condition(&text);
        *last = arena_new(mem, struct filter);
        const char *why = count++ < FILTER_CONDITIONS_MAX ? read_condition(mem, condition, *last)
                                                          : "there are too many conditions";
        if (why != NULL)
            return why;
        last = &(*last)->next;
    }
    return NULL;
}

/* ---- checking ---- */

static bool is_keyword(str value)
{
    return str_ieq(value, STR("null")) || str_ieq(value, STR("true")) ||
           str_ieq(value, STR("false")) || str_ieq(value, STR("unknown"));
}

static bool is_named_number(str value)
{
    static const char *const names[] = {"nan", "infinity", "-infinity", "inf", "-inf"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (str_ieq(value, str_from(names[i])))
            return true;
    return false;
}

static str skip_digits(str text, size_t *count)
{
    for (*count = 0; *count < text.len && text.at[*count] >= '0' && text.at[*count] <= '9';)
        (*count)++;
    return str_skip(text, *count);
}

static str skip_sign(str text)
{
    bool sign = text.len > 0 && (text.at[0] == '-' || text.at[0] == '+');
    return str_skip(text, sign ? 1 : 0);
}

/* As the type reads it: whole numbers have no point, others may be 1.5e-7 or NaN. */
static bool is_number(str value, bool whole)
{
    size_t before, after = 0, power;
    str rest = skip_digits(skip_sign(value), &before);

    if (!whole && is_named_number(value))
        return true;
    if (!whole && rest.len > 0 && rest.at[0] == '.')
        rest = skip_digits(str_skip(rest, 1), &after);
    if (before + after == 0)
        return false;
    if (whole || rest.len == 0 || (rest.at[0] != 'e' && rest.at[0] != 'E'))
        return rest.len == 0;
    rest = skip_digits(skip_sign(str_skip(rest, 1)), &power);
    return rest.len == 0 && power > 0;
}

static const char *check_one(arena *mem, const struct filter *filter, const struct facts *facts)
{
    const struct fact_column *column = facts_column(facts, filter->column);

    if (column == NULL || !column->readable)
        return arena_printf(mem, "invalid column for filter %.*s", STR_ARG(filter->column)).at;
    if (filter->op == FILTER_IS && !is_keyword(filter->values[0]))
        return arena_printf(mem, "invalid value for is filter: %.*s", STR_ARG(filter->values[0]))
            .at;
    if (filter->op == FILTER_IS && !str_ieq(filter->values[0], STR("null")) &&
        column->kind != KIND_BOOL)
        return arena_printf(mem, "is filter with %.*s needs a boolean column",
                            STR_ARG(filter->values[0]))
            .at;
    if (column->kind == KIND_NUMBER && !column->array && filter->op != FILTER_IS)
        for (int i = 0; i < filter->nvalues; i++)
            if (!is_number(filter->values[i], str_starts(column->type, STR("int"))))
                return arena_printf(mem, "invalid input syntax for type %.*s: \"%.*s\"",
                                    STR_ARG(column->full), STR_ARG(filter->values[i]))
                    .at;
    return NULL;
}

const char *filter_check(arena *mem, const struct filter *filters, const struct facts *facts)
{
    for (const struct filter *filter = filters; filter != NULL; filter = filter->next) {
        const char *why = check_one(mem, filter, facts);
        if (why != NULL)
            return why;
    }
    return NULL;
}
