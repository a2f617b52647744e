/* See condition.h. Source: PostgREST "Operators", "Logical operators". */
#include "rest/condition.h"

#include <ctype.h>

#define EXPECT_OPERATOR "operator (eq, gt, ...)"
#define EXPECT_NODE EXPECT_NAME ", negation operator (not) or logic operator (and, or)"

/* A value inside a tree ends at a comma or parenthesis; outside it is the whole rest. */
enum nesting { NESTED, ALONE };

static bool is_word_byte(char byte)
{
    return isalpha((unsigned char)byte) || byte == '_';
}

static str take_word(struct scan *scan)
{
    size_t start = scan->at;
    while (!scan_at_end(scan) && is_word_byte(scan_peek(scan)))
        scan->at++;
    return (str){scan->text.at + start, scan->at - start};
}

static str take_until(struct scan *scan, const char *stops)
{
    size_t start = scan->at;
    while (!scan_at_end(scan) && strchr(stops, scan_peek(scan)) == NULL)
        scan->at++;
    return (str){scan->text.at + start, scan->at - start};
}

/* What may stand in parentheses between an operator and its dot: eq(any). fts(english). */
static const struct fail *read_modifier(struct scan *scan, struct condition *condition)
{
    if (condition->op->operand == OPERAND_TSQUERY && scan_take(scan, STR("("))) {
        condition->config = take_until(scan, ")");
        return scan_take(scan, STR(")")) ? NULL : scan_fail(scan, "\")\"");
    }
    if (condition->op->quantified && scan_take(scan, STR("(any)")))
        condition->quantifier = QUANTIFIER_ANY;
    else if (condition->op->quantified && scan_take(scan, STR("(all)")))
        condition->quantifier = QUANTIFIER_ALL;
    return NULL;
}

/* The operator and its dot. */
static const struct fail *read_operator(struct scan *scan, struct condition *condition)
{
    size_t start = scan->at;
    condition->op = op_find(take_word(scan));
    if (condition->op == NULL) {
        scan->at = start;
        return scan_fail(scan,
                         condition->negated ? EXPECT_OPERATOR : "\"not\" or " EXPECT_OPERATOR);
    }
    TRY(read_modifier(scan, condition));
    return scan_take(scan, STR(".")) ? NULL : scan_fail(scan, EXPECT_OPERATOR);
}

/* PostgreSQL, 8.15.2 Array Value Input: every element quoted, so that it is never NULL. */
static void put_element(struct buf *list, str element)
{
    buf_putc(list, '"');
    for (size_t i = 0; i < element.len; i++) {
        if (element.at[i] == '"' || element.at[i] == '\\')
            buf_putc(list, '\\');
        buf_putc(list, element.at[i]);
    }
    buf_putc(list, '"');
}

/* A quoted element counts as quoted only when a comma or parenthesis follows. */
static str take_element(struct scan *scan)
{
    size_t start = scan->at;
    str element;
    if (scan_peek(scan) == '"' && scan_quoted(scan, &element) &&
        (scan_peek(scan) == ',' || scan_peek(scan) == ')'))
        return element;
    scan->at = start;
    return take_until(scan, ",)");
}

static const struct fail *read_list(struct scan *scan, struct condition *condition)
{
    struct buf list;

    if (!scan_take(scan, STR("(")))
        return scan_fail(scan, "\"(\"");
    while (scan_peek(scan) == ' ')
        scan->at++;
    buf_init(&list, scan->mem, scan->text.len * 3 + 8); /* a comma is at most "", */
    buf_putc(&list, '{');
    if (!scan_take(scan, STR(")"))) {
        do {
            if (list.len > 1)
                buf_putc(&list, ',');
            put_element(&list, take_element(scan));
        } while (scan_take(scan, STR(",")));
        if (!scan_take(scan, STR(")")))
            return scan_fail(scan, "\",\" or \")\"");
    }
    buf_putc(&list, '}');
    condition->value = buf_str(&list);
    return NULL;
}

static size_t shared_start(str a, str b)
{
    size_t len = 0;
    while (len < a.len && len < b.len && str_ieq((str){a.at + len, 1}, (str){b.at + len, 1}))
        len++;
    return len;
}

/* A word that is none of them fails where it leaves the last it could have been. */
static const struct fail *read_keyword(struct scan *scan, struct condition *condition)
{
    static const char *const keywords[] = {"null", "not_null", "true", "false", "unknown"};
    size_t start = scan->at, shared = 0;

    condition->value = take_word(scan);
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        size_t len = shared_start(condition->value, str_from(keywords[i]));
        if (len == strlen(keywords[i]) && len == condition->value.len)
            return NULL;
        shared = len > shared ? len : shared;
    }
    scan->at = start + shared;
    return scan_fail(scan, "null or trilean value (unknown, true, false)");
}

/* Inside a tree: quoted, an array in braces, or anything up to a comma or parenthesis. */
static void read_nested_value(struct scan *scan, struct condition *condition)
{
    size_t start = scan->at;

    if (scan_peek(scan) == '"' && scan_quoted(scan, &condition->value) &&
        (scan_peek(scan) == ',' || scan_peek(scan) == ')'))
        return;
    scan->at = start;
    if (scan_peek(scan) == '{') {
        take_until(scan, "}");
        if (scan_take(scan, STR("}"))) {
            condition->value = (str){scan->text.at + start, scan->at - start};
            return;
        }
        scan->at = start;
    }
    condition->value = take_until(scan, ",)");
}

static const struct fail *read_expression(struct scan *scan, enum nesting nesting,
                                          struct condition *condition)
{
    condition->negated = scan_take(scan, STR("not."));
    TRY(read_operator(scan, condition));
    if (condition->op->operand == OPERAND_LIST)
        return read_list(scan, condition);
    if (condition->op->operand == OPERAND_KEYWORD)
        return read_keyword(scan, condition);
    if (nesting == NESTED) {
        read_nested_value(scan, condition);
        return NULL;
    }
    condition->value = str_skip(scan->text, scan->at);
    scan->at = scan->text.len;
    return NULL;
}

const struct fail *condition_read(arena *mem, struct field field, str text,
                                  struct condition **condition)
{
    struct condition *made = arena_new(mem, struct condition);
    struct scan scan;

    scan_init(&scan, mem, "filter", text);
    made->kind = CONDITION_FILTER;
    made->field = field;
    TRY(read_expression(&scan, ALONE, made));
    if (!scan_at_end(&scan))
        return scan_fail_end(&scan, "end of input");
    *condition = made;
    return NULL;
}

bool condition_looks_like(arena *mem, str text)
{
    struct condition ignored = {.kind = CONDITION_FILTER};
    struct scan scan;

    scan_init(&scan, mem, "filter", text);
    return read_expression(&scan, ALONE, &ignored) == NULL;
}

static const struct fail *read_tree(struct scan *scan, struct condition *condition, int depth);

/* "and(" or "or(", perhaps with "not." before it. */
static bool take_branch(struct scan *scan, struct condition *condition)
{
    size_t start = scan->at;

    condition->negated = scan_take(scan, STR("not."));
    condition->kind = CONDITION_AND;
    if (scan_take(scan, STR("and")) && scan_peek(scan) == '(')
        return true;
    condition->kind = CONDITION_OR;
    if (scan_take(scan, STR("or")) && scan_peek(scan) == '(')
        return true;
    scan->at = start;
    return false;
}

static const struct fail *read_node(struct scan *scan, struct condition *condition, int depth)
{
    if (take_branch(scan, condition))
        return read_tree(scan, condition, depth + 1);
    condition->kind = CONDITION_FILTER;
    if (scan_at_end(scan) || scan_peek(scan) == ')' || scan_peek(scan) == ',')
        return scan_fail(scan, EXPECT_NODE);
    TRY(scan_field(scan, &condition->field));
    if (!scan_take(scan, STR(".")))
        return scan_fail(scan, "\".\" or \"->\"");
    return read_expression(scan, NESTED, condition);
}

static const struct fail *read_tree(struct scan *scan, struct condition *condition, int depth)
{
    struct condition **last = &condition->children;

    if (depth > CONDITION_DEPTH_MAX)
        return scan_fail(scan, "a tree at most 32 deep");
    if (!scan_take(scan, STR("(")))
        return scan_fail(scan, "\"(\"");
    do {
        while (scan_peek(scan) == ' ')
            scan->at++;
        *last = arena_new(scan->mem, struct condition);
        TRY(read_node(scan, *last, depth));
        last = &(*last)->next;
    } while (scan_take(scan, STR(",")));
    return scan_take(scan, STR(")")) ? NULL : scan_fail(scan, "\",\" or \")\"");
}

const struct fail *condition_read_tree(arena *mem, enum condition_kind kind, bool negated, str text,
                                       struct condition **condition)
{
    struct condition *made = arena_new(mem, struct condition);
    struct scan scan;

    scan_init(&scan, mem, "logic tree", text);
    scan.before = (negated ? strlen("not.") : 0) + strlen(kind == CONDITION_OR ? "or" : "and");
    made->kind = kind;
    made->negated = negated;
    TRY(read_tree(&scan, made, 1));
    if (!scan_at_end(&scan))
        return scan_fail_end(&scan, "end of input");
    *condition = made;
    return NULL;
}
