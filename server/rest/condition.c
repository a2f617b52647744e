/* See condition.h. Source: PostgREST "Operators", "Logical operators". */
#include "rest/condition.h"

#include <ctype.h>

#include "base/array_text.h"

#define OPERATOR STR("operator (eq, gt, ...)")
#define KEYWORD STR("isVal: (null, not_null, true, false, unknown)")

/* A value inside a tree ends at a comma or parenthesis; outside it is the whole rest. */
enum nesting { NESTED, ALONE };

/* ---- operators ---- */

/* fts(english). */
static void read_config(struct scan *scan, struct condition *condition)
{
    struct trial trial = scan_try(scan);

    if (scan_take(scan, STR("(")) && scan_read_word(scan, &condition->config) &&
        scan_take(scan, STR(")")))
        return;
    condition->config = (str){NULL, 0};
    scan_back(scan, &trial);
}

/* eq(any). eq(all). */
static void read_quantifier(struct scan *scan, struct condition *condition)
{
    struct trial trial = scan_try(scan);
    enum quantifier quantifier = QUANTIFIER_ANY;

    bool opened = scan_take(scan, STR("("));
    if (opened && scan_take(scan, STR("all")))
        quantifier = QUANTIFIER_ALL;
    else if (opened)
        opened = scan_take(scan, STR("any"));
    if (opened && scan_take(scan, STR(")")))
        condition->quantifier = quantifier;
    else
        scan_back(scan, &trial);
}

/* One operator with its modifier and dot. */
static bool try_operator(struct scan *scan, const struct op *op, struct condition *condition)
{
    struct trial trial = scan_try(scan);

    if (!scan_take(scan, op->name))
        return scan_back(scan, &trial);
    condition->op = op;
    condition->quantifier = QUANTIFIER_NONE;
    if (op->operand == OPERAND_TSQUERY)
        read_config(scan, condition);
    else if (op->quantified)
        read_quantifier(scan, condition);
    return scan_take_dot(scan) || scan_back(scan, &trial);
}

static bool read_operator(struct scan *scan, struct condition *condition)
{
    struct trial trial = scan_try(scan);
    const struct op *op;

    for (int i = 0; (op = op_at(i)) != NULL; i++)
        if (scan_sees(scan, op->name) && try_operator(scan, op, condition))
            return true;
    scan_forget(scan); /* none: once more, for what would have fitted */
    for (int i = 0; (op = op_at(i)) != NULL; i++)
        try_operator(scan, op, condition);
    return scan_back_as(scan, &trial, OPERATOR);
}

/* ---- values ---- */

/* A quoted text counts as quoted only when the value ends behind it. */
static bool take_quoted(struct scan *scan, str *text)
{
    struct trial trial = scan_try(scan);

    if (scan_peek(scan) != '"')
        return scan_miss(scan, STR("\"\\\"\""));
    if (scan_quoted(scan, text) &&
        (scan_at_end(scan) || scan_peek(scan) == ',' || scan_peek(scan) == ')'))
        return true;
    return scan_back(scan, &trial);
}

static str take_element(struct scan *scan)
{
    str element = {NULL, 0};
    return take_quoted(scan, &element) ? element : scan_until(scan, ",)");
}

/* A lone element that is empty is none. */
static bool read_list(struct scan *scan, struct condition *condition)
{
    struct buf list;
    str element = {NULL, 0};

    scan_white(scan);
    if (!scan_take(scan, STR("(")))
        return false;
    scan_white(scan);
    buf_init(&list, scan->mem, scan->text.len * 3 + 8); /* a comma is at most "", */
    buf_putc(&list, '{');
    do {
        element = take_element(scan);
        if (condition->elements++ > 0)
            scan_forget(scan);
        array_text_put(&list, element); /* quoted, so that it is never NULL */
    } while (scan_take(scan, STR(",")));
    buf_putc(&list, '}');
    scan_white(scan);
    condition->value = condition->elements == 1 && element.len == 0 ? STR("{}") : buf_str(&list);
    if (!scan_take(scan, STR(")")))
        return false;
    scan_white(scan);
    return true;
}

/* As many characters of the keyword as come next, in either case. */
static size_t shared_start(const struct scan *scan, str keyword)
{
    size_t len = 0;
    while (len < keyword.len && scan->at + len < scan->text.len &&
           str_ieq((str){scan->text.at + scan->at + len, 1}, (str){keyword.at + len, 1}))
        len++;
    return len;
}

/* What fits none of them fails where it leaves the last it could have been. */
static bool read_keyword(struct scan *scan, struct condition *condition)
{
    static const str keywords[] = {STR_ROW("null"), STR_ROW("not_null"), STR_ROW("true"),
                                   STR_ROW("false"), STR_ROW("unknown")};
    size_t shared = 0;

    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        size_t len = shared_start(scan, keywords[i]);
        if (len == keywords[i].len) {
            condition->value = keywords[i];
            scan_move(scan, len);
            return true;
        }
        shared = len > shared ? len : shared;
    }
    scan_move(scan, shared);
    return scan_miss(scan, KEYWORD);
}

/* {1,2}, without braces inside. */
static bool take_array(struct scan *scan, str *text)
{
    struct trial trial = scan_try(scan);

    if (!scan_take(scan, STR("{")))
        return scan_back(scan, &trial);
    scan_until(scan, "{}");
    if (!scan_take(scan, STR("}")))
        return scan_back(scan, &trial);
    *text = (str){scan->text.at + trial.at, scan->at - trial.at};
    return true;
}

static void read_nested_value(struct scan *scan, struct condition *condition)
{
    if (!take_quoted(scan, &condition->value) && !take_array(scan, &condition->value))
        condition->value = scan_until(scan, ",)");
}

static bool take_not(struct scan *scan)
{
    struct trial trial = scan_try(scan);
    return (scan_take(scan, STR("not")) && scan_take_dot(scan)) || scan_back(scan, &trial);
}

static bool read_expression(struct scan *scan, enum nesting nesting, struct condition *condition)
{
    condition->negated = take_not(scan);
    if (!read_operator(scan, condition) || condition->op == NULL)
        return false;
    if (condition->op->operand == OPERAND_LIST)
        return read_list(scan, condition);
    if (condition->op->operand == OPERAND_KEYWORD)
        return read_keyword(scan, condition);
    if (nesting == NESTED) {
        read_nested_value(scan, condition);
        return true;
    }
    condition->value = scan_until(scan, "");
    return true;
}

static const struct fail *check_list(arena *mem, const struct condition *condition)
{
    if (condition->elements <= ELEMENTS_MAX)
        return NULL;
    return fail_new(mem, FAIL_BAD_QUERY, "A list has more than %d elements", ELEMENTS_MAX);
}

/* What stands behind a complete list or keyword is not looked at, as in PostgREST. */
const struct fail *condition_read(arena *mem, struct field field, str text,
                                  struct condition **condition)
{
    struct condition *made = arena_new(mem, struct condition);
    struct scan scan;

    scan_init(&scan, mem, "filter", text);
    made->kind = CONDITION_FILTER;
    made->field = field;
    if (!read_expression(&scan, ALONE, made))
        return scan_refuse(&scan);
    *condition = made;
    return check_list(mem, made);
}

bool condition_looks_like(arena *mem, str text)
{
    struct condition ignored = {.kind = CONDITION_FILTER};
    struct scan scan;

    scan_init(&scan, mem, "filter", text);
    return read_expression(&scan, ALONE, &ignored) || scan.at > 0;
}

/* ---- trees ---- */

static const struct fail *read_branch(struct scan *scan, struct condition *condition, int depth);

static bool read_leaf(struct scan *scan, struct condition *condition)
{
    struct trial trial = scan_try(scan);

    condition->kind = CONDITION_FILTER;
    if (scan_read_field(scan, &condition->field) && scan_take_dot(scan) &&
        read_expression(scan, NESTED, condition))
        return true;
    return scan_back(scan, &trial);
}

static const struct fail *read_node(struct scan *scan, struct condition *condition, int depth)
{
    if (read_leaf(scan, condition))
        return check_list(scan->mem, condition);
    *condition = (struct condition){.kind = CONDITION_OR};
    return read_branch(scan, condition, depth);
}

static const struct fail *read_children(struct scan *scan, struct condition *condition, int depth)
{
    struct condition **last = &condition->children;

    scan_white(scan);
    if (!scan_take(scan, STR("(")))
        return scan_refuse(scan);
    do {
        scan_white(scan);
        *last = arena_new(scan->mem, struct condition);
        TRY(read_node(scan, *last, depth + 1));
        if (last != &condition->children)
            scan_forget(scan);
        last = &(*last)->next;
        scan_white(scan);
    } while (scan_take(scan, STR(",")));
    if (!scan_take(scan, STR(")")))
        return scan_refuse(scan);
    scan_white(scan);
    return NULL;
}

/* not.and(...), or(...) */
static const struct fail *read_branch(struct scan *scan, struct condition *condition, int depth)
{
    if (depth > CONDITION_DEPTH_MAX)
        return fail_new(scan->mem, FAIL_BAD_QUERY, "A logic tree is more than %d levels deep",
                        CONDITION_DEPTH_MAX);
    struct trial trial = scan_try(scan);
    condition->negated = take_not(scan);
    if (!condition->negated)
        scan_back_as(scan, &trial, STR("negation operator (not)"));
    trial = scan_try(scan);
    if (scan_take(scan, STR("and")))
        condition->kind = CONDITION_AND;
    else if (!scan_take(scan, STR("or"))) {
        scan_back_as(scan, &trial, STR("logic operator (and, or)"));
        return scan_refuse(scan);
    }
    return read_children(scan, condition, depth);
}

/* What stands behind the closing parenthesis is not looked at, as in PostgREST. */
const struct fail *condition_read_tree(arena *mem, enum condition_kind kind, bool negated, str text,
                                       struct condition **condition)
{
    struct condition *made = arena_new(mem, struct condition);
    struct scan scan;

    scan_init(&scan, mem, "logic tree", text);
    scan.before = (negated ? strlen("not.") : 0) + strlen(kind == CONDITION_OR ? "or" : "and");
    made->kind = kind;
    made->negated = negated;
    *condition = made;
    return read_children(&scan, made, 1);
}

bool condition_is_equality(const struct condition *condition)
{
    return condition->kind == CONDITION_FILTER && !condition->negated &&
           condition->field.nsteps == 0 && condition->quantifier == QUANTIFIER_NONE &&
           condition->op != NULL && str_eq(condition->op->name, STR("eq"));
}
