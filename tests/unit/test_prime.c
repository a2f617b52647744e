/* server/cli/prime.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/prime.h"

static void agrees_with_the_sieve_of_eratosthenes(void **state)
{
    enum { LIMIT = 200000 };
    static bool composite[LIMIT];
    (void)state;
    for (int i = 2; i < LIMIT; i++) {
        assert_int_equal(prime_u64((uint64_t)i), !composite[i]);
        for (long multiple = (long)i * i; multiple < LIMIT; multiple += i)
            composite[multiple] = true;
    }
    assert_false(prime_u64(0));
    assert_false(prime_u64(1));
}

static void strong_pseudoprimes_do_not_pass(void **state)
{
    static const struct {
        uint64_t n;
        bool prime;
    } cases[] = {
        {UINT64_C(3215031751),           false}, /* to bases 2, 3, 5 and 7 */
        {UINT64_C(3825123056546413051),  false}, /* to the first nine primes */
        {UINT64_C(18446744073709551557), true }, /* the largest below 2^64 */
        {UINT64_C(18446744073709551615), false},
        {UINT64_C(4611686014132420609),  false}, /* (2^31 - 1)^2 */
        {UINT64_C(2305843009213693951),  true }, /* 2^61 - 1 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(prime_u64(cases[i].n), cases[i].prime);
}

static void the_proof_agrees_with_gmp(void **state)
{
    mpz_t n;
    int found = 0;
    (void)state;
    mpz_init(n);
    for (unsigned long k = 2; k < 400; k++)
        for (unsigned long base = 2; base <= 5; base++) {
            if (base == 4)
                continue;
            mpz_ui_pow_ui(n, base, 60);
            mpz_mul_ui(n, n, k);
            mpz_add_ui(n, n, 1);
            bool proven = prime_by_pocklington(n, base);
            assert_int_equal(proven, mpz_probab_prime_p(n, 30) > 0);
            assert_int_equal(proven, prime_probably(n));
            found += proven;
        }
    assert_true(found > 10);
    mpz_clear(n);
}

static void digits_are_exact(void **state)
{
    mpz_t n;
    (void)state;
    for (unsigned long e = 1; e < 300; e++) {
        mpz_init(n);
        mpz_ui_pow_ui(n, 10, e);
        assert_int_equal(prime_digits(n), e + 1);
        mpz_sub_ui(n, n, 1);
        assert_int_equal(prime_digits(n), e);
        mpz_clear(n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_sieve_of_eratosthenes),
        cmocka_unit_test(strong_pseudoprimes_do_not_pass),
        cmocka_unit_test(the_proof_agrees_with_gmp),
        cmocka_unit_test(digits_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
