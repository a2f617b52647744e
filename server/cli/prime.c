/* See prime.h. */
#include "cli/prime.h"

#include <stddef.h>

__extension__ typedef unsigned __int128 u128;

/* The product of the primes from 3 to 53 still fits into 64 bits: one division of a large number
 * serves all of them. */
#define SMALL_PRODUCT UINT64_C(16294579238595022365)

/* Written out because a division by a constant is a multiplication. */
bool prime_has_small_factor(uint64_t n)
{
    return n % 3 == 0 || n % 5 == 0 || n % 7 == 0 || n % 11 == 0 || n % 13 == 0 || n % 17 == 0 ||
           n % 19 == 0 || n % 23 == 0 || n % 29 == 0 || n % 31 == 0 || n % 37 == 0 || n % 41 == 0 ||
           n % 43 == 0 || n % 47 == 0 || n % 53 == 0;
}

/* Montgomery's multiplication: a * b / 2^64 modulo n, for odd n; inverse is -1/n modulo 2^64. */
struct field {
    uint64_t n, inverse, one;
};

static uint64_t times(const struct field *field, uint64_t a, uint64_t b)
{
    u128 product = (u128)a * b;
    uint64_t low = (uint64_t)product, high = (uint64_t)(product >> 64);
    uint64_t factor = low * field->inverse;
    u128 sum = (u128)factor * field->n;
    u128 wide = (u128)high + (uint64_t)(sum >> 64) + (low != 0);
    return wide >= field->n ? (uint64_t)(wide - field->n) : (uint64_t)wide;
}

static struct field field_make(uint64_t n)
{
    uint64_t inverse = n; /* right in the last three bits; each step doubles them */
    for (int i = 0; i < 5; i++)
        inverse *= 2 - n * inverse;
    return (struct field){n, -inverse, (uint64_t)(((u128)1 << 64) % n)};
}

static uint64_t power(const struct field *field, uint64_t base, uint64_t exponent)
{
    uint64_t result = field->one;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1)
            result = times(field, result, base);
        base = times(field, base, base);
    }
    return result;
}

static bool passes(const struct field *field, uint64_t base)
{
    int twos = __builtin_ctzll(field->n - 1);
    uint64_t residue = base % field->n;
    if (residue == 0)
        return true;
    uint64_t x = power(field, (uint64_t)(((u128)residue << 64) % field->n), (field->n - 1) >> twos);
    uint64_t minus_one = field->n - field->one;
    if (x == field->one || x == minus_one)
        return true;
    for (int i = 1; i < twos; i++) {
        x = times(field, x, x);
        if (x == minus_one)
            return true;
    }
    return false;
}

bool prime_u64(uint64_t n)
{
    static const uint64_t bases[] = {2, 325, 9375, 28178, 450775, 9780504, 1795265022};

    if (n < 3481) { /* 59 * 59: trial division alone decides */
        for (uint64_t d = 2; d * d <= n; d++)
            if (n % d == 0)
                return false;
        return n > 1;
    }
    if (n % 2 == 0 || prime_has_small_factor(n))
        return false;
    struct field field = field_make(n);
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
        if (!passes(&field, bases[i]))
            return false;
    return true;
}

static bool sieved_out(const mpz_t n)
{
    return mpz_even_p(n) || prime_has_small_factor(mpz_fdiv_ui(n, SMALL_PRODUCT));
}

/* One witness: proven, composite, or it says nothing. */
enum verdict { PROVEN, COMPOSITE, UNDECIDED };

static enum verdict ask_witness(const mpz_t n, unsigned long q, unsigned long witness)
{
    mpz_t exponent, x, gcd;
    mpz_init(exponent);
    mpz_init(gcd);
    mpz_init_set_ui(x, witness);

    mpz_sub_ui(exponent, n, 1);
    mpz_divexact_ui(exponent, exponent, q);
    mpz_powm(x, x, exponent, n); /* w^((n-1)/q) */
    mpz_sub_ui(gcd, x, 1);
    mpz_gcd(gcd, gcd, n);
    mpz_powm_ui(x, x, q, n); /* w^(n-1) */
    enum verdict verdict = UNDECIDED;
    if (mpz_cmp_ui(x, 1) != 0)
        verdict = COMPOSITE;
    else if (mpz_cmp_ui(gcd, 1) == 0)
        verdict = PROVEN;

    mpz_clear(exponent);
    mpz_clear(x);
    mpz_clear(gcd);
    return verdict;
}

bool prime_by_pocklington(const mpz_t n, unsigned long q)
{
    static const unsigned char witnesses[] = {3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};

    if (sieved_out(n))
        return false;
    for (size_t i = 0; i < sizeof(witnesses); i++) {
        enum verdict verdict = ask_witness(n, q, witnesses[i]);
        if (verdict != UNDECIDED)
            return verdict == PROVEN;
    }
    return false;
}

bool prime_probably(const mpz_t n)
{
    enum { ROUNDS = 25 }; /* GMP: Baillie-PSW, and one of Miller-Rabin behind it */
    return !sieved_out(n) && mpz_probab_prime_p(n, ROUNDS) > 0;
}

int prime_digits(const mpz_t n)
{
    size_t digits = mpz_sizeinbase(n, 10); /* exact or one too many */
    mpz_t least;
    mpz_init(least);
    mpz_ui_pow_ui(least, 10, digits - 1);
    if (mpz_cmp(n, least) < 0)
        digits--;
    mpz_clear(least);
    return (int)digits;
}
