/* How many slow units run at a time: see server/pg/pace.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pg/pace.h"

enum { CAP = 16, ALONE_US = 30000 };

static void learn(struct pace *pace, int times, int64_t us)
{
    for (int i = 0; i < times; i++)
        pace_learn(pace, us, ALONE_US, pace_most(pace), CAP);
}

static void it_begins_with_two(void **state)
{
    struct pace pace = {0};

    (void)state;
    assert_int_equal(pace_most(&pace), PACE_LEAST);
    learn(&pace, 1000, 10 * ALONE_US);
    assert_int_equal(pace_most(&pace), PACE_LEAST);
}

static void it_grows_while_they_do_not_slow_each_other_down_up_to_the_cap(void **state)
{
    struct pace pace = {0};

    (void)state;
    learn(&pace, 1, ALONE_US);
    assert_int_equal(pace_most(&pace), PACE_LEAST); /* one is not enough */
    learn(&pace, 2, ALONE_US);
    assert_int_equal(pace_most(&pace), PACE_LEAST + 1);
    learn(&pace, 1000, ALONE_US + ALONE_US / 3);
    assert_int_equal(pace_most(&pace), CAP);
}

static void it_falls_fast_when_they_do(void **state)
{
    struct pace pace = {0};

    (void)state;
    learn(&pace, 1000, ALONE_US);
    learn(&pace, 1, 3 * ALONE_US);
    assert_in_range(pace_most(&pace), CAP / 2, CAP - 1);
    learn(&pace, 20, 3 * ALONE_US);
    assert_int_equal(pace_most(&pace), PACE_LEAST);
    learn(&pace, 3, ALONE_US);
    assert_int_equal(pace_most(&pace), PACE_LEAST + 1);
}

static void in_between_and_unused_it_stays(void **state)
{
    struct pace pace = {0};

    (void)state;
    learn(&pace, 3, ALONE_US);
    int most = pace_most(&pace);
    learn(&pace, 1000, ALONE_US * 7 / 4);
    for (int i = 0; i < 1000; i++)
        pace_learn(&pace, ALONE_US, ALONE_US, most - 1, CAP);
    assert_int_equal(pace_most(&pace), most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_two),
        cmocka_unit_test(it_grows_while_they_do_not_slow_each_other_down_up_to_the_cap),
        cmocka_unit_test(it_falls_fast_when_they_do),
        cmocka_unit_test(in_between_and_unused_it_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
