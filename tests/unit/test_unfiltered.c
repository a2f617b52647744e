/* server/rest/unfiltered.c */
#include "rest/unfiltered.h"

#include "rest.h"

struct example {
    const char *request, *role;
    const char *refused; /* NULL: it is not */
};

static const struct example examples[] = {
    {"PATCH /primes\n\n{\"form\":\"a\"}",                    "anon",         "UPDATE requires a WHERE clause"},
    {"PATCH /primes?select=id&order=id\n\n{\"form\":\"a\"}", "anon",
     "UPDATE requires a WHERE clause"                                                                        },
    {"DELETE /primes",                                       "anon",         "DELETE requires a WHERE clause"},
    {"DELETE /primes",                                       "service_role", NULL                            },
    {"DELETE /primes?id=eq.1",                               "anon",         NULL                            },
    {"DELETE /primes?or=(id.eq.1,id.eq.2)",                  "anon",         NULL                            },
    {"GET /primes",                                          "anon",         NULL                            },
    {"POST /primes\n\n{\"form\":\"a\"}",                     "anon",         NULL                            },
};

static void a_write_of_everything_is_refused(void **state)
{
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct plan *plan = planned(test, examples[i].request);
        str role = str_from(examples[i].role);
        test->config.require_filter = true;
        const struct fail *fail = unfiltered_check(test->mem, &test->config, role, plan);
        if (examples[i].refused == NULL) {
            assert_null(fail);
            continue;
        }
        assert_non_null(fail);
        assert_int_equal(fail->status, 400);
        assert_string_equal(fail->code, "21000");
        assert_text(fail->message, examples[i].refused);
        assert_true(fail->hint.len > 0);
    }
}

static void without_the_setting_nothing_is(void **state)
{
    struct rest_test *test = *state;

    test->config.require_filter = false;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        assert_null(unfiltered_check(test->mem, &test->config, STR("anon"),
                                     planned(test, examples[i].request)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_write_of_everything_is_refused, rest_open, rest_close),
        cmocka_unit_test_setup_teardown(without_the_setting_nothing_is, rest_open, rest_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
