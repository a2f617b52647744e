/* server/rest/media.c, plan_media.c, sql_body.c: which type the answer has and what makes it. */
#include "rest.h"

#include "rest/media.h"

static void the_best_type_comes_first(void **state)
{
    static const struct {
        const char *header, *want;
    } cases[] = {
        {NULL,                                       "*/*"                             },
        {"",                                         "*/*"                             },
        {"text/csv,text/plain",                      "text/csv text/plain"             },
        {"text/csv;q=0.1, text/plain ;q=0.5, a/b",   "a/b text/plain text/csv"         },
        {"*/*, text/*, text/csv",                    "text/csv text/* */*"             },
        {"text/csv, text/csv;a=b",                   "text/csv text/csv"               },
        {"text/csv;q=0, a/b;q=0.0",                  ""                                },
        {"a/b;q=nan, c/d;q=-1, e/f;q=7",             "a/b c/d e/f"                     },
        {"TEXT/Csv; charset=utf-8",                  "text/csv"                        },
        {"nothing",                                  "nothing"                         },
        {"a/b; $$ junk $$; nulls=stripped",          "a/b"                             },
        {"application/vnd.pgrst.array+json;q=1;v=1", "application/vnd.pgrst.array+json"},
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct accept accept = media_read(test->mem, str_from(cases[i].header));
        struct buf names;

        buf_init(&names, test->mem, 1024);
        for (int j = 0; j < accept.count; j++)
            buf_printf(&names, "%s%.*s", j > 0 ? " " : "", STR_ARG(accept.list[j].name));
        assert_text(buf_str(&names), cases[i].want);
    }
}

static void the_answer_has_the_first_type_that_is_there(void **state)
{
    static const struct {
        const char *request, *type;
        enum media media;
    } cases[] = {
        {"GET /primes",                                                            "application/json; charset=utf-8",     MEDIA_JSON           },
        {"GET /primes\naccept: text/html, */*;q=0.1",                              "application/json; charset=utf-8",
         MEDIA_JSON                                                                                                                            },
        {"GET /primes\naccept: a/b, application/*",                                "application/json; charset=utf-8",     MEDIA_JSON           },
        {"GET /primes\naccept: text/*",                                            "text/csv; charset=utf-8",             MEDIA_CSV            },
        {"GET /primes\naccept: text/csv",                                          "text/csv; charset=utf-8",             MEDIA_CSV            },
        {"GET /primes\naccept: application/geo+json",                              "application/geo+json; charset=utf-8",
         MEDIA_GEOJSON                                                                                                                         },
        {"GET /primes\naccept: application/vnd.pgrst.object",
         "application/vnd.pgrst.object+json; charset=utf-8",                                                              MEDIA_OBJECT         },
        {"GET /primes\naccept: application/vnd.pgrst.object+json; nulls=stripped",
         "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",                                               MEDIA_OBJECT_STRIPPED},
        {"GET /primes\naccept: application/vnd.pgrst.array;nulls=stripped",
         "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",                                                MEDIA_ARRAY_STRIPPED },
        {"GET /primes\naccept: application/vnd.pgrst.array;nulls=no",
         "application/json; charset=utf-8",                                                                               MEDIA_JSON           },
        {"GET /primes\naccept: image/png",                                         "image/png",                           MEDIA_HANDLED        },
        {"GET /primes?select=id\naccept: image/png, text/csv",                     "text/csv; charset=utf-8",
         MEDIA_CSV                                                                                                                             },
        {"GET /primes?select=id\naccept: text/tsv",                                "text/tsv",                            MEDIA_HANDLED        },
        {"GET /loose\naccept: application/json",                                   "application/octet-stream",            MEDIA_HANDLED        },
        {"GET /loose?select=a\naccept: application/json",                          "application/json; charset=utf-8",
         MEDIA_JSON                                                                                                                            },
        {"GET /loose\naccept: application/vnd.pgrst.object",
         "application/vnd.pgrst.object+json; charset=utf-8",                                                              MEDIA_OBJECT         },
        {"GET /rpc/add?a=1\naccept: text/plain",                                   "text/plain; charset=utf-8",           MEDIA_HANDLED        },
        {"GET /rpc/list\naccept: image/png",                                       "image/png",                           MEDIA_HANDLED        },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan *plan = planned(*state, cases[i].request);

        assert_text(plan->content_type, cases[i].type);
        assert_int_equal(plan->media, cases[i].media);
    }
}

static void what_is_not_there_is_406_with_its_name(void **state)
{
    static const struct {
        const char *accept, *names;
    } cases[] = {
        {"audio/mpeg",                                                                       "audio/mpeg"        },
        {"text/html, a/b; c=d;q=0.5",                                                        "text/html, a/b;c=d"},
        {"undefined",                                                                        "undefined"         },
        {"image/*",                                                                          "image/*"           },
        {"application/vnd.pgrst.plan+json; for=\"text/csv\"; options=verbose|analyze|other",
         "application/vnd.pgrst.plan+json; for=\"text/csv\"; options=analyze|verbose"                            },
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str request = arena_printf(test->mem, "GET /primes?select=id\naccept: %s", cases[i].accept);
        str want =
            arena_printf(test->mem, "None of these media types are available: %s", cases[i].names);
        const struct fail *fail = refused(test, request.at);

        assert_int_equal(fail->status, 406);
        assert_string_equal(fail->code, "PGRST107");
        assert_text(fail->message, want.at);
    }
}

static void a_plan_is_explained_when_that_is_allowed(void **state)
{
    static const struct {
        const char *accept, *type, *sql;
    } cases[] = {
        {"application/vnd.pgrst.plan",
         "application/vnd.pgrst.plan+text; for=\"application/json\"; charset=utf-8",   "explain (format text) select "                            },
        {"application/vnd.pgrst.plan+json; for=\"application/vnd.pgrst.object\"; "
         "options=wal|verbose",                                                    "application/vnd.pgrst.plan+json; for=\"application/vnd.pgrst.object+json\"; "
         "options=verbose|wal; charset=utf-8", "explain (format json, verbose, wal) select "              },
        {"application/vnd.pgrst.plan; for=\"image/png\"; options=analyze|settings|buffers",
         "application/vnd.pgrst.plan+text; for=\"image/png\"; options=analyze|settings|buffers; "
         "charset=utf-8",                                                              "explain (format text, analyze, settings, buffers) select "},
    };
    struct rest_test *test = *state;
    struct statement statement;

    test->config.db_plan_enabled = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str request = arena_printf(test->mem, "GET /primes\naccept: %s", cases[i].accept);
        struct plan *plan = planned(test, request.at);

        assert_text(plan->content_type, cases[i].type);
        assert_null(plan_sql(test->mem, plan, &statement));
        assert_true(str_starts(statement.text, str_from(cases[i].sql)));
        assert_int_equal(statement.format, FORMAT_TEXT);
    }
}

static void a_plan_of_what_is_not_there_is_406(void **state)
{
    struct rest_test *test = *state;

    test->config.db_plan_enabled = true;
    assert_int_equal(
        refused(test, "GET /primes\naccept: application/vnd.pgrst.plan; for=\"a/b\"")->status, 406);
    assert_int_equal(refused(test, "GET /primes\naccept: application/vnd.pgrst.plan; "
                                   "for=\"application/vnd.pgrst.plan\"")
                         ->status,
                     406);
}

static void a_handler_makes_the_body_as_bytes(void **state)
{
    static const struct {
        const char *request, *want;
    } cases[] = {
        {"GET /primes\naccept: image/png",          "\"public\".\"primes_png\"(t.*::\"public\".\"primes\")"},
        {"GET /primes?select=id\naccept: text/tsv", "\"ext\".\"rows_tsv\"(t.*)"                            },
        {"GET /rpc/add?a=1\naccept: text/plain",
         "select \"public\".\"text/plain\"(t.pgrst_scalar), 1 from"                                        },
    };
    struct rest_test *test = *state;
    struct statement statement;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(plan_sql(test->mem, planned(test, cases[i].request), &statement));
        if (memmem(statement.text.at, statement.text.len, cases[i].want, strlen(cases[i].want)) ==
            NULL)
            fail_msg("%.*s", STR_ARG(statement.text));
        assert_int_equal(statement.format, FORMAT_BINARY);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_open, rest_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_best_type_comes_first),
        TEST(the_answer_has_the_first_type_that_is_there),
        TEST(what_is_not_there_is_406_with_its_name),
        TEST(a_plan_is_explained_when_that_is_allowed),
        TEST(a_plan_of_what_is_not_there_is_406),
        TEST(a_handler_makes_the_body_as_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
