/* server/rest/prefer.c, transaction.c, base/timing.c */
#include "rest.h"

#include "base/timing.h"
#include "rest/plan.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_open, rest_close)

static void applied_preferences_have_an_order(void **state)
{
    static const struct {
        const char *prefer, *applied; /* of a DELETE */
    } cases[] = {
        {"tx=rollback, return=minimal",                                  "return=minimal, tx=rollback"    },
        {"tx=commit, tx=rollback",                                       "tx=commit"                      },
        {"timezone=UTC, count=exact",                                    "count=exact, timezone=UTC"      },
        {"timezone=+05:30, timezone=UTC",                                "timezone=+05:30"                },
        {"max-affected=5",                                               NULL                             },
        {"max-affected=5, handling=lenient",                             "handling=lenient"               },
        {"max-affected=5, handling=strict",                              "handling=strict, max-affected=5"},
        {"max-affected=x, max-affected=7, handling=strict",              "handling=strict, max-affected=7"},
        {"handling=strict, timezone=Asia/Tokyo, count=exact, tx=commit",
         "count=exact, tx=commit, handling=strict, timezone=Asia/Tokyo"                                   },
        {"timezone= , unknown",                                          "timezone="                      },
    };
    struct rest_test *test = *state;

    test->config.db_tx_end = STR("commit-allow-override");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text =
            arena_printf(test->mem, "DELETE /primes?id=eq.1\nprefer: %s", cases[i].prefer).at;
        const struct plan *plan = planned(test, text);
        str applied = prefer_applied(&plan->ask->prefer, test->mem, ~0U);
        if (!str_eq(applied, str_from(cases[i].applied)))
            fail_msg("%s: %.*s", cases[i].prefer, STR_ARG(applied));
    }
}

static void the_settings_say_how_a_transaction_may_end(void **state)
{
    static const struct {
        const char *setting, *prefer;
        enum ending ending;
    } cases[] = {
        {"commit",                  "tx=rollback", ENDING_COMMIT  },
        {"commit",                  "count=exact", ENDING_COMMIT  },
        {"commit-allow-override",   "count=exact", ENDING_COMMIT  },
        {"commit-allow-override",   "tx=rollback", ENDING_ROLLBACK},
        {"rollback",                "tx=commit",   ENDING_ROLLBACK},
        {"rollback-allow-override", "tx=commit",   ENDING_COMMIT  },
        {"rollback-allow-override", "count=exact", ENDING_ROLLBACK},
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct statement statement;
        test->config.db_tx_end = str_from(cases[i].setting);
        const char *text = arena_printf(test->mem, "GET /primes\nprefer: %s", cases[i].prefer).at;
        assert_null(plan_sql(test->mem, planned(test, text), &statement));
        assert_int_equal(statement.ending, cases[i].ending);
    }
}

static void a_pre_request_function_is_called_by_its_quoted_name(void **state)
{
    static const char *const cases[][2] = {
        {"check",       "select \"check\"()"            },
        {"api.check",   "select \"api\".\"check\"()"    },
        {"a\"b.c; d()", "select \"a\"\"b\".\"c; d()\"()"},
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct statement statement;
        test->config.db_pre_request = str_from(cases[i][0]);
        assert_null(plan_sql(test->mem, planned(test, "GET /primes"), &statement));
        assert_true(str_eq(statement.before, str_from(cases[i][1])));
        assert_non_null(statement.after[AFTER_RESPONSE].text.at);
    }
}

static void steps_are_told_as_far_as_they_went(void **state)
{
    struct rest_test *test = *state;
    struct timing timing = {.on = false};

    timing_enter(&timing, TIMING_JWT);
    assert_null(timing_header(&timing, test->mem).at);
    timing.on = true;
    assert_null(timing_header(&timing, test->mem).at);
    timing_enter(&timing, TIMING_JWT);
    timing_enter(&timing, TIMING_PARSE);
    str header = timing_header(&timing, test->mem);
    assert_true(str_starts(header, STR("jwt;dur=0.")));
    assert_non_null(memmem(header.at, header.len, ", parse;dur=", 12));
    assert_null(memmem(header.at, header.len, "plan", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(applied_preferences_have_an_order),
        TEST(the_settings_say_how_a_transaction_may_end),
        TEST(a_pre_request_function_is_called_by_its_quoted_name),
        TEST(steps_are_told_as_far_as_they_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
