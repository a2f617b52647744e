/* What is refused, and in which words: rest/ask, query, condition, item, prefer, media, body, plan.
 */
#include "rest.h"

static const struct refusal {
    const char *request, *code, *message, *details;
} refusals[] = {
    {"GET /primes?id=1",                          "PGRST100", "\"failed to parse filter (1)\" (line 1, column 1)",
     "unexpected \"1\" expecting \"not\" or operator (eq, gt, ...)"                                                                                                                                        },
    {"GET /primes?id=not.foo.1",                  "PGRST100",
     "\"failed to parse filter (not.foo.1)\" (line 1, column 5)",                                                           "unexpected \"f\" expecting operator (eq, gt, ...)"                            },
    {"GET /primes?id=in.(1",                      "PGRST100", "\"failed to parse filter (in.(1)\" (line 1, column 6)",
     "unexpected end of input expecting \",\" or \")\""                                                                                                                                                    },
    {"GET /primes?id=is.nil",                     "PGRST100", "\"failed to parse filter (is.nil)\" (line 1, column 5)",
     "unexpected \"i\" expecting isVal: (null, not_null, true, false, unknown)"                                                                                                                            },
    {"GET /primes?or=(id.eq.1",                   "PGRST100",
     "\"failed to parse logic tree ((id.eq.1)\" (line 1, column 11)",                                                       "unexpected end of input expecting \",\" or \")\""                             },
    {"GET /primes?select=id,",                    "PGRST100",
     "\"failed to parse select parameter (id,)\" (line 1, column 4)",                                                       "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\" or "
     "\"count()\""                                                                                                                    },
    {"GET /primes?order=id.foo",                  "PGRST100",
     "\"failed to parse order (id.foo)\" (line 1, column 4)",                                                               "unexpected \"f\" expecting \"asc\", \"desc\", \"nullsfirst\" or \"nullslast\""},
    {"GET /primes?%ff=eq.1",                      "PGRST100", "The query string is not valid percent-encoded UTF-8",
     NULL                                                                                                                                                                                                  },
    {"GET /primes?limit=-1",                      "PGRST103", "Requested range not satisfiable",
     "Limit should be greater than or equal to zero."                                                                                                                                                      },
    {"GET /primes\nrange: 5-2",                   "PGRST103", "Requested range not satisfiable",
     "The lower boundary must be lower than or equal to the upper boundary in the Range "
     "header."                                                                                                                                                                                             },
    {"POST /primes\n\n{\"id\":",                  "PGRST102", "Empty or invalid json",                                      NULL                                                                           },
    {"POST /primes\n\n[{\"id\":1},{\"form\":2}]", "PGRST102", "All object keys must match",                                 NULL                                                                           },
    {"POST /primes\n\n[1]",                       "PGRST102", "All object keys must match",                                 NULL                                                                           },
    {"POST /primes\ncontent-type: text/foo\n\nx", "PGRST102",
     "Content-Type not acceptable: text/foo",                                                                               NULL                                                                           },
    {"GET /primes\naccept: audio/mpeg",           "PGRST107",
     "None of these media types are available: audio/mpeg",                                                                 NULL                                                                           },
    {"GET /primes\nprefer: handling=strict, a=b", "PGRST122",
     "Invalid preferences given with handling=strict",                                                                      "Invalid preferences: a=b"                                                     },
    {"GET /primes\naccept-profile: nope",         "PGRST106", "Invalid schema: nope",                                       NULL                                                                           },
    {"GET /nope",                                 "PGRST205", "Could not find the table 'public.nope' in the schema cache", NULL                                                                           },
    {"GET /primes?nope=eq.1",                     "42703",    "column primes.nope does not exist",                          NULL                                                                           },
    {"GET /primes?select=id::nope",               "42704",    "type \"nope\" does not exist",                               NULL                                                                           },
    {"GET /primes?select=id,forms(name)",         "PGRST200",
     "Could not find a relationship between 'primes' and 'forms' in the schema cache",                                      "Searched for a foreign key relationship between 'primes' and 'forms' in the schema "
     "'public', but no matches were found."                                                                          },
    {"GET /primes?select=id.sum()",               "PGRST123", "Use of aggregate functions is not allowed",                  NULL                                                                           },
    {"GET /primes?forms.name=eq.1",               "PGRST108",
     "'forms' is not an embedded resource in this request",                                                                 NULL                                                                           },
    {"POST /primes\n\n{\"nope\":1}",              "PGRST204",
     "Could not find the 'nope' column of 'primes' in the schema cache",                                                    NULL                                                                           },
    {"PUT /primes?form=eq.x\n\n{\"id\":1}",       "PGRST105",
     "Filters must include all and only primary key columns with 'eq' operators",                                           NULL                                                                           },
    {"PUT /primes?nosuch=eq.1\n\n{\"id\":1}",     "PGRST105",
     "Filters must include all and only primary key columns with 'eq' operators",                                           NULL                                                                           },
    {"PUT /primes?id=eq.1&limit=1\n\n{\"id\":1}", "PGRST114",
     "limit/offset querystring parameters are not allowed for PUT",                                                         NULL                                                                           },
    {"PUT /primes?id=eq.1\n\n{\"form\":\"x\"}",   "PGRST115",
     "Payload values do not match URL in primary key column(s)",                                                            NULL                                                                           },
    {"TRACE /primes",                             "PGRST117", "Unsupported HTTP method: TRACE",                             NULL                                                                           },
    {"DELETE /rpc/add",                           "PGRST101", "Cannot use the DELETE method on RPC",                        NULL                                                                           },
    {"POST /rpc/add\n\n{\"a\":1,\"c\":2}",        "PGRST202",
     "Could not find the function public.add(a, c) in the schema cache",                                                    "Searched for the function public.add with parameters a, c or with a single unnamed "
     "json/jsonb parameter, but no matches were found in the schema cache."                                                        },
    {"GET /rpc/add",                              "PGRST202",
     "Could not find the function public.add without parameters in the schema cache",                                       "Searched for the function public.add without parameters, but no matches were found in "
     "the schema cache."                                                                                              },
};

static void a_refusal_says_where_and_why(void **state)
{
    struct rest_test *test = *state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct fail *fail = refused(test, refusals[i].request);
        assert_string_equal(fail->code, refusals[i].code);
        assert_text(fail->message, refusals[i].message);
        if (refusals[i].details != NULL)
            assert_text(fail->details, refusals[i].details);
        else
            assert_null(fail->details.at);
    }
}

static void a_misspelt_name_gets_a_suggestion(void **state)
{
    static const struct {
        const char *request, *hint;
    } cases[] = {
        {"GET /prime",                         "Perhaps you meant the table 'public.primes'"                 },
        {"GET /primes?digit=eq.1",             "Perhaps you meant to reference the column \"primes.digits\"."},
        {"POST /rpc/lists\n\n{\"a\":1}",       "Perhaps you meant to call the function public.list"          },
        {"POST /rpc/add\n\n{\"a\":1,\"c\":2}",
         "Perhaps you meant to call the function public.add(a, b)"                                           },
    };
    struct rest_test *test = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_text(refused(test, cases[i].request)->hint, cases[i].hint);
    }
}

static void the_first_preference_of_a_kind_wins(void **state)
{
    struct rest_test *test = *state;
    struct plan *plan =
        planned(test, "GET /primes\nprefer: count=planned, foo=bar\nprefer: count=exact,"
                      "handling=lenient");

    assert_int_equal(plan->ask->prefer.choices[PREFER_COUNT], CHOICE_COUNT_PLANNED);
    assert_text(
        prefer_applied(&plan->ask->prefer, test->mem, 1U << PREFER_COUNT | 1U << PREFER_HANDLING),
        "count=planned, handling=lenient");
    assert_null(prefer_applied(&plan->ask->prefer, test->mem, 1U << PREFER_RETURN).at);
}

static void a_range_is_what_header_and_parameters_share(void **state)
{
    static const struct {
        const char *request;
        int64_t first, last;
    } cases[] = {
        {"GET /primes",                                                      0,         RANGE_OPEN},
        {"GET /primes?limit=5",                                              0,         4         },
        {"GET /primes?limit=5&offset=10",                                    10,        14        },
        {"GET /primes?offset=-3",                                            0,         RANGE_OPEN},
        {"GET /primes?limit=x",                                              0,         RANGE_OPEN},
        {"GET /primes\nrange: 2-",                                           2,         RANGE_OPEN},
        {"GET /primes?limit=5\nrange: 2-3",                                  2,         3         },
        {"GET /primes?limit=5\nrange: 2-30",                                 2,         4         },
        {"GET /primes\nrange: items=2-30",                                   0,         RANGE_OPEN},
        {"HEAD /primes\nrange: 2-30",                                        0,         RANGE_OPEN},
        {"GET /primes?limit=9223372036854775807&offset=9223372036854775807", INT64_MAX, INT64_MAX },
    };
    struct rest_test *test = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan *plan = planned(test, cases[i].request);
        assert_int_equal(plan->ask->range.first, cases[i].first);
        assert_int_equal(plan->ask->range.last, cases[i].last);
    }
}

static void the_canonical_query_is_sorted_and_encoded(void **state)
{
    struct rest_test *test = *state;
    struct plan *plan = planned(test, "GET /primes?select=id,form&id=gt.1&form=eq.a%20b&id=lt.9");

    assert_text(plan->ask->canonical_query, "form=eq.a%20b&id=gt.1,lt.9&select=id%2Cform");
}

static void rows_are_capped_by_the_setting(void **state)
{
    struct rest_test *test = *state;

    test->config.db_max_rows = 10;
    assert_int_equal(planned(test, "GET /primes")->root.range.last, 9);
    assert_int_equal(planned(test, "GET /primes?limit=3&offset=5")->root.range.last, 7);
    assert_int_equal(planned(test, "GET /primes?limit=30&offset=5")->root.range.last, 14);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_open, rest_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_refusal_says_where_and_why),
        TEST(a_misspelt_name_gets_a_suggestion),
        TEST(the_first_preference_of_a_kind_wins),
        TEST(a_range_is_what_header_and_parameters_share),
        TEST(the_canonical_query_is_sorted_and_encoded),
        TEST(rows_are_capped_by_the_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
