/* server/base/url.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/url.h"

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

static void escapes_become_bytes(void **state)
{
    static const struct {
        const char *text;
        enum url_plus plus;
        const char *want; /* NULL: refused */
    } cases[] = {
        {"primes",    URL_PLUS_IS_PLUS,  "primes"  },
        {"",          URL_PLUS_IS_PLUS,  ""        },
        {"a%20b",     URL_PLUS_IS_PLUS,  "a b"     },
        {"a+b",       URL_PLUS_IS_PLUS,  "a+b"     },
        {"a+b",       URL_PLUS_IS_BLANK, "a b"     },
        {"a%2Bb",     URL_PLUS_IS_BLANK, "a+b"     },
        {"%c3%A9",    URL_PLUS_IS_PLUS,  "\xC3\xA9"},
        {"\xC3\xA9",  URL_PLUS_IS_PLUS,  "\xC3\xA9"},
        {"%25%32%35", URL_PLUS_IS_PLUS,  "%25"     }, /* decoded once, not twice */
        {"%",         URL_PLUS_IS_PLUS,  NULL      },
        {"%2",        URL_PLUS_IS_PLUS,  NULL      },
        {"%2g",       URL_PLUS_IS_PLUS,  NULL      },
        {"%+1",       URL_PLUS_IS_PLUS,  NULL      },
        {"%plan%",    URL_PLUS_IS_BLANK, "%plan%"  },
        {"%2",        URL_PLUS_IS_BLANK, "%2"      },
        {"%+1",       URL_PLUS_IS_BLANK, "% 1"     },
        {"%%41",      URL_PLUS_IS_BLANK, "%A"      },
        {"a%00b",     URL_PLUS_IS_PLUS,  NULL      },
        {"%ff",       URL_PLUS_IS_PLUS,  NULL      },
        {"%c0%af",    URL_PLUS_IS_PLUS,  NULL      }, /* an overlong slash */
        {"\xff",      URL_PLUS_IS_PLUS,  NULL      },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str decoded = {NULL, 0};
        bool ok = url_decode(*state, str_from(cases[i].text), cases[i].plus, &decoded);
        assert_int_equal(ok, cases[i].want != NULL);
        if (ok)
            assert_true(str_eq(decoded, str_from(cases[i].want)));
    }
}

static void plain_text_is_not_copied(void **state)
{
    str text = STR("select=id,form"), decoded;
    assert_true(url_decode(*state, text, URL_PLUS_IS_BLANK, &decoded));
    assert_ptr_equal(decoded.at, text.at);
}

static void a_query_is_cut_into_pairs(void **state)
{
    static const struct {
        const char *key, *value;
    } want[] = {
        {"select", "id"    },
        {"flag",   NULL    },
        {"empty",  ""      },
        {"form",   "eq.a=b"},
        {"",       "x"     },
    };
    str query = STR("select=id&&flag&empty=&form=eq.a=b&=x&"), key, value;
    (void)state;

    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_true(url_next(&query, &key, &value));
        assert_true(str_eq(key, str_from(want[i].key)));
        assert_int_equal(value.at == NULL, want[i].value == NULL);
        if (value.at != NULL)
            assert_true(str_eq(value, str_from(want[i].value)));
    }
    assert_false(url_next(&query, &key, &value));
}

static void only_well_formed_utf8_is_valid(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"",                 true },
        {"plain",            true },
        {"\xC2\x80",         true },
        {"\xDF\xBF",         true },
        {"\xE0\xA0\x80",     true },
        {"\xED\x9F\xBF",     true },
        {"\xEE\x80\x80",     true },
        {"\xEF\xBF\xBF",     true },
        {"\xF0\x90\x80\x80", true },
        {"\xF4\x8F\xBF\xBF", true },
        {"\x80",             false},
        {"\xC1\xBF",         false}, /* overlong */
        {"\xE0\x9F\xBF",     false}, /* overlong */
        {"\xED\xA0\x80",     false}, /* a surrogate */
        {"\xF0\x8F\xBF\xBF", false}, /* overlong */
        {"\xF4\x90\x80\x80", false}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", false},
        {"\xE2\x82",         false}, /* cut off */
        {"\xE2\x82\x41",     false},
        {"\xC3",             false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(utf8_valid(str_from(cases[i].text)), cases[i].ok);
    assert_false(utf8_valid((str){"a\0b", 3}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_become_bytes),
        cmocka_unit_test(plain_text_is_not_copied),
        cmocka_unit_test(a_query_is_cut_into_pairs),
        cmocka_unit_test(only_well_formed_utf8_is_valid),
    };
    return cmocka_run_group_tests(tests, fresh_arena, drop_arena);
}
