/* server/base/json.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* jansson names its kinds like base/json.h does. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_NULL JANSSON_NULL
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_NULL

#include "base/json.h"

static int fresh_arena(void **state)
{
    *state = arena_open();
    return 0;
}

static int drop_arena(void **state)
{
    arena *mem = *state;
    arena_close(&mem);
    return 0;
}

static const struct {
    const char *text;
    enum json_kind kind;
} kinds[] = {
    {"{}",                                    JSON_OBJECT },
    {" [1, 2.5e-3, {\"a\" : [] } ] \n",       JSON_ARRAY  },
    {"\"a\\n\\u00e9\\ud83d\\ude00\xC3\xA9\"", JSON_STRING },
    {"-0",                                    JSON_NUMBER },
    {"0.5",                                   JSON_NUMBER },
    {"123456789012345678901234567890",        JSON_NUMBER }, /* numeric holds it */
    {"1e999",                                 JSON_NUMBER },
    {"true",                                  JSON_BOOL   },
    {"false",                                 JSON_BOOL   },
    {"null",                                  JSON_NULL   },
    {"",                                      JSON_INVALID},
    {"  ",                                    JSON_INVALID},
    {"{} {}",                                 JSON_INVALID},
    {"01",                                    JSON_INVALID},
    {"1.",                                    JSON_INVALID},
    {".5",                                    JSON_INVALID},
    {"+1",                                    JSON_INVALID},
    {"1e",                                    JSON_INVALID},
    {"-",                                     JSON_INVALID},
    {"nul",                                   JSON_INVALID},
    {"nulll",                                 JSON_INVALID},
    {"True",                                  JSON_INVALID},
    {"[1,]",                                  JSON_INVALID},
    {"[,1]",                                  JSON_INVALID},
    {"[1 2]",                                 JSON_INVALID},
    {"[1}",                                   JSON_INVALID},
    {"{\"a\":1,}",                            JSON_INVALID},
    {"{\"a\"}",                               JSON_INVALID},
    {"{a:1}",                                 JSON_INVALID},
    {"{1:1}",                                 JSON_INVALID},
    {"[",                                     JSON_INVALID},
    {"{\"a\":",                               JSON_INVALID},
    {"\"",                                    JSON_INVALID},
    {"\"a",                                   JSON_INVALID},
    {"\"\\\"",                                JSON_INVALID},
    {"\"\\x\"",                               JSON_INVALID},
    {"\"\\u12\"",                             JSON_INVALID},
    {"\"\\u12g4\"",                           JSON_INVALID},
    {"\"\\u0000\"",                           JSON_INVALID}, /* PostgreSQL cannot store it */
    {"\"\\ud83d\"",                           JSON_INVALID}, /* half a pair */
    {"\"\\ude00\"",                           JSON_INVALID},
    {"\"\\ud83d\\u0041\"",                    JSON_INVALID},
    {"\"\\ud83dxude00\"",                     JSON_INVALID},
    {"\"\n\"",                                JSON_INVALID}, /* a raw line end */
    {"\"\xff\"",                              JSON_INVALID},
    {"\"\xC3\"",                              JSON_INVALID},
    {"\"\xED\xA0\x80\"",                      JSON_INVALID},
    {"\xEF\xBB\xBF{}",                        JSON_INVALID}, /* a byte order mark */
    {"'a'",                                   JSON_INVALID},
    {"/**/1",                                 JSON_INVALID},
    {"NaN",                                   JSON_INVALID},
};

static void values_are_known_by_their_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (json_check(str_from(kinds[i].text)) != kinds[i].kind)
            fail_msg("%s is not of kind %d", kinds[i].text, kinds[i].kind);
    assert_int_equal(json_check((str){"[1]\0", 4}), JSON_INVALID);
}

static void nesting_ends_at_the_limit(void **state)
{
    char text[2 * (JSON_DEPTH_MAX + 1)];
    (void)state;

    for (size_t depth = 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        enum json_kind want = depth <= JSON_DEPTH_MAX ? JSON_ARRAY : JSON_INVALID;
        assert_int_equal(json_check((str){text, 2 * depth}), want);
    }
}

/* jansson stops at numbers that it cannot hold; those are ours to accept. */
static void assert_agrees_with_jansson(str text)
{
    json_error_t error;
    json_t *tree = json_loadb(text.at, text.len, JSON_DECODE_ANY, &error);
    enum json_kind kind = json_check(text);
    bool too_big = tree == NULL && json_error_code(&error) == json_error_numeric_overflow;

    if (!too_big && (tree != NULL) != (kind != JSON_INVALID))
        fail_msg("%.*s: jansson says %s", STR_ARG(text), tree == NULL ? error.text : "valid");
    json_decref(tree);
}

/* Every text that differs from a good one in one byte, cut, changed or put in. */
static void it_agrees_with_jansson_on_near_misses(void **state)
{
    static const char seed[] =
        "{\"a\":[1,-2.5e+3,true,false,null,\"x\\u00e9\\n\xC3\xA9\"],\"\":{}}";
    static const char marks[] = "{}[]\":,\\0159-+.eEtfnu/ \n\t\x01\x7f\x80\xbf\xc3\xe2\xed\xf0\xff";
    char text[sizeof(seed) + 1];
    size_t len = sizeof(seed) - 1;
    (void)state;

    for (size_t at = 0; at < len; at++) {
        assert_agrees_with_jansson((str){seed, at});
        memcpy(text, seed, at);
        memcpy(text + at, seed + at + 1, len - at - 1);
        assert_agrees_with_jansson((str){text, len - 1});
        for (size_t mark = 0; mark < sizeof(marks) - 1; mark++) {
            text[at] = marks[mark];
            memcpy(text + at + 1, seed + at + 1, len - at - 1);
            assert_agrees_with_jansson((str){text, len});
            memcpy(text + at + 1, seed + at, len - at);
            assert_agrees_with_jansson((str){text, len + 1});
        }
    }
}

static void a_walk_sees_each_member_once(void **state)
{
    static const struct {
        const char *key, *value;
    } want[] = {
        {"\"a\"",      "1"                     },
        {"\"b\\\"c\"", "[1,{\"x\":\"]\\\"}\"}]"},
        {"\"d\"",      "\"q,}\""               },
        {"\"e\"",      "{}"                    },
        {"\"f\"",      "true"                  },
    };
    str text = STR(
        " { \"a\" : 1 , \"b\\\"c\":[1,{\"x\":\"]\\\"}\"}],\"d\":\"q,}\" ,\n\"e\":{},\"f\":true } ");
    struct json_walk walk;
    str key, value;
    (void)state;

    assert_int_equal(json_check(text), JSON_OBJECT);
    assert_int_equal(json_walk_open(&walk, text), JSON_OBJECT);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_true(json_walk_next(&walk, &key, &value));
        assert_true(str_eq(key, str_from(want[i].key)));
        assert_true(str_eq(value, str_from(want[i].value)));
    }
    assert_false(json_walk_next(&walk, &key, &value));
}

static void a_walk_over_an_array_has_no_keys(void **state)
{
    struct json_walk walk;
    str key, value;
    int count = 0;
    (void)state;

    assert_int_equal(json_walk_open(&walk, STR("[1, \"a\",[],{\"b\":2}, null]")), JSON_ARRAY);
    for (; json_walk_next(&walk, &key, &value); count++) {
        assert_null(key.at);
        assert_true(value.len > 0);
    }
    assert_int_equal(count, 5);
    assert_int_equal(json_walk_open(&walk, STR("[ ]")), JSON_ARRAY);
    assert_false(json_walk_next(&walk, &key, &value));
    assert_int_equal(json_walk_open(&walk, STR("17")), JSON_NUMBER);
    assert_false(json_walk_next(&walk, &key, &value));
}

static void a_quoted_string_comes_back(void **state)
{
    static const struct {
        const char *text, *quoted;
    } cases[] = {
        {"",                         "\"\""                        },
        {"plain",                    "\"plain\""                   },
        {"a\"b\\c/",                 "\"a\\\"b\\\\c/\""            },
        {"\n\r\t\x01",               "\"\\n\\r\\t\\u0001\""        },
        {"\xC3\xA9\xF0\x9F\x98\x80", "\"\xC3\xA9\xF0\x9F\x98\x80\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf buf;
        buf_init(&buf, *state, 1024);
        json_put_string(&buf, str_from(cases[i].text));
        assert_true(str_eq(buf_str(&buf), str_from(cases[i].quoted)));
        assert_int_equal(json_check(buf_str(&buf)), JSON_STRING);
        assert_true(str_eq(json_unquote(*state, buf_str(&buf)), str_from(cases[i].text)));
    }
}

static void escapes_are_undone(void **state)
{
    str quoted = STR("\"\\/\\b\\f\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"");
    assert_int_equal(json_check(quoted), JSON_STRING);
    assert_true(
        str_eq(json_unquote(*state, quoted), STR("/\b\fA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")));
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    struct buf buf;
    buf_init(&buf, *state, 1024);
    json_put_string(&buf, (str){"a\xff\0\xC3", 4});
    json_put_string(&buf, (str){NULL, 0});
    assert_true(str_eq(buf_str(&buf), STR("\"a\xEF\xBF\xBD\\u0000\xEF\xBF\xBD\"null")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_known_by_their_kind),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(it_agrees_with_jansson_on_near_misses),
        cmocka_unit_test(a_walk_sees_each_member_once),
        cmocka_unit_test(a_walk_over_an_array_has_no_keys),
        cmocka_unit_test(a_quoted_string_comes_back),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
    };
    return cmocka_run_group_tests(tests, fresh_arena, drop_arena);
}
