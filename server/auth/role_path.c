/* Follows a path to the role through the claims; see role_path.h. Source: RFC 9535 section 2. */
#include "auth/role_path.h"

#include "auth/role_path_inside.h"

/* What a whole query selects, when more than its first value is wanted. */
struct tally {
    size_t count;
    const json_t *last;
};

/* A query on its way: what "$" is, and who counts instead of stopping at the first value. */
struct walk {
    const json_t *root;
    struct tally *tally; /* NULL: nobody */
};

static const json_t *first(const struct walk *walk, const struct segment *segment,
                           const json_t *node);
static bool passes(const struct walk *walk, const struct test *test, const json_t *node);

const json_t *role_path_find(const struct role_path *path, const json_t *claims)
{
    const struct walk walk = {.root = claims};
    return first(&walk, path->query, claims);
}

bool role_path_is_old(const struct role_path *path)
{
    return path->old;
}

/* ---- selectors ---- */

static const json_t *each_child(const struct walk *walk, const struct selector *selector,
                                const struct segment *segment, const json_t *node)
{
    const json_t *child, *found = NULL;
    const char *name;
    size_t i;

    if (json_is_object(node)) {
        void *at = json_object_iter((json_t *)(uintptr_t)node);
        for (; at != NULL && found == NULL;
             at = json_object_iter_next((json_t *)(uintptr_t)node, at)) {
            name = json_object_iter_key(at);
            child = json_object_iter_value(at);
            if (name != NULL && (selector->test == NULL || passes(walk, selector->test, child)))
                found = first(walk, segment->next, child);
        }
        return found;
    }
    json_array_foreach(node, i, child)
    {
        if (selector->test == NULL || passes(walk, selector->test, child))
            found = first(walk, segment->next, child);
        if (found != NULL)
            break;
    }
    return found;
}

static int64_t clamp(int64_t at, int64_t low, int64_t high)
{
    return at < low ? low : at > high ? high : at;
}

/* RFC 9535, 2.3.4.2: bounds count from the end when negative, and are cut to what is there. */
static const json_t *each_of_slice(const struct walk *walk, const struct selector *slice,
                                   const struct segment *segment, const json_t *node)
{
    int64_t len = (int64_t)json_array_size(node), step = slice->step;
    int64_t from = slice->has_start ? slice->index : step > 0 ? 0 : len - 1;
    int64_t to = slice->has_end ? slice->end : step > 0 ? len : -len - 1;
    const json_t *found = NULL;

    from = from < 0 ? from + len : from;
    to = to < 0 ? to + len : to;
    if (step > 0)
        for (from = clamp(from, 0, len), to = clamp(to, 0, len); from < to && found == NULL;
             from += step)
            found = first(walk, segment->next, json_array_get(node, (size_t)from));
    else if (step < 0)
        for (from = clamp(from, -1, len - 1), to = clamp(to, -1, len - 1);
             from > to && found == NULL; from += step)
            found = first(walk, segment->next, json_array_get(node, (size_t)from));
    return found;
}

static const json_t *by_name(const struct selector *selector, const json_t *node)
{
    return json_object_getn(node, selector->name.at, selector->name.len);
}

static const json_t *by_index(const struct selector *selector, const json_t *node)
{
    int64_t len = (int64_t)json_array_size(node);
    int64_t at = selector->index < 0 ? selector->index + len : selector->index;

    return at < 0 || at >= len ? NULL : json_array_get(node, (size_t)at);
}

static const json_t *select_from(const struct walk *walk, const struct selector *selector,
                                 const struct segment *segment, const json_t *node)
{
    const json_t *child = NULL;

    switch (selector->kind) {
    case SELECT_NAME:
        child = by_name(selector, node);
        break;
    case SELECT_INDEX:
        child = by_index(selector, node);
        break;
    case SELECT_SLICE:
        return each_of_slice(walk, selector, segment, node);
    case SELECT_ALL:
    case SELECT_FILTER:
        return each_child(walk, selector, segment, node);
    }
    return child == NULL ? NULL : first(walk, segment->next, child);
}

/* The same segment again, in everything below. Claims are at most JSON_DEPTH_MAX deep. */
static const json_t *first_below(const struct walk *walk, const struct segment *segment,
                                 const json_t *node)
{
    const struct selector all = {.kind = SELECT_ALL};
    const struct segment again = {.next = segment};

    return each_child(walk, &all, &again, node);
}

static const json_t *arrive(const struct walk *walk, const json_t *node)
{
    if (walk->tally == NULL)
        return node;
    walk->tally->count++;
    walk->tally->last = node;
    return NULL;
}

static const json_t *first(const struct walk *walk, const struct segment *segment,
                           const json_t *node)
{
    const json_t *found = NULL;

    if (segment == NULL)
        return arrive(walk, node);
    for (const struct selector *selector = segment->selectors; selector != NULL && found == NULL;
         selector = selector->or_else)
        found = select_from(walk, selector, segment, node);
    if (found == NULL && segment->deep)
        found = first_below(walk, segment, node);
    return found;
}

/* ---- filters ---- */

/* One side of a comparison: what is there, nothing, or a number that a function made. */
struct value {
    const json_t *json; /* NULL: nothing, or made */
    bool made;
    double number;
};

static struct value value_of(const struct walk *walk, const struct operand *operand,
                             const json_t *node);

static struct value made(size_t number)
{
    return (struct value){.made = true, .number = (double)number};
}

/* The inner query has its own tally, or none, whatever the outer one does. */
static struct tally tally(const struct walk *walk, const struct operand *operand,
                          const json_t *node)
{
    struct tally all = {0, NULL};
    const struct walk counting = {.root = walk->root, .tally = &all};

    first(&counting, operand->query, operand->from_root ? walk->root : node);
    return all;
}

/* UTF-8: every byte but those that continue a character begins one. */
static size_t count_characters(const json_t *string)
{
    const char *text = json_string_value(string);
    size_t count = 0;

    for (size_t i = 0; i < json_string_length(string); i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* RFC 9535, 2.4.4: of anything else, nothing. */
static struct value length_of(struct value value)
{
    if (json_is_string(value.json))
        return made(count_characters(value.json));
    if (json_is_array(value.json))
        return made(json_array_size(value.json));
    if (json_is_object(value.json))
        return made(json_object_size(value.json));
    return (struct value){.json = NULL};
}

static struct value value_of(const struct walk *walk, const struct operand *operand,
                             const json_t *node)
{
    const struct walk inner = {.root = walk->root};
    struct tally all;

    switch (operand->function) {
    case FUNCTION_LENGTH:
        return length_of(value_of(walk, operand->of, node));
    case FUNCTION_COUNT:
        return made(tally(walk, operand, node).count);
    case FUNCTION_VALUE:
        all = tally(walk, operand, node);
        return (struct value){.json = all.count == 1 ? all.last : NULL};
    case FUNCTION_NONE:
        break;
    }
    if (operand->literal != NULL)
        return (struct value){.json = operand->literal};
    return (struct value){
        .json = first(&inner, operand->query, operand->from_root ? walk->root : node)};
}

static str text_of(const json_t *string)
{
    return (str){json_string_value(string), json_string_length(string)};
}

static bool is_number(struct value value)
{
    return value.made || json_is_number(value.json);
}

static double number_of(struct value value)
{
    return value.made ? value.number : json_number_value(value.json);
}

static bool less(struct value a, struct value b)
{
    if (is_number(a) && is_number(b))
        return number_of(a) < number_of(b);
    if (!json_is_string(a.json) || !json_is_string(b.json))
        return false;
    str left = text_of(a.json), right = text_of(b.json);
    size_t len = left.len < right.len ? left.len : right.len;
    int order = memcmp(left.at, right.at, len);
    return order < 0 || (order == 0 && left.len < right.len);
}

/* What is absent equals what is absent. RFC 9535, 2.3.5.2.2. */
static bool equal(struct value a, struct value b)
{
    if (is_number(a) && is_number(b))
        return !less(a, b) && !less(b, a);
    if (a.made || b.made)
        return false;
    return a.json == b.json || (a.json != NULL && b.json != NULL && json_equal(a.json, b.json));
}

static bool compare(enum compare how, struct value a, struct value b)
{
    switch (how) {
    case COMPARE_EQ:
        return equal(a, b);
    case COMPARE_NE:
        return !equal(a, b);
    case COMPARE_LT:
        return less(a, b);
    case COMPARE_LE:
        return less(a, b) || equal(a, b);
    case COMPARE_GT:
        return less(b, a);
    case COMPARE_GE:
        return less(b, a) || equal(a, b);
    }
    return false;
}

static bool contains(str text, str part)
{
    return part.len == 0 || memmem(text.at, text.len, part.at, part.len) != NULL;
}

static bool matches_text(const struct test *test, const json_t *left, const json_t *right)
{
    if (!json_is_string(left))
        return false;
    switch (test->kind) {
    case TEST_DIFFERS:
        return !str_eq(text_of(left), text_of(right));
    case TEST_STARTS:
        return str_starts(text_of(left), text_of(right));
    case TEST_ENDS:
        return str_ends(text_of(left), text_of(right));
    case TEST_CONTAINS:
        return contains(text_of(left), text_of(right));
    default:
        return regexec(test->regex, json_string_value(left), 0, NULL, 0) == 0;
    }
}

static bool passes(const struct walk *walk, const struct test *test, const json_t *node)
{
    switch (test->kind) {
    case TEST_AND:
        return passes(walk, test->a, node) && passes(walk, test->b, node);
    case TEST_OR:
        return passes(walk, test->a, node) || passes(walk, test->b, node);
    case TEST_NOT:
        return !passes(walk, test->a, node);
    case TEST_EXISTS:
        return value_of(walk, &test->left, node).json != NULL;
    case TEST_COMPARE:
        return compare(test->compare, value_of(walk, &test->left, node),
                       value_of(walk, &test->right, node));
    default:
        return matches_text(test, value_of(walk, &test->left, node).json, test->right.literal);
    }
}
