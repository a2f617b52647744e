/* server/rest/answer.c: a page becomes a reply. */
#include "rest.h"

#include "rest/answer.h"

static str header_of(const struct reply *reply, str name)
{
    for (int i = 0; i < reply->nheaders; i++)
        if (str_ieq(reply->headers[i].name, name))
            return reply->headers[i].value;
    return (str){NULL, 0};
}

static struct reply *answer(struct rest_test *test, const char *request, struct page page)
{
    struct reply *reply = NULL;

    assert_null(answer_make(test->mem, planned(test, request), &page, &reply));
    return reply;
}

static void status_and_range_follow_the_counts(void **state)
{
    static const struct {
        const char *request;
        int64_t rows, total;
        int status;
        const char *range;
    } cases[] = {
        {"GET /primes",                                                3, 0,  200, "0-2/*" },
        {"GET /primes",                                                0, 0,  200, "*/*"   },
        {"GET /primes\nprefer: count=exact",                           3, 0,  200, "0-2/3" },
        {"GET /primes?limit=3\nprefer: count=exact",                   3, 30, 206, "0-2/30"},
        {"GET /primes?offset=30\nprefer: count=exact",                 0, 30, 206, "*/30"  },
        {"GET /primes?offset=31\nprefer: count=exact",                 0, 30, 416, "*/30"  },
        {"GET /primes?offset=5\nprefer: count=exact",                  5, 10, 206, "5-9/10"},
        {"PATCH /primes?id=eq.1\n\n{\"id\":1}",                        2, 0,  204, "0-1/*" },
        {"PATCH /primes?id=eq.1\nprefer: return=representation\n\n{}", 0, 0,  200, "*/*"   },
        {"DELETE /primes?id=eq.1\nprefer: count=exact",                2, 0,  204, "*/2"   },
        {"POST /primes\n\n{}",                                         1, 0,  201, "*/*"   },
        {"POST /rpc/gone",                                             1, 0,  204, "0-0/*" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply *reply = answer(
            *state, cases[i].request,
            (struct page){.body = STR("[]"), .rows = cases[i].rows, .total = cases[i].total});
        assert_int_equal(reply->status, cases[i].status);
        assert_text(header_of(reply, STR("Content-Range")), cases[i].range);
    }
}

static void one_row_comes_without_brackets(void **state)
{
    static const struct {
        const char *request, *body, *want;
    } cases[] = {
        {"GET /primes\naccept: application/vnd.pgrst.object+json", "[{\"id\":1}]",      "{\"id\":1}"   },
        {"POST /rpc/add\n\n{\"a\":1}",                             "[3]",               "3"            },
        {"POST /rpc/add\n\n{\"a\":1}",                             "[ {\"a\" : [ ]} ]", "{\"a\" : [ ]}"},
        {"POST /rpc/list",                                         "[{\"id\":1}]",      "[{\"id\":1}]" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply *reply = answer(*state, cases[i].request,
                                     (struct page){.body = str_from(cases[i].body), .rows = 1});
        assert_text(reply->body, cases[i].want);
    }
}

static void not_one_row_is_406(void **state)
{
    struct rest_test *test = *state;
    struct plan *plan = planned(test, "GET /primes\naccept: application/vnd.pgrst.object+json");
    struct reply *reply;
    const struct page page = {.body = STR("[]"), .rows = 0};

    const struct fail *fail = answer_make(test->mem, plan, &page, &reply);
    assert_int_equal(fail->status, 406);
    assert_string_equal(fail->code, "PGRST116");
    assert_text(fail->message, "Cannot coerce the result to a single JSON object");
}

static void an_upsert_of_known_rows_is_200(void **state)
{
    const char *request = "POST /primes\nprefer: resolution=merge-duplicates\n\n{\"id\":1}";
    struct reply *known = answer(*state, request, (struct page){.rows = 1, .new_rows = 0});
    struct reply *fresh = answer(*state, request, (struct page){.rows = 1, .new_rows = 1});

    assert_int_equal(known->status, 200);
    assert_int_equal(fresh->status, 201);
    assert_text(header_of(fresh, STR("Preference-Applied")), "resolution=merge-duplicates");
}

static void a_new_row_has_a_location(void **state)
{
    const char *request = "POST /primes\nprefer: return=headers-only\n\n{\"id\":1}";
    struct reply *reply =
        answer(*state, request,
               (struct page){.rows = 1, .key = STR("{\"id\":7,\"b\":\"x &\\u00e9\",\"c\":null}")});

    assert_text(header_of(reply, STR("Location")), "/primes?id=eq.7&b=eq.x%20%26%C3%A9&c=is.null");
    reply = answer(*state, request, (struct page){.rows = 2, .key = STR("{\"id\":7}")});
    assert_null(header_of(reply, STR("Location")).at);
}

static void csv_begins_with_the_names(void **state)
{
    struct reply *reply = answer(*state, "GET /primes?select=id,n:form,data-%3Ek\naccept: text/csv",
                                 (struct page){.body = STR("1,x,2"), .rows = 1});

    assert_text(reply->body, "id,n,k\n1,x,2");
    assert_text(header_of(reply, STR("Content-Type")), "text/csv; charset=utf-8");
}

static void options_lists_what_is_possible(void **state)
{
    static const struct {
        const char *request, *allow;
    } cases[] = {
        {"OPTIONS /primes",   "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"},
        {"OPTIONS /loose",    "OPTIONS,GET,HEAD"                      },
        {"OPTIONS /rpc/add",  "OPTIONS,GET,HEAD,POST"                 },
        {"OPTIONS /rpc/list", "OPTIONS,POST"                          },
    };
    struct rest_test *test = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply *reply = answer_options(test->mem, planned(test, cases[i].request));
        assert_text(header_of(reply, STR("Allow")), cases[i].allow);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_open, rest_close)

static void the_database_may_choose_status_and_headers(void **state)
{
    static const struct {
        const char *headers, *status;
        int want;
        const char *code;
    } cases[] = {
        {NULL,                "418",  418, NULL      },
        {NULL,                "99",   500, "PGRST112"},
        {NULL,                "2 00", 500, "PGRST112"},
        {"[{\"X-A\":\"1\"}]", NULL,   200, NULL      },
        {"{}",                NULL,   500, "PGRST111"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rest_test *test = *state;
        const struct page page = {.body = STR("[]"),
                                  .asked_headers = str_from(cases[i].headers),
                                  .asked_status = str_from(cases[i].status)};
        struct reply *reply = NULL;
        const struct fail *fail =
            answer_make(test->mem, planned(test, "GET /primes"), &page, &reply);

        assert_int_equal(fail != NULL ? fail->status : reply->status, cases[i].want);
        if (fail != NULL)
            assert_string_equal(fail->code, cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(status_and_range_follow_the_counts),
        TEST(one_row_comes_without_brackets),
        TEST(not_one_row_is_406),
        TEST(an_upsert_of_known_rows_is_200),
        TEST(a_new_row_has_a_location),
        TEST(csv_begins_with_the_names),
        TEST(options_lists_what_is_possible),
        TEST(the_database_may_choose_status_and_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
