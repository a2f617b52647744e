/* server/auth/attempts.c: guesses are slowed down, who knows the password is not */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "auth/attempts.h"

enum { SECOND = 1000000, START = 5 * SECOND };

static int open_attempts(void **state)
{
    *state = attempts_new();
    return 0;
}

static int close_attempts(void **state)
{
    struct attempts *attempts = *state;
    attempts_free(&attempts);
    return attempts != NULL;
}

/* So many pass before one is refused. */
static int passing(struct attempts *attempts, str address, str account, int64_t now_us)
{
    int count = 0;
    while (count < 1000 && attempts_take(attempts, address, account, now_us) == 0)
        count++;
    return count;
}

static void one_address_has_ten_guesses_at_an_account(void **state)
{
    struct attempts *attempts = *state;

    assert_int_equal(passing(attempts, STR("10.0.0.1"), STR("ada"), START), 10);
    assert_int_equal(attempts_take(attempts, STR("10.0.0.1"), STR("ada"), START), 30);
    assert_int_equal(attempts_take(attempts, STR("10.0.0.1"), STR("bob"), START), 0);
    assert_int_equal(attempts_take(attempts, STR("10.0.0.2"), STR("ada"), START), 0);
}

static void what_is_refused_counts_nothing(void **state)
{
    struct attempts *attempts = *state;

    assert_int_equal(passing(attempts, STR("10.0.0.1"), STR("ada"), START), 10);
    for (int i = 0; i < 100; i++)
        assert_int_not_equal(attempts_take(attempts, STR("10.0.0.1"), STR("ada"), START), 0);
    assert_int_equal(attempts_take(attempts, STR("10.0.0.1"), STR("ada"), START + 30 * SECOND), 0);
    assert_int_not_equal(attempts_take(attempts, STR("10.0.0.1"), STR("ada"), START + 31 * SECOND),
                         0);
}

static void one_address_has_sixty_guesses_at_all_accounts(void **state)
{
    struct attempts *attempts = *state;
    char name[32];
    int count = 0;

    for (; count < 100; count++) {
        snprintf(name, sizeof(name), "user%d", count);
        if (attempts_take(attempts, STR("10.0.0.1"), str_from(name), START) != 0)
            break;
    }
    assert_int_equal(count, 60);
}

static void an_account_has_a_hundred_from_everywhere(void **state)
{
    struct attempts *attempts = *state;
    char address[32];
    int count = 0;

    for (; count < 200; count++) {
        snprintf(address, sizeof(address), "10.0.1.%d", count);
        if (attempts_take(attempts, str_from(address), STR("ada"), START) != 0)
            break;
    }
    assert_int_equal(count, 100);
}

static void an_ipv6_client_is_its_network(void **state)
{
    struct attempts *attempts = *state;

    assert_int_equal(passing(attempts, STR("2001:db8::1"), STR("ada"), START), 10);
    assert_int_not_equal(attempts_take(attempts, STR("2001:db8::ffff:2"), STR("ada"), START), 0);
    assert_int_equal(attempts_take(attempts, STR("2001:db8:0:1::1"), STR("ada"), START), 0);
}

static void the_right_password_gives_the_attempt_back(void **state)
{
    struct attempts *attempts = *state;

    for (int i = 0; i < 500; i++) {
        assert_int_equal(attempts_take(attempts, STR("10.0.0.1"), STR("ada"), START), 0);
        attempts_give_back(attempts, STR("10.0.0.1"), STR("ada"), START);
    }
    assert_int_equal(passing(attempts, STR("10.0.0.1"), STR("ada"), START), 10);
}

static void a_flood_of_names_stays_in_its_table(void **state)
{
    struct attempts *attempts = *state;
    char name[32], address[64];

    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof(name), "user%d", i);
        snprintf(address, sizeof(address), "10.%d.%d.%d", i >> 16, (i >> 8) & 255, i & 255);
        assert_int_equal(
            attempts_take(attempts, str_from(address), str_from(name), START + (int64_t)i), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_address_has_ten_guesses_at_an_account, open_attempts,
                                        close_attempts),
        cmocka_unit_test_setup_teardown(what_is_refused_counts_nothing, open_attempts,
                                        close_attempts),
        cmocka_unit_test_setup_teardown(one_address_has_sixty_guesses_at_all_accounts,
                                        open_attempts, close_attempts),
        cmocka_unit_test_setup_teardown(an_account_has_a_hundred_from_everywhere, open_attempts,
                                        close_attempts),
        cmocka_unit_test_setup_teardown(an_ipv6_client_is_its_network, open_attempts,
                                        close_attempts),
        cmocka_unit_test_setup_teardown(the_right_password_gives_the_attempt_back, open_attempts,
                                        close_attempts),
        cmocka_unit_test_setup_teardown(a_flood_of_names_stays_in_its_table, open_attempts,
                                        close_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
