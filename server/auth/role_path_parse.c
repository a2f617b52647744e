/* Reads a path to the role; see role_path.h. Source: RFC 9535 sections 2.2 to 2.5, appendix A;
 * PostgREST "Configuration" (jwt-role-claim-key). */
#include <ctype.h>
#include <stdlib.h>

#include "auth/role_path_inside.h"
#include "base/buf.h"

static const struct segment *read_segments(struct path_reader *in);
static const struct test *read_or(struct path_reader *in);

const struct role_path *role_path_parse(arena *mem, str text, str *why)
{
    struct role_path *path = arena_new(mem, struct role_path);
    struct path_reader in = {.mem = mem,
                             .rest = arena_copy(mem, text.at == NULL ? STR("$.role") : text)};

    in.bad = in.rest.len > PATH_BYTES_MAX;
    path->old = !str_starts(in.rest, STR("$"));
    if (path->old)
        path->query = path_read_old(&in);
    else {
        in.rest = str_skip(in.rest, 1);
        path->query = read_segments(&in);
    }
    if (!in.bad && in.rest.len == 0)
        return path;
    *why = arena_printf(mem,
                        "JWT_ROLE_CLAIM_KEY is not valid: failed to parse role-claim-key value "
                        "(%.*s); a path such as $.role or $.app.roles[0] is expected.",
                        STR_ARG(text));
    return NULL;
}

/* A string in either quotes becomes JSON's, which jansson reads. */
static void put_inside(struct buf *buf, char quote, str escaped)
{
    if (escaped.at[0] == '\'' && quote == '\'')
        buf_putc(buf, '\'');
    else if (escaped.at[0] == '"' && quote == '\'')
        buf_put(buf, STR("\\\"")); /* a plain quotation mark within apostrophes */
    else
        buf_put(buf, (str){escaped.at - 1, 2});
}

static const json_t *read_literal_string(struct path_reader *in)
{
    char quote = in->rest.at[0];
    struct buf buf;
    size_t i = 1;

    buf_init(&buf, in->mem, (size_t)PATH_BYTES_MAX * 2);
    buf_putc(&buf, '"');
    for (; i < in->rest.len && in->rest.at[i] != quote; i++) {
        str at = str_skip(in->rest, i);
        if (at.at[0] == '\\' && at.len > 1) {
            put_inside(&buf, quote, str_skip(at, 1));
            i++;
        } else {
            buf_put(&buf, at.at[0] == '"' ? STR("\\\"") : (str){at.at, 1});
        }
    }
    buf_putc(&buf, '"');
    in->bad = in->bad || i >= in->rest.len;
    in->rest = str_skip(in->rest, i + 1);
    return path_keep(in, json_loadb(buf.at, buf.len, JSON_DECODE_ANY, NULL));
}

static bool at_quote(const struct path_reader *in)
{
    return in->rest.len > 0 && (in->rest.at[0] == '"' || in->rest.at[0] == '\'');
}

static str read_string(struct path_reader *in)
{
    const json_t *json = read_literal_string(in);
    return json == NULL ? STR("") : (str){json_string_value(json), json_string_length(json)};
}

/* ---- selectors and segments ---- */

static str read_name(struct path_reader *in)
{
    size_t len = 0;

    while (len < in->rest.len && path_name_byte(in->rest.at[len], len == 0))
        len++;
    str name = {in->rest.at, len};
    in->rest = str_skip(in->rest, len);
    in->bad = in->bad || len == 0;
    return name;
}

static void read_slice(struct path_reader *in, struct selector *selector)
{
    selector->kind = SELECT_SLICE;
    selector->step = 1;
    path_blanks(in);
    selector->has_end = path_at_number(in);
    if (selector->has_end)
        selector->end = path_integer(in);
    if (!path_take_spaced(in, STR(":")))
        return;
    if (path_at_number(in))
        selector->step = path_integer(in);
}

static void read_position(struct path_reader *in, struct selector *selector)
{
    selector->has_start = path_at_number(in);
    if (selector->has_start)
        selector->index = path_integer(in);
    selector->kind = SELECT_INDEX;
    if (path_take_spaced(in, STR(":")))
        read_slice(in, selector);
    else
        in->bad = in->bad || !selector->has_start;
}

static const struct selector *read_selector(struct path_reader *in)
{
    struct selector *selector = PART(in, struct selector);

    path_blanks(in);
    if (at_quote(in)) {
        selector->kind = SELECT_NAME;
        selector->name = read_string(in);
    } else if (path_take(in, STR("*"))) {
        selector->kind = SELECT_ALL;
    } else if (path_take(in, STR("?"))) {
        selector->kind = SELECT_FILTER;
        selector->test = read_or(in);
    } else {
        read_position(in, selector);
    }
    if (!in->bad && path_take_spaced(in, STR(",")))
        selector->or_else = read_selector(in);
    return selector;
}

static const struct selector *read_dotted(struct path_reader *in)
{
    struct selector *selector = PART(in, struct selector);

    selector->kind = SELECT_ALL;
    if (path_take(in, STR("*")))
        return selector;
    selector->kind = SELECT_NAME;
    selector->name = read_name(in);
    return selector;
}

static bool read_segment(struct path_reader *in, struct segment *segment)
{
    segment->deep = path_take(in, STR(".."));
    in->bad = in->bad || (segment->deep && ++in->deep > PATH_DEEP_MAX);
    if (path_take(in, STR("["))) {
        segment->selectors = read_selector(in);
        in->bad = in->bad || !path_take(in, STR("]"));
        return true;
    }
    if (!segment->deep && !path_take(in, STR(".")))
        return false;
    segment->selectors = read_dotted(in);
    return true;
}

static const struct segment *read_segments(struct path_reader *in)
{
    const struct segment *head = NULL, **last = &head;

    for (;;) {
        struct segment *segment = PART(in, struct segment);
        if (in->bad || !read_segment(in, segment))
            return head;
        *last = segment;
        last = &segment->next;
    }
}

/* ---- filters ---- */

static bool at_query(struct path_reader *in, struct operand *operand)
{
    operand->from_root = str_starts(in->rest, STR("$"));
    if (!operand->from_root && !str_starts(in->rest, STR("@")))
        return false;
    in->rest = str_skip(in->rest, 1);
    operand->query = read_segments(in);
    return true;
}

static const json_t *read_literal_word(struct path_reader *in)
{
    size_t len = 0;

    while (len < in->rest.len && (isalnum((unsigned char)in->rest.at[len]) ||
                                  str_find(STR("+-."), in->rest.at[len]) >= 0))
        len++;
    json_t *json = json_loadb(in->rest.at, len, JSON_DECODE_ANY, NULL);
    in->rest = str_skip(in->rest, len);
    return path_keep(in, json);
}

static struct operand read_operand(struct path_reader *in);

/* It selects one value at most: names and indexes, one at a time. */
static bool is_singular(const struct segment *query)
{
    for (; query != NULL; query = query->next) {
        const struct selector *only = query->selectors;
        if (query->deep || only == NULL || only->or_else != NULL ||
            (only->kind != SELECT_NAME && only->kind != SELECT_INDEX))
            return false;
    }
    return true;
}

static void need_value(struct path_reader *in, const struct operand *operand)
{
    if (operand->function == FUNCTION_NONE && operand->literal == NULL)
        in->bad = in->bad || !is_singular(operand->query);
}

/* The argument of a function: of length() a value, which may be another function's; else any
 * query. */
static void read_argument(struct path_reader *in, struct operand *operand)
{
    struct operand *of;

    if (operand->function == FUNCTION_LENGTH) {
        of = PART(in, struct operand);
        if (!in->bad)
            *of = read_operand(in);
        need_value(in, of);
        operand->of = of;
    } else {
        path_blanks(in);
        in->bad = in->bad || !at_query(in, operand);
    }
    path_need(in, STR(")"));
}

static bool at_function(struct path_reader *in, struct operand *operand)
{
    static const struct {
        str name;
        enum function function;
    } functions[] = {
        {STR_ROW("length("), FUNCTION_LENGTH},
        {STR_ROW("count("),  FUNCTION_COUNT },
        {STR_ROW("value("),  FUNCTION_VALUE },
    };

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (!path_take(in, functions[i].name))
            continue;
        operand->function = functions[i].function;
        read_argument(in, operand);
        return true;
    }
    return false;
}

/* A value: a literal, what a function makes, or what a query selects, which is a value only when
 * it cannot be two. */
static struct operand read_operand(struct path_reader *in)
{
    struct operand operand = {.literal = NULL};

    path_blanks(in);
    if (at_function(in, &operand))
        return operand;
    if (!at_query(in, &operand))
        operand.literal = at_quote(in) ? read_literal_string(in) : read_literal_word(in);
    return operand;
}

static void free_regex(void *regex)
{
    regfree(regex);
}

/* search(@, "part") and match(@, "whole") */
static const struct test *read_regex(struct path_reader *in, bool whole)
{
    struct test *test = PART(in, struct test);
    regex_t *regex = arena_new(in->mem, regex_t);

    test->kind = TEST_REGEX;
    test->left = read_operand(in);
    path_need(in, STR(","));
    if (in->bad || !at_quote(in)) {
        in->bad = true;
        return test;
    }
    str pattern = read_string(in);
    const char *text = arena_printf(in->mem, whole ? "^(%.*s)$" : "%.*s", STR_ARG(pattern)).at;
    path_need(in, STR(")"));
    if (in->bad || regcomp(regex, text, REG_EXTENDED | REG_NOSUB) != 0) {
        in->bad = true;
        return test;
    }
    arena_on_death(in->mem, free_regex, regex);
    test->regex = regex;
    return test;
}

static const struct test *read_comparison(struct path_reader *in)
{
    static const struct {
        str word;
        enum compare compare;
    } words[] = {
        {STR_ROW("=="), COMPARE_EQ},
        {STR_ROW("!="), COMPARE_NE},
        {STR_ROW("<="), COMPARE_LE},
        {STR_ROW(">="), COMPARE_GE},
        {STR_ROW("<"),  COMPARE_LT},
        {STR_ROW(">"),  COMPARE_GT},
    };
    struct test *test = PART(in, struct test);

    test->left = read_operand(in);
    path_blanks(in);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!path_take(in, words[i].word))
            continue;
        test->kind = TEST_COMPARE;
        test->compare = words[i].compare;
        test->right = read_operand(in);
        need_value(in, &test->left);
        need_value(in, &test->right);
        return test;
    }
    test->kind = TEST_EXISTS;
    in->bad = in->bad || test->left.literal != NULL || test->left.function != FUNCTION_NONE;
    return test;
}

static const struct test *read_basic(struct path_reader *in)
{
    path_blanks(in);
    if (path_take(in, STR("!"))) {
        struct test *test = PART(in, struct test);
        test->kind = TEST_NOT;
        test->a = in->bad ? NULL : read_basic(in);
        return test;
    }
    if (path_take(in, STR("("))) {
        const struct test *inner = read_or(in);
        path_need(in, STR(")"));
        return inner;
    }
    if (path_take(in, STR("search(")))
        return read_regex(in, false);
    if (path_take(in, STR("match(")))
        return read_regex(in, true);
    return read_comparison(in);
}

static const struct test *join(struct path_reader *in, enum test_kind kind, const struct test *a,
                               const struct test *b)
{
    struct test *test = PART(in, struct test);

    *test = (struct test){.kind = kind, .a = a, .b = b};
    return test;
}

static const struct test *read_and(struct path_reader *in)
{
    const struct test *test = read_basic(in);

    while (!in->bad && path_take_spaced(in, STR("&&")))
        test = join(in, TEST_AND, test, read_basic(in));
    return test;
}

static const struct test *read_or(struct path_reader *in)
{
    const struct test *test = NULL;

    if (++in->depth > PATH_DEPTH_MAX)
        in->bad = true;
    else
        test = read_and(in);
    while (!in->bad && path_take_spaced(in, STR("||")))
        test = join(in, TEST_OR, test, read_and(in));
    in->depth--;
    return test;
}
