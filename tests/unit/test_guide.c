/* server/guide/: pages found, listed and searched */
#include "guide/guide.h"

#include "route.h"

static const struct guide *guide_of(arena *mem)
{
    static const struct doc_text texts[] = {
        {STR_ROW("start.md"),          STR_ROW("# Start\n\nOne door, two doors.\n")                  },
        {STR_ROW("kbn.md"),            STR_ROW("<!-- form: kbn -->\n# k times b\nA DOOR\nno\ndoor\n")},
        {STR_ROW("roadmaps/redis.md"), STR_ROW("No heading at all, r\xC3\xA9"
                                               "dis")          },
        {STR_ROW("README.md"),         STR_ROW("# Not a page: door")                                 },
        {STR_ROW("agent/README.md"),   STR_ROW("# Not a page: door")                                 },
        {STR_ROW("a/b/c.md"),          STR_ROW("# Too deep: door")                                   },
        {STR_ROW("bad name.md"),       STR_ROW("# Not a slug: door")                                 },
        {STR_ROW("picture.png"),       STR_ROW("door")                                               },
        {STR_ROW("empty.md"),          STR_ROW("")                                                   },
    };
    return guide_make(mem, texts, sizeof(texts) / sizeof(texts[0]));
}

static void pages_are_listed_those_without_a_category_first(void **state)
{
    struct writer writer;

    writer_init(&writer, *state, 4096);
    guide_put_list(&writer, guide_of(*state));
    assert_text(
        buf_str(&writer.out),
        "{\"docs\":["
        "{\"slug\":\"empty\",\"title\":\"empty\",\"form\":null,\"category\":null},"
        "{\"slug\":\"kbn\",\"title\":\"k times b\",\"form\":\"kbn\",\"category\":null},"
        "{\"slug\":\"start\",\"title\":\"Start\",\"form\":null,\"category\":null},"
        "{\"slug\":\"redis\",\"title\":\"redis\",\"form\":null,\"category\":\"roadmaps\"}]}");
}

static void a_page_is_found_in_its_category_only(void **state)
{
    static const struct {
        str category, slug;
        bool there;
    } cases[] = {
        {{NULL, 0},           STR_ROW("start"),  true },
        {STR_ROW("roadmaps"), STR_ROW("redis"),  true },
        {{NULL, 0},           STR_ROW("redis"),  false},
        {STR_ROW("roadmaps"), STR_ROW("start"),  false},
        {STR_ROW("agent"),    STR_ROW("README"), false},
        {{NULL, 0},           STR_ROW("Start"),  false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(guide_find(guide_of(*state), cases[i].category, cases[i].slug) != NULL,
                         cases[i].there);
}

static void a_slug_is_a_word(void **state)
{
    static const struct {
        const char *slug;
        bool valid;
    } cases[] = {
        {"a",     true },
        {"A-b_9", true },
        {"",      false},
        {"..",    false},
        {"a/b",   false},
        {"a b",   false},
        {"a.b",   false},
        {"%2e",   false},
        {"\xC3",  false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(slug_valid(str_from(cases[i].slug)), cases[i].valid);
}

#define KBN "{\"slug\":\"kbn\",\"title\":\"k times b\",\"category\":null,\"snippets\":["
#define START "{\"slug\":\"start\",\"title\":\"Start\",\"category\":null,\"snippets\":["
#define ONE_DOOR "{\"text\":\"One door, two doors.\",\"line\":3}]}"

static void a_search_wants_every_word_and_shows_lines(void **state)
{
    static const struct {
        const char *query, *results;
    } cases[] = {
        {"door",
         KBN "{\"text\":\"A DOOR\",\"line\":3},{\"text\":\"door\",\"line\":5}]}," START ONE_DOOR},
        {" TWO  Doo",   START ONE_DOOR                                                          },
        {"door nobody", ""                                                                      },
        {"",            ""                                                                      },
        {"r\xC3\xA9",
         "{\"slug\":\"redis\",\"title\":\"redis\",\"category\":\"roadmaps\",\"snippets\":["
         "{\"text\":\"No heading at all, r\xC3\xA9"
         "dis\",\"line\":1}]}"                                                                  },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct writer writer;
        writer_init(&writer, *state, 4096);
        guide_put_results(&writer, guide_of(*state), str_from(cases[i].query));
        str want = arena_printf(*state, "{\"results\":[%s]}", cases[i].results);
        assert_text(buf_str(&writer.out), want.at);
    }
}

static void a_long_line_is_not_cut_within_a_character(void **state)
{
    char text[512];
    struct writer writer;

    memset(text, 'x', sizeof(text));
    text[199] = '\xC3';
    text[200] = '\xA9';
    const struct doc_text one = {
        STR("a.md"), {text, sizeof(text)}
    };
    writer_init(&writer, *state, 4096);
    guide_put_results(&writer, guide_make(*state, &one, 1), STR("xx"));
    str out = buf_str(&writer.out);
    const char *start = memmem(out.at, out.len, "\"text\":\"", 8);
    assert_non_null(start);
    assert_int_equal(strspn(start + 8, "x"), 199);
    assert_int_equal(start[8 + 199], '"');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pages_are_listed_those_without_a_category_first),
        TEST(a_page_is_found_in_its_category_only),
        TEST(a_slug_is_a_word),
        TEST(a_search_wants_every_word_and_shows_lines),
        TEST(a_long_line_is_not_cut_within_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
