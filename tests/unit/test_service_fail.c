/* server/auth/service_fail.c: errors as supabase-js reads them, old and new */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/service_fail.h"

static void a_failure_is_told_in_the_shape_that_was_asked_for(void **state)
{
    static const struct {
        const char *version, *code;
        enum fail_kind kind; /* with no code */
        const char *want;
    } cases[] = {
        {NULL,         "invalid_credentials", 0,
         "{\"code\":400,\"error_code\":\"invalid_credentials\",\"msg\":\"Invalid login "
         "credentials\"}"                                                                                           },
        {"2023-12-31", "user_banned",         0,
         "{\"code\":400,\"error_code\":\"user_banned\",\"msg\":\"User is banned\"}"                                 },
        {"2024-01-01", "user_banned",         0,
         "{\"code\":\"user_banned\",\"message\":\"User is banned\"}"                                                },
        {"2030-05-05", "session_not_found",   0,
         "{\"code\":\"session_not_found\",\"message\":\"Session from session_id claim in JWT does "
         "not "
         "exist\"}"                                                                                                 },
        {"9",          "user_banned",         0,
         "{\"code\":400,\"error_code\":\"user_banned\",\"msg\":\"User is banned\"}"                                 },
        {"2024-01-01", "nonsense",            0,
         "{\"code\":\"unexpected_failure\",\"message\":\"Unexpected failure, please check server "
         "logs "
         "for more information\"}"                                                                                  },
        {"2024-01-01", NULL,                  FAIL_NO_DATABASE,
         "{\"code\":\"unexpected_failure\",\"message\":\"why\"}"                                                    },
        {"2024-01-01", NULL,                  FAIL_BUSY,        "{\"code\":\"request_timeout\",\"message\":\"why\"}"},
        {NULL,         NULL,                  FAIL_INTERNAL,
         "{\"code\":500,\"error_code\":\"unexpected_failure\",\"msg\":\"Unexpected failure, please "
         "check server logs for more information\"}"                                                                },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct header header = {STR("x-supabase-api-version"), str_from(cases[i].version)};
        struct request req = {.mem = mem, .headers = &header, .nheaders = cases[i].version != NULL};
        const struct fail *fail = cases[i].code != NULL ? service_fail(mem, str_from(cases[i].code))
                                                        : fail_new(mem, cases[i].kind, "why");
        str json = service_fail_json(&req, fail);
        assert_string_equal(arena_cstr(mem, json), cases[i].want);
        arena_close(&mem);
    }
}

static void a_sentence_of_ones_own_and_a_hint_are_told(void **state)
{
    arena *mem = arena_open();
    struct request req = {.mem = mem};
    struct fail *fail = service_fail_as(mem, "bad_jwt", "say \"why\"");

    (void)state;
    fail->hint = STR("do this");
    assert_int_equal(fail->status, 403);
    assert_string_equal(arena_cstr(mem, service_fail_json(&req, fail)),
                        "{\"code\":403,\"error_code\":\"bad_jwt\",\"msg\":\"say \\\"why\\\"\","
                        "\"hint\":\"do this\"}");
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_told_in_the_shape_that_was_asked_for),
        cmocka_unit_test(a_sentence_of_ones_own_and_a_hint_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
