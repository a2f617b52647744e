/* server/auth/gate.c: few inside, the others wait in turn, and who leaves makes room */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/gate.h"

enum { VISITORS = 5 };

struct visit {
    arena *mem;
    struct ticket ticket;
    bool entered;
};

static void enter(void *arg)
{
    struct visit *visit = arg;
    assert_false(visit->entered);
    visit->entered = true;
}

static bool arrive(struct gate *gate, struct visit *visit)
{
    *visit = (struct visit){.mem = arena_open(), .ticket.enter = enter, .ticket.arg = visit};
    return gate_enter(gate, visit->mem, &visit->ticket);
}

static void one_at_a_time_in_the_order_they_came(void **state)
{
    struct visit visits[VISITORS];
    struct gate gate;

    (void)state;
    gate_init(&gate, 1, VISITORS);
    for (int i = 0; i < VISITORS; i++)
        assert_true(arrive(&gate, &visits[i]));
    for (int i = 0; i < VISITORS; i++) {
        assert_int_equal(gate.inside, 1);
        assert_true(visits[i].entered);
        assert_true(i + 1 == VISITORS || !visits[i + 1].entered);
        if (i % 2 == 0)
            gate_leave(&visits[i].ticket);
        arena_close(&visits[i].mem);
    }
    assert_int_equal(gate.inside, 0);
    assert_int_equal(gate.waiting, 0);
}

static void a_full_bench_turns_away(void **state)
{
    struct visit visits[4];
    struct gate gate;

    (void)state;
    gate_init(&gate, 1, 2);
    for (int i = 0; i < 4; i++)
        assert_int_equal(arrive(&gate, &visits[i]), i < 3);
    for (int i = 0; i < 4; i++)
        arena_close(&visits[i].mem);
    assert_int_equal(gate.inside + gate.waiting, 0);
    assert_false(visits[3].entered);
}

static void who_goes_while_waiting_is_not_called(void **state)
{
    struct visit visits[3];
    struct gate gate;

    (void)state;
    gate_init(&gate, 1, 2);
    for (int i = 0; i < 3; i++)
        arrive(&gate, &visits[i]);
    arena_close(&visits[1].mem);
    gate_leave(&visits[0].ticket);
    gate_leave(&visits[0].ticket);
    assert_false(visits[1].entered);
    assert_true(visits[2].entered);
    assert_int_equal(gate.inside, 1);
    arena_close(&visits[0].mem);
    arena_close(&visits[2].mem);
    assert_int_equal(gate.inside, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time_in_the_order_they_came),
        cmocka_unit_test(a_full_bench_turns_away),
        cmocka_unit_test(who_goes_while_waiting_is_not_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
