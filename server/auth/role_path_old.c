/* PostgREST's older path to the role: ."a name".roles[0][?(@ ^== "app_")]. Its filter is the last
 * thing in it, and looks at text only. Source: PostgREST "Configuration" up to version 15. */
#include "auth/role_path_inside.h"

static str read_old_name(struct path_reader *in)
{
    size_t len = 0;

    if (str_starts(in->rest, STR("\""))) {
        long end = str_find(str_skip(in->rest, 1), '"');
        in->bad = in->bad || end < 0;
        str name = {in->rest.at + 1, end < 0 ? 0 : (size_t)end};
        in->rest = str_skip(in->rest, name.len + 2);
        return name;
    }
    while (len < in->rest.len && (path_name_byte(in->rest.at[len], false) ||
                                  in->rest.at[len] == '$' || in->rest.at[len] == '@'))
        len++;
    str name = {in->rest.at, len};
    in->rest = str_skip(in->rest, len);
    in->bad = in->bad || len == 0;
    return name;
}

static const struct test *read_old_filter(struct path_reader *in)
{
    static const struct {
        str word;
        enum test_kind kind;
        enum compare compare;
    } words[] = {
        {STR_ROW("==^"), TEST_ENDS,     COMPARE_EQ},
        {STR_ROW("=="),  TEST_COMPARE,  COMPARE_EQ},
        {STR_ROW("!="),  TEST_DIFFERS,  COMPARE_EQ},
        {STR_ROW("^=="), TEST_STARTS,   COMPARE_EQ},
        {STR_ROW("*=="), TEST_CONTAINS, COMPARE_EQ},
    };
    struct test *test = PART(in, struct test);
    size_t i = 0, count = sizeof(words) / sizeof(words[0]);

    path_need(in, STR("@"));
    while (i < count && !path_take(in, words[i].word))
        i++;
    path_blanks(in);
    in->bad = in->bad || i == count || !str_starts(in->rest, STR("\""));
    if (in->bad)
        return test;
    str text = read_old_name(in);
    test->kind = words[i].kind;
    test->compare = words[i].compare;
    test->right.literal = path_keep(in, json_stringn(text.at, text.len));
    in->bad =
        in->bad || !path_take(in, STR(")]")) || in->rest.len > 0; /* the last thing there is */
    return test;
}

static const struct selector *read_old_selector(struct path_reader *in)
{
    struct selector *selector = PART(in, struct selector);

    if (path_take(in, STR("."))) {
        selector->kind = SELECT_NAME;
        selector->name = read_old_name(in);
    } else if (path_take(in, STR("[?("))) {
        selector->kind = SELECT_FILTER;
        selector->test = read_old_filter(in);
    } else {
        selector->kind = SELECT_INDEX;
        in->bad =
            in->bad || !path_take(in, STR("[")) || !path_at_number(in) || in->rest.at[0] == '-';
        if (!in->bad)
            selector->index = path_integer(in);
        in->bad = in->bad || !path_take(in, STR("]"));
    }
    return selector;
}

const struct segment *path_read_old(struct path_reader *in)
{
    const struct segment *head = NULL, **last = &head;

    do {
        struct segment *segment = PART(in, struct segment);
        segment->selectors = read_old_selector(in);
        *last = segment;
        last = &segment->next;
    } while (!in->bad && in->rest.len > 0);
    return head;
}
