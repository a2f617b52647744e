/* Does a row pass a filter? See filter.h. */
#include "live/filter.h"

enum { UUID_LEN = 36 };

/* Digits before the point decide first, so that numbers of any length compare exactly. */
struct decimal {
    bool negative;
    str whole, part;
};

static bool read_decimal(str text, struct decimal *decimal)
{
    size_t i = 0;

    decimal->negative = text.len > 0 && text.at[0] == '-';
    if (text.len > 0 && (text.at[0] == '-' || text.at[0] == '+'))
        text = str_skip(text, 1);
    while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9')
        i++;
    decimal->whole = (str){text.at, i};
    decimal->part = i < text.len && text.at[i] == '.' ? str_skip(text, i + 1) : STR("");
    for (size_t j = 0; j < decimal->part.len; j++)
        if (decimal->part.at[j] < '0' || decimal->part.at[j] > '9')
            return false;
    if (i < text.len && text.at[i] != '.')
        return false;
    while (decimal->whole.len > 0 && decimal->whole.at[0] == '0')
        decimal->whole = str_skip(decimal->whole, 1);
    while (decimal->part.len > 0 && decimal->part.at[decimal->part.len - 1] == '0')
        decimal->part.len--;
    decimal->negative = decimal->negative && decimal->whole.len + decimal->part.len > 0;
    return text.len > 0;
}

static int compare_text(str a, str b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_size(const struct decimal *a, const struct decimal *b)
{
    if (a->whole.len != b->whole.len)
        return a->whole.len > b->whole.len ? 1 : -1;
    int order = compare_text(a->whole, b->whole);
    return order != 0 ? order : compare_text(a->part, b->part);
}

static bool compare_numbers(str a, str b, int *order)
{
    struct decimal x, y;

    if (!read_decimal(a, &x) || !read_decimal(b, &y))
        return false;
    if (x.negative != y.negative)
        *order = x.negative ? -1 : 1;
    else
        *order = x.negative ? compare_size(&y, &x) : compare_size(&x, &y);
    return true;
}

/* Types whose text is one to a value, whatever the collation. */
static bool text_is_value(const struct fact_column *column)
{
    static const char *const types[] = {"text", "varchar", "uuid", "name"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_eq(column->type, str_from(types[i])))
            return !column->array;
    return false;
}

/* PostgreSQL prints a uuid in one form, but reads it in many. */
static bool is_uuid(str value)
{
    bool plain = value.len == UUID_LEN;

    for (size_t i = 0; plain && i < value.len; i++) {
        char byte = value.at[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        plain = dash ? byte == '-'
                     : (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'f');
    }
    return plain;
}

static bool bool_of(str text)
{
    return text.len > 0 && (text.at[0] == 't' || text.at[0] == 'T');
}

static bool holds(enum filter_op op, int order)
{
    switch (op) {
    case FILTER_EQ:
    case FILTER_IN:
        return order == 0;
    case FILTER_NEQ:
    case FILTER_ISDISTINCT:
        return order != 0;
    case FILTER_LT:
        return order < 0;
    case FILTER_LTE:
        return order <= 0;
    case FILTER_GT:
        return order > 0;
    case FILTER_GTE:
        return order >= 0;
    default:
        return false;
    }
}

static bool is_equality(enum filter_op op)
{
    return op == FILTER_EQ || op == FILTER_NEQ || op == FILTER_IN || op == FILTER_ISDISTINCT;
}

static enum verdict compare(const struct filter *filter, const struct fact_column *column, str have,
                            str wanted)
{
    int order;

    if (column->array || filter->op == FILTER_LIKE || filter->op == FILTER_ILIKE ||
        filter->op == FILTER_MATCH || filter->op == FILTER_IMATCH)
        return FILTER_ASK;
    if (column->kind == KIND_NUMBER)
        return !compare_numbers(have, wanted, &order) ? FILTER_ASK
               : holds(filter->op, order)             ? FILTER_YES
                                                      : FILTER_NO;
    if (column->kind == KIND_BOOL && is_equality(filter->op) &&
        (str_ieq(wanted, STR("true")) || str_ieq(wanted, STR("false"))))
        return holds(filter->op, bool_of(have) != bool_of(wanted)) ? FILTER_YES : FILTER_NO;
    if (!text_is_value(column) || !is_equality(filter->op))
        return FILTER_ASK;
    bool uuid = str_eq(column->type, STR("uuid"));
    if (uuid && !is_uuid(wanted))
        return FILTER_ASK;
    bool same = uuid ? str_ieq(have, wanted) : str_eq(have, wanted);
    return holds(filter->op, !same) ? FILTER_YES : FILTER_NO;
}

static enum verdict judge_is(const struct filter *filter, const struct live_value *value)
{
    str wanted = filter->values[0];
    bool null = value->state == VALUE_NULL;
    bool yes = str_ieq(wanted, STR("null")) || str_ieq(wanted, STR("unknown"))
                   ? null
                   : !null && bool_of(value->text) == bool_of(wanted);
    return yes ? FILTER_YES : FILTER_NO;
}

static enum verdict judge_values(const struct filter *filter, const struct fact_column *column,
                                 str have)
{
    enum verdict all = FILTER_NO;

    for (int i = 0; i < filter->nvalues; i++) {
        enum verdict one = compare(filter, column, have, filter->values[i]);
        if (one != FILTER_NO)
            all = one;
        if (one == FILTER_YES)
            break;
    }
    return all;
}

/* NULL compares to nothing: also not in a negated condition. */
static enum verdict judge_one(const struct filter *filter, const struct fact_column *column,
                              const struct live_value *value)
{
    enum verdict verdict = FILTER_NO;

    if (value->state == VALUE_UNKNOWN)
        return FILTER_NO;
    if (value->state == VALUE_UNCHANGED)
        return FILTER_ASK;
    if (filter->op == FILTER_IS)
        verdict = judge_is(filter, value);
    else if (value->state == VALUE_NULL && filter->op == FILTER_ISDISTINCT)
        verdict = FILTER_YES;
    else if (value->state == VALUE_NULL)
        return FILTER_NO;
    else
        verdict = judge_values(filter, column, value->text);
    if (!filter->negated || verdict == FILTER_ASK)
        return verdict;
    return verdict == FILTER_YES ? FILTER_NO : FILTER_YES;
}

enum verdict filter_judge(const struct filter *filters, const struct facts *facts,
                          const struct live_table *table, const struct live_value *row)
{
    enum verdict all = FILTER_YES;

    for (const struct filter *filter = filters; filter != NULL; filter = filter->next) {
        const struct fact_column *column = facts_column(facts, filter->column);
        int at = column == NULL ? -1 : live_table_column(table, column->name);
        bool known = at >= 0 && column->readable;
        enum verdict one = known ? judge_one(filter, column, &row[at]) : FILTER_NO;
        if (one == FILTER_NO)
            return FILTER_NO;
        if (one == FILTER_ASK)
            all = FILTER_ASK;
    }
    return all;
}

/* ---- before there is a row ---- */

static bool is_plain(const struct filter *filter, const struct facts *facts)
{
    const struct fact_column *column = facts_column(facts, filter->column);

    if (filter->op == FILTER_IS)
        return true;
    for (int i = 0; column != NULL && i < filter->nvalues; i++)
        if (compare(filter, column, STR("0"), filter->values[i]) == FILTER_ASK)
            return false;
    return column != NULL;
}

bool filter_is_plain(const struct filter *filters, const struct facts *facts)
{
    for (const struct filter *filter = filters; filter != NULL; filter = filter->next)
        if (!is_plain(filter, facts))
            return false;
    return true;
}

/* "+07" is 7, a uuid has small letters. */
static str print(arena *mem, const struct fact_column *column, str value)
{
    struct decimal number;

    if (column->kind == KIND_NUMBER && read_decimal(value, &number))
        return number.whole.len == 0
                   ? STR("0")
                   : arena_printf(mem, "%s%.*s", number.negative ? "-" : "", STR_ARG(number.whole));
    if (!str_eq(column->type, STR("uuid")))
        return value;
    char *small = h2o_mem_alloc_pool(mem, value.len + 1);
    for (size_t i = 0; i < value.len; i++)
        small[i] =
            (char)(value.at[i] >= 'A' && value.at[i] <= 'F' ? value.at[i] | 32 : value.at[i]);
    return (str){small, value.len};
}

const struct filter *filter_key(arena *mem, const struct filter *filters, const struct facts *facts,
                                str **values)
{
    for (const struct filter *filter = filters; filter != NULL; filter = filter->next) {
        const struct fact_column *column = facts_column(facts, filter->column);
        bool equal = (filter->op == FILTER_EQ || filter->op == FILTER_IN) && !filter->negated;
        if (column == NULL || !equal || !is_plain(filter, facts) ||
            !(text_is_value(column) || str_starts(column->type, STR("int"))))
            continue;
        *values = arena_array(mem, str, (size_t)filter->nvalues);
        for (int i = 0; i < filter->nvalues; i++)
            (*values)[i] = print(mem, column, filter->values[i]);
        return filter;
    }
    return NULL;
}
