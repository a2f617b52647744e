/* server/cli/demo_forms.c: every expression is read back here and its number tested by GMP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "cli/demo_forms.h"

enum { ROUNDS = 15, WANTED = 100000 };

/* expression = term {("+" | "-") term}; term = power {("*" | "/") power};
 * power = atom ["^" number]; atom = (number | "(" expression ")") {"!" | "#"} */
static void expression(const char **at, mpz_t value);

static void atom(const char **at, mpz_t value)
{
    if (**at == '(') {
        ++*at;
        expression(at, value);
        ++*at;
        return;
    }
    size_t len = strspn(*at, "0123456789");
    char digits[100] = {0};
    memcpy(digits, *at, len);
    mpz_set_str(value, digits, 10);
    *at += len;
    if (**at == '!')
        mpz_fac_ui(value, mpz_get_ui(value));
    else if (**at == '#')
        mpz_primorial_ui(value, mpz_get_ui(value));
    *at += **at == '!' || **at == '#';
}

static void power(const char **at, mpz_t value)
{
    mpz_t exponent;
    atom(at, value);
    if (**at != '^')
        return;
    ++*at;
    mpz_init(exponent);
    atom(at, exponent);
    mpz_pow_ui(value, value, mpz_get_ui(exponent));
    mpz_clear(exponent);
}

static void term(const char **at, mpz_t value)
{
    mpz_t right;
    mpz_init(right);
    power(at, value);
    while (**at == '*' || **at == '/') {
        char sign = *(*at)++;
        power(at, right);
        if (sign == '*')
            mpz_mul(value, value, right);
        else
            mpz_divexact(value, value, right);
    }
    mpz_clear(right);
}

static void expression(const char **at, mpz_t value)
{
    mpz_t right;
    mpz_init(right);
    term(at, value);
    while (**at == '+' || **at == '-') {
        char sign = *(*at)++;
        term(at, right);
        if (sign == '+')
            mpz_add(value, value, right);
        else
            mpz_sub(value, value, right);
    }
    mpz_clear(right);
}

/* Twins are written k*2^n±1: the larger one comes out, the smaller is two below. */
static void read_number(str text, mpz_t value, bool *twin)
{
    static const char both[] = "±";
    char plain[200] = {0};
    const char *at = plain;
    memcpy(plain, text.at, text.len);
    char *sign = strstr(plain, both);
    *twin = sign != NULL;
    if (sign != NULL) {
        *sign = '+';
        memmove(sign + 1, sign + strlen(both), strlen(sign + strlen(both)) + 1);
    }
    expression(&at, value);
    assert_int_equal(*at, '\0');
}

static void check(const struct discovery *discovery, mpz_t value)
{
    bool twin;
    read_number(discovery->expression, value, &twin);
    char *decimal = mpz_get_str(NULL, 10, value);
    assert_int_equal(strlen(decimal), discovery->digits);
    free(decimal);
    assert_true(mpz_probab_prime_p(value, ROUNDS) > 0);
    mpz_sub_ui(value, value, 2);
    assert_true(!twin || mpz_probab_prime_p(value, ROUNDS) > 0);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct discovery *)a)->expression.at,
                  ((const struct discovery *)b)->expression.at);
}

static int search(const struct form *form, mpz_t value)
{
    struct finder finder;
    arena *mem = arena_open();
    form_search(form, &finder, mem);
    for (int i = 0; i < finder.count; i++)
        check(&finder.list[i], value);
    qsort(finder.list, (size_t)finder.count, sizeof(*finder.list), by_text);
    for (int i = 1; i < finder.count; i++)
        assert_string_not_equal(finder.list[i - 1].expression.at, finder.list[i].expression.at);
    int count = finder.count;
    arena_close(&mem);
    return count;
}

static void every_number_is_prime_and_comes_once(void **state)
{
    mpz_t value;
    int forms = 0, count = 0;
    (void)state;
    mpz_init(value);
    for (; demo_forms[forms].name != NULL; forms++) {
        int found = search(&demo_forms[forms], value);
        assert_true(found > 10);
        count += found;
    }
    mpz_clear(value);
    assert_int_equal(forms, DEMO_FORMS);
    assert_true(count >= WANTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_prime_and_comes_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
