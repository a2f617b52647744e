/* server/base/claims.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/claims.h"

static void claims_keep_copies(void **state)
{
    char role[] = "anon", json[] = "{\"role\":\"anon\"}";
    struct claims *claims = claims_new(str_from(role), STR(""), str_from(json), 17);
    const struct claims *held = claims;
    (void)state;

    role[0] = json[0] = 'x';
    assert_true(str_eq(claims->role, STR("anon")));
    assert_true(str_eq(claims->json, STR("{\"role\":\"anon\"}")));
    assert_int_equal(claims->subject.len, 0);
    assert_int_equal(claims->expires, 17);
    assert_int_equal(claims->role.at[4], '\0'); /* for libraries */
    claims_unref(&held);
    assert_null(held);
}

static void the_last_reference_frees(void **state)
{
    const struct claims *first = claims_new(STR("a"), STR("s"), STR("{}"), 0);
    const struct claims *second = claims_ref(first);
    (void)state;

    claims_unref(&first);
    assert_true(str_eq(second->role, STR("a"))); /* ASan would say otherwise */
    claims_unref(&second);
    claims_unref(&second); /* NULL by now */
}

static void the_same_identity_is_the_same_role_and_claims(void **state)
{
    static const struct {
        const char *role, *json;
        bool same;
    } cases[] = {
        {"authenticated", "{\"sub\":\"1\"}",  true },
        {"authenticated", "{\"sub\":\"2\"}",  false},
        {"authenticated", "{\"sub\": \"1\"}", false},
        {"anon",          "{\"sub\":\"1\"}",  false},
    };
    const struct claims *one =
        claims_new(STR("authenticated"), STR("1"), STR("{\"sub\":\"1\"}"), 0);
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct claims *other =
            claims_new(str_from(cases[i].role), STR("1"), str_from(cases[i].json), 99);
        assert_int_equal(claims_same(one, other), cases[i].same);
        if (cases[i].same)
            assert_true(one->hash == other->hash);
        claims_unref(&other);
    }
    claims_unref(&one);
}

/* Equal hashes alone must not make two people one. */
static void a_hash_collision_is_not_an_identity(void **state)
{
    struct claims *one = claims_new(STR("anon"), STR(""), STR("{\"a\":1}"), 0);
    struct claims *other = claims_new(STR("anon"), STR(""), STR("{\"a\":2}"), 0);
    const struct claims *first = one, *second = other;
    (void)state;

    other->hash = one->hash;
    assert_false(claims_same(first, second));
    claims_unref(&first);
    claims_unref(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_keep_copies),
        cmocka_unit_test(the_last_reference_frees),
        cmocka_unit_test(the_same_identity_is_the_same_role_and_claims),
        cmocka_unit_test(a_hash_collision_is_not_an_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
