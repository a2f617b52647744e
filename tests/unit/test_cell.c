/* server/rest/cell.c */
#include "rest.h"

static str row_of(struct rest_test *test, const char *select, const str *values)
{
    const struct plan *plan = planned(test, select);
    struct buf out;

    assert_true(plan->cells.count > 0);
    buf_init(&out, test->mem, 4096);
    cells_put_row(&out, &plan->cells, values);
    assert_false(out.full);
    return buf_str(&out);
}

static void a_row_is_an_object_with_the_names_asked_for(void **state)
{
    struct rest_test *test = *state;
    const str all[] = {
        STR("1"), STR("a"), STR("2"), STR("{\"k\": 1}"), STR("[\"t\"]"), {NULL, 0}
    };
    const str two[] = {STR("7"), STR("\"9\"")};

    assert_text(row_of(test, "GET /primes", all),
                "{\"id\":1,\"form\":\"a\",\"digits\":2,\"data\":{\"k\": 1},\"tags\":[\"t\"],"
                "\"a\\\"b\":null}");
    assert_text(row_of(test, "GET /primes?select=n:id,x:id::text", two), "{\"n\":7,\"x\":\"9\"}");
}

static void a_text_is_written_as_json_agg_writes_it(void **state)
{
    static const struct {
        str text;
        const char *want;
    } cases[] = {
        {{"", 0},                     "{\"form\":\"\"}"                          },
        {{"plain", 5},                "{\"form\":\"plain\"}"                     },
        {{"a\"b\\c/d", 7},            "{\"form\":\"a\\\"b\\\\c/d\"}"             },
        {{"\b\f\n\r\t\x1f\x7f", 7},   "{\"form\":\"\\b\\f\\n\\r\\t\\u001f\x7f\"}"},
        {{"\xc3\xa9\xe2\x82\xac", 5}, "{\"form\":\"\xc3\xa9\xe2\x82\xac\"}"      },
        {{NULL, 0},                   "{\"form\":null}"                          },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_text(row_of(*state, "GET /primes?select=form", &cases[i].text), cases[i].want);
}

static void what_is_no_json_number_is_a_string(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"-12",       "{\"id\":-12}"          },
        {"1e-05",     "{\"id\":1e-05}"        },
        {"NaN",       "{\"id\":\"NaN\"}"      },
        {"-Infinity", "{\"id\":\"-Infinity\"}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_text(
            row_of(*state, "GET /primes?select=id", &(str){cases[i].text, strlen(cases[i].text)}),
            cases[i].want);
}

static void only_a_plain_read_as_json_is_made_here(void **state)
{
    static const char *const others[] = {
        "HEAD /primes",
        "GET /primes\naccept: text/csv",
        "GET /primes\naccept: application/vnd.pgrst.array+json;nulls=stripped",
        "GET /primes?limit=1\nprefer: count=exact",
        "DELETE /primes?id=eq.1\nprefer: return=representation",
        "GET /rpc/add?a=1",
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(planned(*state, others[i])->cells.count, 0);
    assert_int_equal(planned(*state, "GET /primes?limit=1")->cells.count, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_is_an_object_with_the_names_asked_for, rest_open,
                                        rest_close),
        cmocka_unit_test_setup_teardown(a_text_is_written_as_json_agg_writes_it, rest_open,
                                        rest_close),
        cmocka_unit_test_setup_teardown(what_is_no_json_number_is_a_string, rest_open, rest_close),
        cmocka_unit_test_setup_teardown(only_a_plain_read_as_json_is_made_here, rest_open,
                                        rest_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
