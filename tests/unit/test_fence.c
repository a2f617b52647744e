/* server/rest/fence.c: the caller's tenant stands on every relation that has the column */
#include "rest/fence.h"

#include "rest.h"

static void text_of_tenant(struct claims *claims, str json)
{
    *claims = (struct claims){.role = STR("authenticated"), .json = json};
    claims_find_tenant(claims, STR("tenant_id"));
}

static void the_tenant_is_a_claim_that_the_user_cannot_write(void **state)
{
    static const struct {
        const char *json, *want; /* NULL: none */
    } cases[] = {
        {"{\"tenant_id\":\"a\"}",                                        "a" },
        {"{\"tenant_id\":7}",                                            "7" },
        {"{\"app_metadata\":{\"tenant_id\":\"b\"}}",                     "b" },
        {"{\"app_metadata\":{\"tenant_id\":\"b\"},\"tenant_id\":\"a\"}", "a" },
        {"{\"user_metadata\":{\"tenant_id\":\"b\"}}",                    NULL},
        {"{\"tenant_id\":\"\"}",                                         NULL},
        {"{\"tenant_id\":\"\\u0061\"}",                                  NULL},
        {"{\"tenant_id\":null}",                                         NULL},
        {"{\"tenant_id\":true}",                                         NULL},
        {"{\"tenant_id\":[\"a\"]}",                                      NULL},
        {"{\"app_metadata\":[\"tenant_id\"]}",                           NULL},
        {"{\"tenant_id\":{\"tenant_id\":{\"tenant_id\":\"a\"}}}",        NULL},
        {"{\"sub\":\"tenant_id\"}",                                      NULL},
        {"{\"tenant_id\":null,\"app_metadata\":{\"tenant_id\":\"b\"}}",  NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct claims claims;
        text_of_tenant(&claims, str_from(cases[i].json));
        if (cases[i].want == NULL)
            assert_int_equal(claims.tenant.len, 0);
        else
            assert_text(claims.tenant, cases[i].want);
    }
}

/* The column "form" of the tests' relation primes stands for a tenant's. */
static const struct fail *fence(struct rest_test *test, struct plan *plan, str role, str tenant)
{
    struct claims *claims = arena_new(test->mem, struct claims);

    *claims = (struct claims){.role = role, .tenant = tenant};
    test->config.tenant_claim = STR("tenant_id");
    test->config.tenant_column = STR("form");
    return fence_plan(test->mem, &test->config, claims, plan);
}

static void a_fenced_statement_names_the_tenant_by_parameter(void **state)
{
    static const struct {
        const char *request, *want;
    } cases[] = {
        {"GET /primes?select=id",                      "\"primes\".\"form\" = $1"         },
        {"GET /primes?select=id&or=(id.eq.1,id.eq.2)", "\"primes\".\"form\" = $1) and ("  },
        {"PATCH /primes?id=eq.1\n\n{\"digits\":1}",    " where (\"primes\".\"form\" = $"  },
        {"DELETE /primes?id=eq.1",                     " where (\"primes\".\"form\" = $1)"},
        {"POST /primes\n\n{\"digits\":1}",             "(\"digits\", \"form\") select "   },
        {"PATCH /primes?id=eq.1\n\n{\"form\":\"x\"}",
         "\"form\" = case when \"postern_body\".\"form\""                                 },
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan *plan = planned(test, cases[i].request);
        struct statement statement;
        assert_null(fence(test, plan, STR("authenticated"), STR("o'a")));
        assert_null(plan_sql(test->mem, plan, &statement));
        assert_non_null(strstr(arena_cstr(test->mem, statement.text), cases[i].want));
        assert_null(strstr(arena_cstr(test->mem, statement.text), "o'a"));
        bool given = false;
        for (int param = 0; param < statement.nparams; param++)
            given = given || str_eq(statement.params[param], STR("o'a"));
        assert_true(given);
    }
}

static void without_a_tenant_nothing_is_asked(void **state)
{
    struct rest_test *test = *state;
    const struct fail *fail = fence(test, planned(test, "GET /primes"), STR("anon"), STR(""));

    assert_non_null(fail);
    assert_int_equal(fail->status, 403);
    assert_null(fence(test, planned(test, "GET /primes"), STR("service_role"), STR("")));
    test->config.tenant_claim = STR("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tenant_is_a_claim_that_the_user_cannot_write),
        cmocka_unit_test_setup_teardown(a_fenced_statement_names_the_tenant_by_parameter, rest_open,
                                        rest_close),
        cmocka_unit_test_setup_teardown(without_a_tenant_nothing_is_asked, rest_open, rest_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
