/* server/rest/subscription.c: what a read says as a subscription, and what it cannot say. */
#include "rest.h"
#include "rest/subscription.h"

static const struct fail *make(struct rest_test *test, const char *query, str *json)
{
    enum ask_target target;
    struct ask *ask;
    struct request *req =
        rest_request(test->mem, arena_printf(test->mem, "GET /primes?%s", query).at, &target);

    TRY(ask_parse(req, &test->config, target, &ask));
    return subscription_make(test->mem, ask, json);
}

static void filters_and_columns_become_a_subscription(void **state)
{
#define BEGIN "{\"schema\":\"public\",\"table\":\"primes\",\"filter\":"
    static const struct {
        const char *query, *want;
    } cases[] = {
        {"",                           BEGIN "\"\"}"                                   },
        {"id=eq.1",                    BEGIN "\"id=eq.\\\"1\\\"\"}"                    },
        {"id=eq.1,form=eq.x",          BEGIN "\"id=eq.\\\"1,form=eq.x\\\"\"}"          },
        {"form=eq.a\"b\\c",            BEGIN "\"form=eq.\\\"a\\\\\\\"b\\\\\\\\c\\\"\"}"},
        {"id=gt.1&id=not.lt.9",        BEGIN "\"id=gt.\\\"1\\\",id=not.lt.\\\"9\\\"\"}"},
        {"form=ilike.*a*",             BEGIN "\"form=ilike.\\\"%a%\\\"\"}"             },
        {"form=in.(a,\"b,)\")",        BEGIN "\"form=in.(\\\"a\\\",\\\"b,)\\\")\"}"    },
        {"id=is.null",                 BEGIN "\"id=is.\\\"null\\\"\"}"                 },
        {"id=is.not_null",             BEGIN "\"id=not.is.null\"}"                     },
        {"id=not.is.not_null",         BEGIN "\"id=is.null\"}"                         },
        {"and=(id.gt.1,and(id.lt.9))", BEGIN "\"id=gt.\\\"1\\\",id=lt.\\\"9\\\"\"}"    },
        {"select=id,form",             BEGIN "\"\",\"select\":[\"id\",\"form\"]}"      },
        {"select=id,*",                BEGIN "\"\"}"                                   },
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str json = {NULL, 0};
        assert_null(make(test, cases[i].query, &json));
        assert_string_equal(arena_copy(test->mem, json).at, cases[i].want);
    }
#undef BEGIN
}

static void what_a_stream_does_not_know_is_refused_with_a_hint(void **state)
{
    static const char *const queries[] = {
        "order=id",           "limit=1",           "offset=1",          "forms.order=id",
        "or=(id.eq.1)",       "not.and=(id.eq.1)", "and=(or(id.eq.1))", "data->>a=eq.1",
        "id=eq(any).{1}",     "id=fts.a",          "id=cs.{1}",         "id=in.()",
        "select=a:id",        "select=id::text",   "select=data->a",    "select=forms(name)",
        "select=id,...f(id)", "\"a,b\"=eq.1",
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        str json;
        const struct fail *fail = make(test, queries[i], &json);
        assert_non_null(fail);
        assert_int_equal(fail->kind, FAIL_BAD_QUERY);
        assert_true(fail->hint.len > 0);
    }
}

static void what_is_too_long_is_refused(void **state)
{
    enum { LONG = 70000 };
    static char query[LONG + 16] = "form=eq.";
    struct rest_test *test = *state;
    str json;

    memset(query + 8, 'a', LONG);
    const struct fail *fail = make(test, query, &json);
    assert_non_null(fail);
    assert_int_equal(fail->kind, FAIL_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_and_columns_become_a_subscription),
        cmocka_unit_test(what_a_stream_does_not_know_is_refused_with_a_hint),
        cmocka_unit_test(what_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, rest_open, rest_close);
}
