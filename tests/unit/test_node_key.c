/* server/auth/node_key.c: an API key becomes claims, nothing else does */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/node_key.h"

#define KEY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_HASH "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"

static void only_sixty_four_hexadecimal_digits_are_a_key(void **state)
{
    static const struct {
        const char *header;
        bool want;
    } cases[] = {
        {NULL,                    false},
        {"Bearer " KEY,           true },
        {"bearer  " KEY " ",      true },
        {"Bearer " KEY "a",       false},
        {"Bearer a" KEY,          false},
        {"Bearer g" KEY,          false},
        {"Bearer",                false},
        {"Bearer ",               false},
        {"Basic " KEY,            false},
        {KEY,                     false},
        {"Bearer aaaaa.bbbbb.cc", false},
    };
    struct config config = {.db_api_role = STR("postern_api")};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct header header = {STR("authorization"), str_from(cases[i].header)};
        arena *mem = arena_open();
        struct request req = {.mem = mem,
                              .peer = STR("127.0.0.1"),
                              .headers = &header,
                              .nheaders = cases[i].header != NULL};
        assert_int_equal(node_admit(&req, &config), cases[i].want);
        if (cases[i].want) {
            assert_true(str_eq(req.claims->role, STR("postern_api")));
            assert_int_equal(req.claims->subject.len, 0);
            assert_false(req.claims->anonymous);
            assert_true(
                str_eq(req.claims->json, STR("{\"role\":\"postern_api\",\"key_hash\":\"" KEY_HASH
                                             "\",\"peer\":\"127.0.0.1\"}")));
        } else {
            assert_null(req.claims);
        }
        arena_close(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_sixty_four_hexadecimal_digits_are_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
