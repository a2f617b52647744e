/* server/base/str.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void pieces_are_cut_at_each_separator(void **state)
{
    static const struct {
        const char *text;
        int pieces;
        const char *last;
    } cases[] = {
        {"a,,b", 3, "b"},
        {"",     1, "" },
        {"a",    1, "a"},
        {"a,",   2, "" },
        {",",    2, "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str rest = str_from(cases[i].text), piece = STR("");
        int count = 0;
        while (str_cut(&rest, ',', &piece))
            count++;
        assert_int_equal(count, cases[i].pieces);
        assert_true(str_eq(piece, str_from(cases[i].last)));
    }
    str absent = {NULL, 0}, piece;
    assert_false(str_cut(&absent, ',', &piece));
}

static void integers_are_whole_texts_that_fit(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0",                    true,  0        },
        {"-17",                  true,  -17      },
        {"+5",                   true,  5        },
        {"9223372036854775807",  true,  INT64_MAX},
        {"-9223372036854775808", true,  INT64_MIN},
        {"9223372036854775808",  false, 0        },
        {"-9223372036854775809", false, 0        },
        {"",                     false, 0        },
        {"-",                    false, 0        },
        {"1 ",                   false, 0        },
        {"1.0",                  false, 0        },
        {"0x10",                 false, 0        },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 0;
        assert_int_equal(str_int(str_from(cases[i].text), &value), cases[i].ok);
        if (cases[i].ok)
            assert_true(value == cases[i].value);
    }
}

static void texts_compare_by_length_and_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(STR(""), (str){NULL, 0}));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_order(STR("a"), STR("b")) < 0 && str_order(STR("b"), STR("a")) > 0);
    assert_true(str_order(STR("a"), STR("ab")) < 0 && str_order(STR("ab"), STR("a")) > 0);
    assert_true(str_order(STR(""), STR("a")) < 0 && str_order(STR("ab"), STR("ab")) == 0);
    assert_true(str_ieq(STR("BeArEr"), STR("bearer")));
    assert_false(str_ieq(STR("bearer"), STR("bearer ")));
    assert_true(str_starts(STR("primes"), STR("pri")));
    assert_false(str_starts(STR("pr"), STR("pri")));
    assert_true(str_ends(STR("primes"), STR("mes")));
    assert_false(str_ends(STR("es"), STR("mes")));
    assert_int_equal(str_find(STR("a?b"), '?'), 1);
    assert_int_equal(str_find(STR("ab"), '?'), -1);
    assert_true(str_eq(str_trim(STR(" \t a b\t ")), STR("a b")));
    assert_int_equal(str_trim(STR(" \t ")).len, 0);
    assert_int_equal(str_skip(STR("ab"), 5).len, 0);
}

static void a_hash_depends_on_every_byte_their_order_and_the_seed(void **state)
{
    static const char *const texts[] = {"",         "a",         "b",          "ab",       "ba",
                                        "12345678", "123456789", "1234567812", "12345678a"};
    enum { COUNT = sizeof(texts) / sizeof(texts[0]) };

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            uint64_t one = str_hash(str_from(texts[i]), STR_HASH_SEED);
            uint64_t other = str_hash(str_from(texts[j]), STR_HASH_SEED);
            assert_int_equal(one == other, i == j);
            assert_true(str_hash(str_from(texts[i]), one) != one);
        }
    /* a zero byte counts, although it fills the last word */
    assert_true(str_hash((str){"a\0", 2}, 1) != str_hash((str){"a", 1}, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_cut_at_each_separator),
        cmocka_unit_test(integers_are_whole_texts_that_fit),
        cmocka_unit_test(texts_compare_by_length_and_bytes),
        cmocka_unit_test(a_hash_depends_on_every_byte_their_order_and_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
