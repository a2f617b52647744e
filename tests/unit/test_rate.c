/* server/base/rate.h: so many in a span, at once or spread over it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rate.h"

enum { SECOND = 1000000 };

static int take_all(struct rate *rate, int64_t count, int64_t now)
{
    int taken = 0;

    while (taken < 100 && rate_take(rate, count, SECOND, now))
        taken++;
    return taken;
}

static void as_many_as_fit_come_at_once_then_one_by_one(void **state)
{
    struct rate rate = {0};

    (void)state;
    assert_int_equal(take_all(&rate, 5, 10 * SECOND), 5);
    assert_int_equal(take_all(&rate, 5, 10 * SECOND + SECOND / 5 - 1), 0);
    assert_int_equal(take_all(&rate, 5, 10 * SECOND + SECOND / 5), 1);
    assert_int_equal(take_all(&rate, 5, 10 * SECOND + SECOND), 4);
    assert_int_equal(take_all(&rate, 5, 100 * SECOND), 5);
}

static void none_is_no_limit_and_what_is_refused_costs_nothing(void **state)
{
    struct rate rate = {0}, free_of = {0};

    (void)state;
    assert_int_equal(take_all(&free_of, 0, SECOND), 100);
    assert_int_equal(take_all(&rate, 1, SECOND), 1);
    for (int i = 0; i < 1000; i++)
        assert_false(rate_take(&rate, 1, SECOND, SECOND + 1));
    assert_true(rate_take(&rate, 1, SECOND, 2 * SECOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_fit_come_at_once_then_one_by_one),
        cmocka_unit_test(none_is_no_limit_and_what_is_refused_costs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
