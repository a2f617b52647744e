/* See demo_forms.h. Names of forms and the way expressions are written are the contract's.
 * Where a search would only find nothing for minutes it jumps to where something is known to
 * be; what is there is tested like everything else. */
#include "cli/demo_forms.h"

#include "cli/prime.h"

enum { FIRST_ROOM = 1024 };

static void keep(struct finder *finder, int digits, enum proof proof, str expression)
{
    if (finder->count == finder->room) {
        int room = finder->room > 0 ? finder->room * 2 : FIRST_ROOM;
        struct discovery *bigger = arena_array(finder->mem, struct discovery, (size_t)room);
        if (finder->count > 0)
            memcpy(bigger, finder->list, sizeof(*bigger) * (size_t)finder->count);
        finder->list = bigger;
        finder->room = room;
    }
    finder->list[finder->count++] = (struct discovery){expression, digits, proof};
}

static int digits_u64(uint64_t n)
{
    int digits = 1;
    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

/* n, when it is prime; the expression is written only then. */
#define KEEP_U64(finder, n, ...)                                                                   \
    (prime_u64(n) ? (keep((finder), digits_u64(n), PROOF_DETERMINISTIC,                            \
                          arena_printf((finder)->mem, __VA_ARGS__)),                               \
                     true)                                                                         \
                  : false)

/* finder->n; a number below 2^64 is decided by proof. */
static bool is_prime(struct finder *finder)
{
    bool small = mpz_sizeinbase(finder->n, 2) <= 64;
    finder->proof = small ? PROOF_DETERMINISTIC : PROOF_PROBABILISTIC;
    return small ? prime_u64(mpz_get_ui(finder->n)) : prime_probably(finder->n);
}

/* finder->n, when it is prime. */
#define KEEP(finder, ...)                                                                          \
    (is_prime(finder) ? keep((finder), prime_digits((finder)->n), (finder)->proof,                 \
                             arena_printf((finder)->mem, __VA_ARGS__))                             \
                      : (void)0)

static void find_factorial(struct finder *finder)
{
    static const unsigned known[] = {320, 340, 399};
    enum { SEARCHED = 166, KNOWN = sizeof(known) / sizeof(known[0]) };

    for (unsigned i = 3; i <= SEARCHED + KNOWN; i++) {
        unsigned n = i <= SEARCHED ? i : known[i - SEARCHED - 1];
        mpz_fac_ui(finder->n, n);
        mpz_add_ui(finder->n, finder->n, 1);
        KEEP(finder, "%u!+1", n);
        mpz_sub_ui(finder->n, finder->n, 2);
        KEEP(finder, "%u!-1", n);
    }
}

static void find_primorial(struct finder *finder)
{
    static const unsigned known[] = {991, 1019, 1021};
    enum { SEARCHED = 400, KNOWN = sizeof(known) / sizeof(known[0]) };

    for (unsigned i = 3; i <= SEARCHED + KNOWN; i++) {
        unsigned p = i <= SEARCHED ? i : known[i - SEARCHED - 1];
        if (!prime_u64(p))
            continue;
        mpz_primorial_ui(finder->n, p);
        mpz_add_ui(finder->n, finder->n, 1);
        KEEP(finder, "%u#+1", p);
        mpz_sub_ui(finder->n, finder->n, 2);
        KEEP(finder, "%u#-1", p);
    }
}

static uint64_t power_u64(uint64_t base, unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= base;
    return power;
}

/* The first `wanted` primes k*base^n+1 and as many k*base^n-1. */
static void find_kbn_small(struct finder *finder, unsigned base, unsigned n, int wanted)
{
    uint64_t power = power_u64(base, n);
    int plus = 0, minus = 0;
    for (unsigned k = base % 2 == 0 ? 1 : 2; plus < wanted || minus < wanted; k += 2) {
        if (k % base == 0)
            continue;
        if (plus < wanted)
            plus += KEEP_U64(finder, k * power + 1, "%u*%u^%u+1", k, base, n);
        if (minus < wanted)
            minus += KEEP_U64(finder, k * power - 1, "%u*%u^%u-1", k, base, n);
    }
}

static bool keep_proven(struct finder *finder, unsigned long k, unsigned long q, unsigned n)
{
    mpz_ui_pow_ui(finder->n, q, n);
    mpz_mul_ui(finder->n, finder->n, k);
    mpz_add_ui(finder->n, finder->n, 1);
    if (!prime_by_pocklington(finder->n, q))
        return false;
    keep(finder, prime_digits(finder->n), q == 2 ? PROOF_PROTH : PROOF_POCKLINGTON,
         arena_printf(finder->mem, "%lu*%lu^%u+1", k, q, n));
    return true;
}

static void find_kbn_proven(struct finder *finder, unsigned q, unsigned n, int wanted)
{
    int count = 0;
    for (unsigned long k = q == 2 ? 3 : 2; count < wanted; k += 2)
        count += keep_proven(finder, k, q, n);
}

static void find_kbn(struct finder *finder)
{
    static const struct {
        unsigned base, from, to;
        int wanted;
    } small[] = {
        {2,  20, 45, 350},
        {3,  15, 28, 320},
        {5,  10, 20, 320},
        {10, 6,  14, 300},
    };
    static const struct {
        unsigned base, from, to, step;
        int wanted;
    } large[] = {
        {2, 70,  96,  1,  110},
        {3, 44,  58,  1,  40 },
        {2, 160, 400, 20, 12 },
        {5, 90,  150, 20, 10 },
    };
    static const struct {
        unsigned k, n;
    } known[] = {
        {7, 1804},
        {5, 1947},
        {7, 2256},
        {3, 2816},
        {5, 3313},
        {3, 3912},
        {5, 4687},
        {7, 6614},
    };
    for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
        for (unsigned n = small[i].from; n <= small[i].to; n++)
            find_kbn_small(finder, small[i].base, n, small[i].wanted);
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
        for (unsigned n = large[i].from; n <= large[i].to; n += large[i].step)
            find_kbn_proven(finder, large[i].base, n, large[i].wanted);
    for (unsigned k = 3; k <= 15; k += 2)
        for (unsigned n = 401; n <= 600; n++)
            keep_proven(finder, k, 2, n);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        keep_proven(finder, known[i].k, 2, known[i].n);
}

/* 123 -> 12321: the last digit is the middle. */
static uint64_t mirror(uint64_t half)
{
    uint64_t whole = half;
    for (half /= 10; half > 0; half /= 10)
        whole = whole * 10 + half % 10;
    return whole;
}

static void find_palindromic(struct finder *finder)
{
    enum { WANTED = 25000 };

    /* An even number of digits is divisible by 11. */
    for (uint64_t half = 10; finder->count < WANTED; half++)
        KEEP_U64(finder, mirror(half), "%llu", (unsigned long long)mirror(half));
    /* Near powers of ten: one, zeros, three digits, zeros, one. */
    for (unsigned long zeros = 6; zeros <= 40; zeros++)
        for (unsigned middle = 101; middle <= 999; middle += middle % 100 < 90 ? 10 : 11) {
            mpz_ui_pow_ui(finder->n, 10, 2 * zeros);
            mpz_ui_pow_ui(finder->m, 10, zeros - 1);
            mpz_addmul_ui(finder->n, finder->m, middle);
            mpz_add_ui(finder->n, finder->n, 1);
            KEEP(finder, "10^%lu+%u*10^%lu+1", 2 * zeros, middle, zeros - 1);
        }
}

/* (b^n-1)/(b-1): only a prime number of ones can be prime. */
static void keep_repunit(struct finder *finder, unsigned base, unsigned n)
{
    mpz_ui_pow_ui(finder->n, base, n);
    mpz_sub_ui(finder->n, finder->n, 1);
    mpz_divexact_ui(finder->n, finder->n, base - 1);
    if (base == 2)
        KEEP(finder, "2^%u-1", n);
    else
        KEEP(finder, "(%u^%u-1)/%u", base, n, base - 1);
}

static void find_repunit(struct finder *finder)
{
    static const struct {
        unsigned base, n;
    } known[] = {
        {2,  89  },
        {2,  107 },
        {2,  127 },
        {2,  521 },
        {2,  607 },
        {2,  1279},
        {2,  2203},
        {2,  2281},
        {3,  103 },
        {3,  541 },
        {10, 317 },
        {10, 1031},
    };
    for (unsigned base = 2; base <= 120; base++)
        for (unsigned n = 3; n <= 61; n += 2)
            if (prime_u64(n))
                keep_repunit(finder, base, n);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        keep_repunit(finder, known[i].base, known[i].n);
}

/* Of three numbers k*2^n-1, k*2^n, k*2^n+1 one is divisible by 3: it must be the middle one. */
static void find_twin(struct finder *finder)
{
    enum { WANTED = 300 };
    for (unsigned n = 20; n <= 40; n++)
        for (uint64_t k = 3, found = 0; found < WANTED; k += 6) {
            uint64_t middle = k << n;
            if (!prime_has_small_factor(middle + 1) && prime_u64(middle - 1))
                found += KEEP_U64(finder, middle + 1, "%llu*2^%u±1", (unsigned long long)k, n);
        }
}

static void find_sophie_germain(struct finder *finder)
{
    enum { WANTED = 330 };
    for (unsigned n = 20; n <= 38; n++)
        for (uint64_t k = 3, found = 0; found < WANTED; k += 6) {
            uint64_t p = (k << n) - 1;
            if (!prime_has_small_factor(p) && prime_u64(2 * p + 1))
                found += KEEP_U64(finder, p, "%llu*2^%u-1", (unsigned long long)k, n);
        }
}

static void keep_cullen_woodall(struct finder *finder, unsigned base, unsigned n)
{
    mpz_ui_pow_ui(finder->n, base, n);
    mpz_mul_ui(finder->n, finder->n, n);
    mpz_add_ui(finder->n, finder->n, 1);
    KEEP(finder, "%u*%u^%u+1", n, base, n);
    mpz_sub_ui(finder->n, finder->n, 2);
    KEEP(finder, "%u*%u^%u-1", n, base, n);
}

static void find_cullen_woodall(struct finder *finder)
{
    static const unsigned known[] = {81, 115, 123, 141, 249, 362, 384, 462, 512, 751, 822};
    for (unsigned base = 2; base <= 60; base++)
        for (unsigned n = 2; n <= 60; n++)
            keep_cullen_woodall(finder, base, n);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        keep_cullen_woodall(finder, 2, known[i]);
}

/* (b^n-1)^2-2 and (b^n+1)^2-2 */
static void keep_carol_kynea(struct finder *finder, unsigned base, unsigned n)
{
    static const struct {
        int step;
        char sign;
    } kinds[] = {
        {-1, '-'},
        {1,  '+'},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        mpz_ui_pow_ui(finder->n, base, n);
        if (kinds[i].step > 0)
            mpz_add_ui(finder->n, finder->n, 1);
        else
            mpz_sub_ui(finder->n, finder->n, 1);
        mpz_mul(finder->n, finder->n, finder->n);
        mpz_sub_ui(finder->n, finder->n, 2);
        KEEP(finder, "(%u^%u%c1)^2-2", base, n, kinds[i].sign);
    }
}

static void find_carol_kynea(struct finder *finder)
{
    static const unsigned known[] = {129, 132, 159, 171, 175, 180, 242, 315, 324,
                                     358, 393, 435, 467, 491, 501, 507, 555};
    for (unsigned base = 2; base <= 40; base += 2)
        for (unsigned n = 2; n <= 50; n++)
            keep_carol_kynea(finder, base, n);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        keep_carol_kynea(finder, 2, known[i]);
}

static void find_wagstaff(struct finder *finder)
{
    static const unsigned known[] = {313, 347, 701, 1709, 2617};
    enum { SEARCHED = 200, KNOWN = sizeof(known) / sizeof(known[0]) };

    for (unsigned i = 5; i <= SEARCHED + KNOWN; i++) {
        unsigned p = i <= SEARCHED ? i : known[i - SEARCHED - 1];
        if (!prime_u64(p))
            continue;
        mpz_ui_pow_ui(finder->n, 2, p);
        mpz_add_ui(finder->n, finder->n, 1);
        mpz_divexact_ui(finder->n, finder->n, 3);
        KEEP(finder, "(2^%u+1)/3", p);
    }
}

/* b^(2^m)+1: only an even b can give a prime. */
static void find_gen_fermat(struct finder *finder)
{
    static const struct {
        unsigned exponent, from;
        int wanted;
    } sizes[] = {
        {2,  1000000, 16500},
        {4,  2,       2500 },
        {8,  2,       700  },
        {16, 2,       120  },
        {32, 2,       25   },
        {64, 2,       6    },
    };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int until = finder->count + sizes[i].wanted;
        for (unsigned base = sizes[i].from; finder->count < until; base += 2) {
            mpz_ui_pow_ui(finder->n, base, sizes[i].exponent);
            mpz_add_ui(finder->n, finder->n, 1);
            KEEP(finder, "%u^%u+1", base, sizes[i].exponent);
        }
    }
}

/* The slowest first, so that threads that take one after the other end together. */
const struct form demo_forms[] = {
    {"kbn",            "\"base\":2,\"min_n\":20,\"max_n\":6614", "k-b-n",         find_kbn           },
    {"gen_fermat",     "\"min_base\":2",                         "fermat",        find_gen_fermat    },
    {"factorial",      "\"start\":3,\"end\":399",                "factorial",     find_factorial     },
    {"primorial",      "\"start\":3,\"end\":1021",               "primorial",     find_primorial     },
    {"palindromic",    "\"base\":10,\"min_digits\":3",           "palindrome",    find_palindromic   },
    {"repunit",        "\"base\":10,\"max_n\":2281",             "repunit",       find_repunit       },
    {"twin",           "\"base\":2,\"min_n\":20,\"max_n\":40",   "twin",          find_twin          },
    {"sophie_germain", "\"base\":2,\"min_n\":20,\"max_n\":38",   "sophie",        find_sophie_germain},
    {"cullen_woodall", "\"min_n\":2,\"max_n\":822",              "n-b-n",         find_cullen_woodall},
    {"carol_kynea",    "\"min_n\":2,\"max_n\":555",              "near-square",   find_carol_kynea   },
    {"wagstaff",       "\"min_exp\":5,\"max_exp\":2617",         "mersenne-like", find_wagstaff      },
    {NULL,             NULL,                                     NULL,            NULL               },
};

void form_search(const struct form *form, struct finder *finder, arena *mem)
{
    *finder = (struct finder){.mem = mem};
    mpz_init(finder->n);
    mpz_init(finder->m);
    form->find(finder);
    mpz_clear(finder->n);
    mpz_clear(finder->m);
}
