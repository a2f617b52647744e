/* server/pg/prepared.c and server/pg/shape.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "pg/prepared.h"
#include "pg/shape.h"

static void a_statement_is_found_under_its_role_only(void **state)
{
    struct prepareds all;
    unsigned evicted;

    (void)state;
    prepareds_init(&all);
    assert_null(prepared_find(&all, STR("anon"), STR("select 1")));
    struct prepared *one = prepared_add(&all, STR("anon"), STR("select 1"), &evicted);
    assert_int_equal(evicted, 0);
    assert_ptr_equal(prepared_find(&all, STR("anon"), STR("select 1")), one);
    assert_null(prepared_find(&all, STR("admin"), STR("select 1")));
    /* the border between role and text counts */
    assert_null(prepared_find(&all, STR("anons"), STR("elect 1")));
    prepared_forget(&all, one->number);
    assert_null(prepared_find(&all, STR("anon"), STR("select 1")));
    prepareds_release(&all);
}

static str text_of(char *room, size_t size, int number)
{
    int len = snprintf(room, size, "select %d", number);
    return (str){room, (size_t)len};
}

static void the_least_recently_used_makes_room(void **state)
{
    struct prepareds all;
    unsigned evicted, first = 0, second = 0;
    char room[32];

    (void)state;
    prepareds_init(&all);
    for (int i = 0; i < PREPARED_MAX; i++) {
        unsigned number = prepared_add(&all, STR("r"), text_of(room, 32, i), &evicted)->number;
        assert_int_equal(evicted, 0);
        first = i == 0 ? number : first;
        second = i == 1 ? number : second;
    }
    assert_non_null(prepared_find(&all, STR("r"), text_of(room, 32, 0))); /* used again */
    prepared_add(&all, STR("r"), STR("one more"), &evicted);
    assert_int_equal(evicted, second);
    assert_int_equal(all.count, PREPARED_MAX);
    assert_non_null(prepared_by_number(&all, first));
    assert_null(prepared_by_number(&all, second));
    prepareds_release(&all);
}

static void a_shape_is_known_once_it_ran_alone(void **state)
{
    static struct shapes shapes;
    struct shape *shape = shape_get(&shapes, STR("select 1"));

    (void)state;
    assert_false(shape->known);
    shape_measure(shape, shape->hash, 300, 1);
    assert_true(shape->known);
    assert_false(shape_slow(shape));
    shape_measure(shape, shape->hash, INT64_C(2) * SHAPE_SLOW_US, 1); /* once may be chance */
    assert_false(shape_slow(shape));
    shape_measure(shape, shape->hash, INT64_C(8) * SHAPE_SLOW_US, 1); /* once is enough */
    assert_true(shape_slow(shape));
    while (shape->average_us > SHAPE_QUICK_US) {
        assert_true(shape_slow(shape));
        shape_measure(shape, shape->hash, 300, 1);
    }
    for (int i = 0; i < 16; i++)
        shape_measure(shape, shape->hash, 300, 1);
    assert_false(shape_slow(shape));
    shape_doubt(shape, shape->hash);
    assert_false(shape->known);
    assert_ptr_equal(shape_get(&shapes, STR("select 1")), shape);
}

static void a_measure_of_who_was_replaced_is_dropped(void **state)
{
    static struct shapes shapes;
    struct shape *shape = shape_get(&shapes, STR("select 1"));

    (void)state;
    shape_measure(shape, shape->hash + 1, 300, 1);
    assert_false(shape->known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_is_found_under_its_role_only),
        cmocka_unit_test(the_least_recently_used_makes_room),
        cmocka_unit_test(a_shape_is_known_once_it_ran_alone),
        cmocka_unit_test(a_measure_of_who_was_replaced_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
