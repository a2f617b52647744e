/* How many rows there are in all, by count, by plan, or by the larger of both: rest/count. */
#include "rest.h"

#include "rest/answer.h"
#include "rest/count.h"

static void the_plan_names_its_rows(void **state)
{
    static const struct {
        const char *explained;
        int64_t rows;
    } cases[] = {
        {"[{\"Plan\": {\"Node Type\": \"Seq Scan\", \"Plan Rows\": 8, \"Plan Width\": 4}}]", 8 },
        {"[\n  {\n    \"Plan\": {\n      \"Plan Rows\": 0\n    }\n  }\n]",                   0 },
        {"[{\"Plan\": {\"Plans\": [{\"Plan Rows\": 3}], \"Plan Rows\": 5}}]",                5 },
        {"[{\"Plan\": {\"Node Type\": \"Result\"}}]",                                        -1},
        {"[]",                                                                               -1},
        {"[1]",                                                                              -1},
        {"[{\"Plan\": 1}]",                                                                  -1},
        {"{\"Plan\": {}}",                                                                   -1},
        {"Seq Scan",                                                                         -1},
        {NULL,                                                                               -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(count_expected(str_from(cases[i].explained)), cases[i].rows);
}

/* 40 rows are on the page, 90 were counted, 70 or 95 are expected. */
static void the_total_is_what_was_asked_for(void **state)
{
    static const struct {
        const char *prefer, *query;
        int64_t max_rows, expected, total;
    } cases[] = {
        {"",                "",        0,   95, -1},
        {"count=exact",     "",        0,   95, 40},
        {"count=exact",     "limit=5", 0,   95, 90},
        {"count=planned",   "",        0,   95, 95},
        {"count=planned",   "limit=5", 100, 70, 70},
        {"count=estimated", "",        0,   95, 95},
        {"count=estimated", "limit=5", 0,   70, 90},
        {"count=estimated", "",        100, 95, 90},
        {"count=estimated", "",        50,  95, 95},
        {"count=estimated", "",        50,  70, 90},
        {"count=estimated", "",        89,  -1, 90},
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct page page = {.rows = 40, .total = 90, .expected = cases[i].expected};
        test->config.db_max_rows = cases[i].max_rows;
        const struct plan *plan =
            planned(test, arena_printf(test->mem, "GET /primes?%s\nprefer: %s", cases[i].query,
                                       cases[i].prefer)
                              .at);
        assert_int_equal(count_total(plan, &page), cases[i].total);
    }
}

static void a_write_and_a_call_are_not_explained(void **state)
{
    struct rest_test *test = *state;
    const struct page page = {.rows = 3, .total = 3, .expected = 9};

    assert_int_equal(
        count_total(planned(test, "DELETE /primes?id=eq.1\nprefer: count=planned"), &page), -1);
    assert_int_equal(
        count_total(planned(test, "DELETE /primes?id=eq.1\nprefer: count=estimated"), &page), 3);
    assert_int_equal(count_total(planned(test, "GET /rpc/add?a=1\nprefer: count=planned"), &page),
                     -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_names_its_rows),
        cmocka_unit_test_setup_teardown(the_total_is_what_was_asked_for, rest_open, rest_close),
        cmocka_unit_test_setup_teardown(a_write_and_a_call_are_not_explained, rest_open,
                                        rest_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
