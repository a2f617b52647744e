/* server/limit: rules as they are written, buckets as they fill. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "limit/limit.h"

enum { SECOND_US = 1000000 };

static void rules_are_read(void **state)
{
    static const struct {
        const char *text;
        enum limit_class class;
        int64_t count, window_s;
    } cases[] = {
        {"auth=30/min",                  LIMIT_AUTH,       30,  60   },
        {"auth=30/m",                    LIMIT_AUTH,       30,  60   },
        {"rest-read=100/s",              LIMIT_REST_READ,  100, 1    },
        {"nodes=5/10s",                  LIMIT_NODES,      5,   10   },
        {"api-write=1/24h",              LIMIT_API_WRITE,  1,   86400},
        {"auth=1/s,rest-write = 7 / 2m", LIMIT_REST_WRITE, 7,   120  },
        {"auth=1/s",                     LIMIT_API_READ,   0,   0    },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct limit_rules rules;
        str why;
        assert_true(limit_rules_parse(mem, str_from(cases[i].text), &rules, &why));
        assert_int_equal(rules.all[cases[i].class].count, cases[i].count);
        assert_int_equal(rules.all[cases[i].class].window_us, cases[i].window_s * SECOND_US);
        arena_close(&mem);
    }
}

static void wrong_rules_are_named(void **state)
{
    static const char *const cases[] = {
        "auth",      "auth=",      "auth=5",         "auth=5/",           "auth=5/day",
        "auth=0/s",  "auth=-1/s",  "auth=x/s",       "auth=5/0s",         "auth=5/25h",
        "login=5/s", "auth=5/s,,", "auth=9999999/s", "auth=5/s,auth=6/s", "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct limit_rules rules;
        str why = {NULL, 0};
        assert_false(limit_rules_parse(mem, str_from(cases[i]), &rules, &why));
        assert_true(str_starts(why, STR("RATE_LIMITS: \"")));
        arena_close(&mem);
    }
}

static struct limits *limits_of(int64_t count, int64_t window_us)
{
    struct limit_rules rules = {0};

    rules.all[LIMIT_AUTH] = rules.all[LIMIT_NODES] = (struct limit_rule){count, window_us};
    return limits_new(&rules);
}

static struct limit_verdict take(struct limits *limits, enum limit_class class, str who,
                                 int64_t now_us)
{
    const struct limit_ask ask = {limit_class_name(class), who, *limits_rule(limits, class)};
    return limits_take(limits, &ask, now_us);
}

static void without_rules_nothing_has_a_limit(void **state)
{
    const struct limit_rules rules = {0};
    struct limits *limits = limits_new(&rules);

    (void)state;
    for (int class = 0; class < LIMIT_CLASSES; class ++)
        assert_int_equal(limits_rule(limits, (enum limit_class) class)->count, 0);
    limits_free(&limits);
}

/* A thousand a second against a hundred a second. */
static void what_passes_is_the_rule(void **state)
{
    struct limits *limits = limits_of(100, SECOND_US);
    int passed[10] = {0};

    (void)state;
    for (int i = 0; i < 10000; i++) {
        int64_t now_us = SECOND_US + i * INT64_C(1000);
        passed[i / 1000] += take(limits, LIMIT_AUTH, STR("u:a"), now_us).allowed;
    }
    assert_in_range(passed[0], 199, 201); /* what a full bucket holds, and what runs in */
    for (int second = 1; second < 10; second++)
        assert_in_range(passed[second], 99, 101);
    limits_free(&limits);
}

static void buckets_are_of_one_class_and_caller(void **state)
{
    struct limits *limits = limits_of(2, 60 * SECOND_US);
    static const struct {
        enum limit_class class;
        const char *who;
        bool allowed;
        int left;
    } steps[] = {
        {LIMIT_AUTH,  "u:a", true,  1},
        {LIMIT_AUTH,  "u:a", true,  0},
        {LIMIT_AUTH,  "u:a", false, 0},
        {LIMIT_AUTH,  "u:b", true,  1},
        {LIMIT_NODES, "u:a", true,  1},
        {LIMIT_AUTH,  "u:a", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct limit_verdict verdict =
            take(limits, steps[i].class, str_from(steps[i].who), SECOND_US);
        assert_int_equal(verdict.allowed, steps[i].allowed);
        assert_int_equal(verdict.left, steps[i].left);
        if (!steps[i].allowed)
            assert_int_equal(verdict.retry_us, 30 * SECOND_US);
    }
    /* Who waits as long as it was told is let in, and not earlier. */
    assert_false(take(limits, LIMIT_AUTH, STR("u:a"), 31 * SECOND_US - 1).allowed);
    assert_true(take(limits, LIMIT_AUTH, STR("u:a"), 31 * SECOND_US).allowed);
    limits_free(&limits);
}

/* More callers than there is room for: whoever has asked most is still known. */
static void a_flood_of_callers_does_not_empty_the_table(void **state)
{
    struct limits *limits = limits_of(10, 60 * SECOND_US);
    char name[24];

    (void)state;
    for (int i = 0; i < 11; i++)
        take(limits, LIMIT_AUTH, STR("u:greedy"), SECOND_US);
    for (int i = 0; i < LIMIT_SETS * LIMIT_WAYS * 2; i++) {
        int len = snprintf(name, sizeof(name), "a:%d", i);
        take(limits, LIMIT_AUTH, (str){name, (size_t)len}, SECOND_US);
    }
    assert_false(take(limits, LIMIT_AUTH, STR("u:greedy"), SECOND_US).allowed);
    limits_free(&limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_read),
        cmocka_unit_test(wrong_rules_are_named),
        cmocka_unit_test(without_rules_nothing_has_a_limit),
        cmocka_unit_test(what_passes_is_the_rule),
        cmocka_unit_test(buckets_are_of_one_class_and_caller),
        cmocka_unit_test(a_flood_of_callers_does_not_empty_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
