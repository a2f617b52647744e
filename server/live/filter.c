/* See filter.h. */
#include "live/filter.h"

#include <stdlib.h>

static const struct {
    const char *name, *sql;
} ops[] = {
    [FILTER_EQ] = {"eq",         "="               },
    [FILTER_NEQ] = {"neq",        "<>"              },
    [FILTER_LT] = {"lt",         "<"               },
    [FILTER_LTE] = {"lte",        "<="              },
    [FILTER_GT] = {"gt",         ">"               },
    [FILTER_GTE] = {"gte",        ">="              },
    [FILTER_IN] = {"in",         "in"              },
    [FILTER_LIKE] = {"like",       "like"            },
    [FILTER_ILIKE] = {"ilike",      "ilike"           },
    [FILTER_IS] = {"is",         "is"              },
    [FILTER_MATCH] = {"match",      "~"               },
    [FILTER_IMATCH] = {"imatch",     "~*"              },
    [FILTER_ISDISTINCT] = {"isdistinct", "is distinct from"},
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
        char before = i == 0 ? '\0' : rest->at[i - 1];
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
        if (str_eq(name, str_from(ops[i].name))) {
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

static bool is_number(str value)
{
    char text[512], *end;

    if (value.len == 0 || value.len >= sizeof(text))
        return false;
    memcpy(text, value.at, value.len);
    text[value.len] = '\0';
    strtod(text, &end);
    return *end == '\0';
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
            if (!is_number(filter->values[i]))
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

/* ---- judging ---- */

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

static str normal(const struct fact_column *column, str value, char room[64])
{
    if (!str_eq(column->type, STR("uuid")) || value.len > 64)
        return value;
    for (size_t i = 0; i < value.len; i++)
        room[i] = (char)(value.at[i] >= 'A' && value.at[i] <= 'Z' ? value.at[i] + 32 : value.at[i]);
    return (str){room, value.len};
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
    char room[64];
    int order;

    if (column->array || filter->op == FILTER_LIKE || filter->op == FILTER_ILIKE ||
        filter->op == FILTER_MATCH || filter->op == FILTER_IMATCH)
        return FILTER_ASK;
    if (column->kind == KIND_NUMBER)
        return !compare_numbers(have, wanted, &order) ? FILTER_ASK
               : holds(filter->op, order)             ? FILTER_YES
                                                      : FILTER_NO;
    if (column->kind == KIND_BOOL && is_equality(filter->op) && is_keyword(wanted))
        return holds(filter->op, bool_of(have) != bool_of(wanted)) ? FILTER_YES : FILTER_NO;
    if (text_is_value(column) && is_equality(filter->op))
        return holds(filter->op, !str_eq(have, normal(column, wanted, room))) ? FILTER_YES
                                                                              : FILTER_NO;
    return FILTER_ASK;
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

    if (value->state == VALUE_UNCHANGED)
        return FILTER_NO;
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
        enum verdict one = at < 0 ? FILTER_NO : judge_one(filter, column, &row[at]);
        if (one == FILTER_NO)
            return FILTER_NO;
        if (one == FILTER_ASK)
            all = FILTER_ASK;
    }
    return all;
}

/* ---- for PostgreSQL ---- */

static void put_name(struct buf *buf, str name)
{
    buf_putc(buf, '"');
    for (size_t i = 0; i < name.len; i++)
        buf_put(buf, name.at[i] == '"' ? STR("\"\"") : (str){name.at + i, 1});
    buf_putc(buf, '"');
}

/* $n::type */
static void put_value(struct filter_sql *sql, str value, str type)
{
    sql->params[sql->nparams++] = value;
    buf_printf(&sql->text, "$%d::%.*s", sql->nparams, STR_ARG(type));
}

static void put_list(struct filter_sql *sql, const struct filter *filter, str type)
{
    buf_putc(&sql->text, '(');
    for (int i = 0; i < filter->nvalues; i++) {
        buf_put(&sql->text, i > 0 ? STR(",") : STR(""));
        put_value(sql, filter->values[i], type);
    }
    buf_putc(&sql->text, ')');
}

static void put_condition(struct filter_sql *sql, const struct filter *filter,
                          const struct fact_column *column)
{
    bool pattern = filter->op == FILTER_LIKE || filter->op == FILTER_ILIKE ||
                   filter->op == FILTER_MATCH || filter->op == FILTER_IMATCH;
    struct buf *text = &sql->text;

    buf_put(text, filter->negated ? STR("not (") : STR("("));
    put_name(text, column->name);
    buf_putc(text, ' ');
    buf_put(text, str_from(ops[filter->op].sql));
    buf_putc(text, ' ');
    if (filter->op == FILTER_IS)
        buf_put(text, filter->values[0]); /* one of four words: filter_check saw to it */
    else if (filter->op == FILTER_IN)
        put_list(sql, filter, column->full);
    else
        put_value(sql, filter->values[0], pattern ? STR("text") : column->full);
    buf_putc(text, ')');
}

static int count_values(const struct filter *filters)
{
    int count = 0;

    for (const struct filter *filter = filters; filter != NULL; filter = filter->next)
        count += filter->nvalues;
    return count;
}

void filter_sql(arena *mem, const struct filter *filters, const struct facts *facts, int given,
                struct filter_sql *sql)
{
    buf_init(&sql->text, mem, SIZE_MAX);
    sql->nparams = given;
    sql->params = arena_array(mem, str, (size_t)(given + count_values(filters)));
    for (const struct filter *filter = filters; filter != NULL; filter = filter->next) {
        const struct fact_column *column = facts_column(facts, filter->column);
        buf_put(&sql->text, sql->text.len > 0 ? STR(" and ") : STR(""));
        if (column == NULL)
            buf_put(&sql->text, STR("false"));
        else
            put_condition(sql, filter, column);
    }
}
