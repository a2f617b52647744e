/* server/base/arena.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void count_death(void *deaths)
{
    (*(int *)deaths)++;
}

static void an_arena_tells_when_it_dies(void **state)
{
    int deaths = 0;
    arena *mem = arena_open();
    (void)state;

    arena_on_death(mem, count_death, &deaths);
    arena_on_death(mem, count_death, &deaths);
    assert_int_equal(deaths, 0);
    arena_close(&mem);
    assert_int_equal(deaths, 2);
    assert_null(mem);
    arena_close(&mem); /* a closed one may be closed again */
}

static void a_copy_ends_with_a_nul_byte(void **state)
{
    arena *mem = arena_open();
    (void)state;

    assert_string_equal(arena_cstr(mem, (str){"primes?", 6}), "primes");
    assert_string_equal(arena_cstr(mem, (str){NULL, 0}), "");
    arena_close(&mem);
}

static void printf_takes_any_length(void **state)
{
    arena *mem = arena_open();
    (void)state;

    for (int width = 500; width < 530; width++) { /* around the size of its first buffer */
        str text = arena_printf(mem, "%*d", width, 7);
        assert_int_equal(text.len, width);
        assert_int_equal(text.at[width - 1], '7');
    }
    arena_close(&mem);
}

static void new_memory_is_zero(void **state)
{
    arena *mem = arena_open();
    (void)state;

    const int64_t *numbers = arena_array(mem, int64_t, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], 0);
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_tells_when_it_dies),
        cmocka_unit_test(a_copy_ends_with_a_nul_byte),
        cmocka_unit_test(printf_takes_any_length),
        cmocka_unit_test(new_memory_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
