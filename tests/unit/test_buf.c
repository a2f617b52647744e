/* server/base/buf.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void bytes_are_kept_in_order_while_it_grows(void **state)
{
    arena *mem = arena_open();
    struct buf buf;
    (void)state;

    buf_init(&buf, mem, 1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_printf(&buf, "%d,", i);
    assert_false(buf.full);
    str rest = buf_str(&buf), piece;
    int64_t number = -1;
    for (int i = 0; i < 5000; i++) {
        assert_true(str_cut(&rest, ',', &piece) && str_int(piece, &number));
        assert_int_equal(number, i);
    }
    arena_close(&mem);
}

static void over_the_cap_nothing_more_is_taken(void **state)
{
    arena *mem = arena_open();
    struct buf buf;
    (void)state;

    buf_init(&buf, mem, 10);
    buf_put(&buf, STR("12345678"));
    buf_put(&buf, STR("abc"));
    assert_true(buf.full);
    buf_putc(&buf, 'x'); /* would fit, but the first failure sticks */
    assert_true(str_eq(buf_str(&buf), STR("12345678")));
    arena_close(&mem);
}

static void exactly_the_cap_fits(void **state)
{
    arena *mem = arena_open();
    struct buf buf;
    (void)state;

    buf_init(&buf, mem, 4);
    buf_put(&buf, STR("1234"));
    assert_false(buf.full);
    arena_close(&mem);
}

static void an_empty_one_is_empty_text_not_absent(void **state)
{
    arena *mem = arena_open();
    struct buf buf;
    (void)state;

    buf_init(&buf, mem, 4);
    assert_non_null(buf_str(&buf).at);
    assert_int_equal(buf_str(&buf).len, 0);
    arena_close(&mem);
}

static void a_long_format_is_not_cut(void **state)
{
    arena *mem = arena_open();
    struct buf buf;
    (void)state;

    buf_init(&buf, mem, 1 << 20);
    for (int width = 250; width < 260; width++)
        buf_printf(&buf, "%*s", width, "x");
    assert_int_equal(buf.len, 2545);
    assert_int_equal(buf.at[2544], 'x');
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_kept_in_order_while_it_grows),
        cmocka_unit_test(over_the_cap_nothing_more_is_taken),
        cmocka_unit_test(exactly_the_cap_fits),
        cmocka_unit_test(an_empty_one_is_empty_text_not_absent),
        cmocka_unit_test(a_long_format_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
