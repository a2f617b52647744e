/* From a request's text to the SQL and its parameters: rest/ask, plan and sql_*.c */
#include "rest.h"

struct example {
    const char *request, *sql, *params; /* parameters joined by blanks, ~ for NULL */
};

static str join_params(arena *mem, const struct statement *statement)
{
    struct buf out;

    buf_init(&out, mem, 4096);
    for (int i = 0; i < statement->nparams; i++) {
        buf_put(&out, i > 0 ? STR(" ") : STR(""));
        buf_put(&out, statement->params[i].at == NULL ? STR("~") : statement->params[i]);
    }
    return buf_str(&out);
}

static void check(struct rest_test *test, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct plan *plan = planned(test, examples[i].request);
        struct statement statement;
        assert_null(plan_sql(test->mem, plan, &statement));
        assert_text(statement.text, examples[i].sql);
        assert_text(join_params(test->mem, &statement), examples[i].params);
    }
}

#define READ(inner) "select " inner
#define ALL                                                                                        \
    "\"primes\".\"id\", \"primes\".\"form\", \"primes\".\"digits\", \"primes\".\"data\", "         \
    "to_json(\"primes\".\"tags\"), \"primes\".\"a\"\"b\""
#define FROM " from \"public\".\"primes\""

static void a_read_is_one_statement(void **state)
{
    static const struct example examples[] = {
        {"GET /primes",                                        READ(ALL FROM),                                                  ""   },
        {"GET /primes?select=id,n:form,id::text",
         READ("\"primes\".\"id\", \"primes\".\"form\", to_json(cast(\"primes\".\"id\" as "
              "\"text\"))" FROM),
         ""                                                                                                                          },
        {"GET /primes?select=%22a%5C%22b%22",                  READ("\"primes\".\"a\"\"b\"" FROM),                              ""   },
        {"GET /primes?select=data-%3Ea-%3E%3E0",
         READ("to_json(\"primes\".\"data\"->$1->>$2::integer)" FROM),                                                           "a 0"},
        {"GET /primes?select=tags-%3E0",
         READ("to_json(to_jsonb(\"primes\".\"tags\")->$1::integer)" FROM),                                                      "0"  },
        {"GET /primes?select=id&order=form.desc.nullslast,id",
         READ("\"primes\".\"id\"" FROM
              " order by \"primes\".\"form\" desc nulls last, \"primes\".\"id\""),
         ""                                                                                                                          },
        {"GET /primes?select=id&limit=5",                      READ("\"primes\".\"id\"" FROM " limit $1 offset $2"),
         "5 0"                                                                                                                       },
        {"GET /primes?select=id&offset=5",                     READ("\"primes\".\"id\"" FROM " limit $1 offset $2"),
         "~ 5"                                                                                                                       },
        {"GET /primes?select=id\nrange: 3-4",                  READ("\"primes\".\"id\"" FROM " limit $1 offset $2"),
         "2 3"                                                                                                                       },
        {"GET /primes?select=id\naccept: text/csv",
         "select coalesce(string_agg(substring((t.*)::text, 2, length((t.*)::text) - 2), E'\\n'), "
         "''), "
         "count(*) from (select \"primes\".\"id\"" FROM ") t",
         ""                                                                                                                          },
        {"HEAD /primes?select=id",                             "select '', count(*) from (select \"primes\".\"id\"" FROM ") t",
         ""                                                                                                                          },
    };
    check(*state, examples, sizeof(examples) / sizeof(examples[0]));
}

static void the_total_is_counted_over_the_same_condition(void **state)
{
    static const struct example examples[] = {
        {"GET /primes?select=id&id=gt.3&limit=2\nprefer: count=exact",
         "select coalesce(json_agg(t.*), '[]'), count(*), (select count(*)" FROM
         " where (\"primes\".\"id\" > $1)) from (select \"primes\".\"id\"" FROM
         " where (\"primes\".\"id\" > $1) limit $2 offset $3) t",          "3 2 0"},
        {"GET /primes?select=id&id=gt.3\nprefer: count=exact",
         READ("\"primes\".\"id\"" FROM " where (\"primes\".\"id\" > $1)"), "3"    },
    };
    check(*state, examples, sizeof(examples) / sizeof(examples[0]));
}

#define WHERE(condition) READ("\"primes\".\"id\"" FROM " where " condition)

static void values_are_always_parameters(void **state)
{
    static const struct example examples[] = {
        {"GET /primes?select=id&form=eq.x'%3B--",                                WHERE("(\"primes\".\"form\" = $1)"),        "x';--"},
        {"GET /primes?select=id&form=not.neq.x",                                 WHERE("not (\"primes\".\"form\" <> $1)"),   "x"    },
        {"GET /primes?select=id&form=ilike.*a*",                                 WHERE("(\"primes\".\"form\" ilike $1)"),    "%a%"  },
        {"GET /primes?select=id&id=in.(1,%22a,b%22)",                            WHERE("(\"primes\".\"id\" = any ($1))"),
         "{\"1\",\"a,b\"}"                                                                                                          },
        {"GET /primes?select=id&id=in.()",                                       WHERE("(\"primes\".\"id\" = any ($1))"),    "{}"   },
        {"GET /primes?select=id&form=in.(%22x%5C%22%22)",                        WHERE("(\"primes\".\"form\" = any ($1))"),
         "{\"x\\\"\"}"                                                                                                              },
        {"GET /primes?select=id&form=is.not_null",                               WHERE("(\"primes\".\"form\" is not null)"), ""     },
        {"GET /primes?select=id&id=lt(all).%7B1,2%7D",                           WHERE("(\"primes\".\"id\" < all ($1))"),
         "{1,2}"                                                                                                                    },
        {"GET /primes?select=id&form=fts(english).cat",
         WHERE("(to_tsvector($1::regconfig, \"primes\".\"form\") @@ to_tsquery($1, $2))"),
         "english cat"                                                                                                              },
        {"GET /primes?select=id&data-%3E%3En=eq.3",                              WHERE("(\"primes\".\"data\"->>$1 = $2)"),
         "n 3"                                                                                                                      },
        {"GET /primes?select=id&or=(id.eq.1,not.and(form.is.null,id.in.(2,3)))",
         WHERE("((\"primes\".\"id\" = $1) or not ((\"primes\".\"form\" is null) and "
               "(\"primes\".\"id\" "
               "= any ($2))))"),
         "1 {\"2\",\"3\"}"                                                                                                          },
    };
    check(*state, examples, sizeof(examples) / sizeof(examples[0]));
}

#define ROWS(inner)                                                                                \
    " select coalesce(json_agg(t.*), '[]'), count(*), null from (select " inner                    \
    " from postern_written as \"primes\""
#define WRITTEN "with postern_written as ("
#define BODY_OF(function, columns) function "($1) as \"postern_body\"(" columns ")"

static void a_write_hands_the_body_to_postgresql(void **state)
{
    static const struct example examples[] = {
        {"POST /primes\n\n{\"form\":\"x\",\"id\":1}",
         "insert into \"public\".\"primes\" (\"form\", \"id\") select \"postern_body\".\"form\", "
         "\"postern_body\".\"id\" from " BODY_OF("json_to_record",                                                                                  "\"form\" text, \"id\" bigint"),
         "{\"form\":\"x\",\"id\":1}"},
        {"POST /primes\n\n[{\"id\":1},{\"id\":2}]",
         "insert into \"public\".\"primes\" (\"id\") select \"postern_body\".\"id\" from " BODY_OF(
             "json_to_recordset",                                                                                               "\"id\" bigint"),
         "[{\"id\":1},{\"id\":2}]"},
        {"POST /primes\n\n{}",                                                     "insert into \"public\".\"primes\" select",                                                                                                               ""                                                                                                                                },
        {"POST /primes\n\n[{},{}]",
         "insert into \"public\".\"primes\" select from json_array_elements($1)",                       "[{},{}]"},
        {"DELETE /primes?limit=1",                                                                    "delete from \"public\".\"primes\"",                                                                                                        ""                                                                                                                                                                                                                  },
        {"POST /primes\n\n[]",                                                                           "insert into \"public\".\"primes\" select where false",                              ""},
        {"POST /primes?select=id\nprefer: return=representation\n\n{\"id\":1}",
         WRITTEN
         "insert into \"public\".\"primes\" (\"id\") select \"postern_body\".\"id\" "
         "from " BODY_OF("json_to_record",                                                                                                        "\"id\" bigint") " returning \"primes\".\"id\")" ROWS(
             "\"primes\".\"id\"") ") t",
         "{\"id\":1}"},
        {"DELETE /primes?select=n:id::text,form-%3Ex&order=digits,id\nprefer: "
         "return=representation",                                       WRITTEN
         "delete from \"public\".\"primes\" returning \"primes\".\"id\", "
         "\"primes\".\"form\", \"primes\".\"digits\")" ROWS(
             "cast(\"primes\".\"id\" as \"text\") as \"n\", to_jsonb(\"primes\".\"form\")->$1 as "
             "\"x\"") " order by \"primes\".\"digits\", \"primes\".\"id\") t",
         "x"                                                                                                                                                                  },
        {"DELETE /primes?order=nosuch", "delete from \"public\".\"primes\"",                                                                                                                                       ""         },
        {"POST /primes?columns=id,digits\nprefer: missing=default\n\n[{\"id\":1}]",
         "insert into \"public\".\"primes\" (\"digits\", \"id\") select "
         "\"postern_body\".\"digits\", \"postern_body\".\"id\" from (select jsonb_agg("
         "jsonb_build_object(E'digits', 7) || elem) as rows from jsonb_array_elements($1) elem) "
         "as postern_whole, jsonb_to_recordset(postern_whole.rows) as \"postern_body\"(\"digits\" "
         "bigint, \"id\" "
         "bigint)","[{\"id\":1}]"},
        {"PATCH /primes?id=eq.4\n\n{\"form\":\"x\"}",
         "update \"public\".\"primes\" set \"form\" = \"postern_body\".\"form\" from " BODY_OF(
             "json_to_record",                                                                                                                                                      "\"form\" text") " where (\"primes\".\"id\" = $2)",
         "{\"form\":\"x\"} 4"},
        {"PATCH /primes?id=eq.4\n\n{}",                                                          "select 1 from \"public\".\"primes\" where false",""                                                                                                                                                            },
        {"DELETE /primes?id=eq.4",
         "delete from \"public\".\"primes\" where (\"primes\".\"id\" = $1)", "4"                                                                                                                       },
    };
    check(*state, examples, sizeof(examples) / sizeof(examples[0]));
}

#define BODY(inner) "select coalesce(json_agg(t.*), '[]'), count(*) from (select " inner ") t"

static void a_call_has_its_arguments_from_one_object_or_the_query(void **state)
{
    static const struct example examples[] = {
        {"POST /rpc/add\n\n{\"a\":1}",
         "select coalesce(json_agg(t.pgrst_scalar), '[]'), count(*) from (select "
         "\"add\".* from (select \"public\".\"add\"(\"a\" := \"pgrst_args\".\"a\") as "
         "pgrst_scalar from json_to_record($1) as \"pgrst_args\"(\"a\" integer)) as "
         "\"add\") t",                                                                              "{\"a\":1}"             },
        {"GET /rpc/add?b=2&a=1",
         "select coalesce(json_agg(t.pgrst_scalar), '[]'), count(*) from (select "
         "\"add\".* from (select \"public\".\"add\"(\"a\" := $1::integer, \"b\" := "
         "$2::integer) as pgrst_scalar) as \"add\") t",                                             "1 2"                   },
        {"GET /rpc/many?v=1&v=a%22b%5C",
         "select coalesce(json_agg(t.pgrst_scalar), '[]'), count(*) from (select "
         "\"many\".* from (select \"public\".\"many\"(variadic \"v\" := $1::integer[]) as "
         "pgrst_scalar) as \"many\") t",                                                            "{\"1\",\"a\\\"b\\\\\"}"},
        {"POST /rpc/list?id=eq.1&select=id",
         BODY("\"pgrst_call\".\"id\" from \"public\".\"list\"() as \"pgrst_call\" where "
              "(\"pgrst_call\".\"id\" = $1)"),
         "1"                                                                                                                },
        {"POST /rpc/list?limit=1\nprefer: count=exact",
         "with \"pgrst_call\" as materialized (select \"pgrst_call\".* from \"public\".\"list\"() "
         "as "
         "\"pgrst_call\") select coalesce(json_agg(t.*), '[]'), count(*), (select count(*) "
         "from "
         "\"pgrst_call\") from (select \"pgrst_call\".* from \"pgrst_call\" limit $1 offset $2) t", "1 0"                   },
        {"POST /rpc/whole\n\n{\"x\":1}",
         "select coalesce(json_agg(t.pgrst_scalar), '[]'), count(*) from (select "
         "\"whole\".* from (select \"public\".\"whole\"($1::json) as pgrst_scalar) as "
         "\"whole\") t",                                                                            "{\"x\":1}"             },
    };
    check(*state, examples, sizeof(examples) / sizeof(examples[0]));
}

static void the_text_does_not_vary_with_values(void **state)
{
    static const char *const pairs[][2] = {
        {"POST /primes\n\n{\"id\":1,\"form\":\"a\"}",
         "POST /primes?columns=form,id,form\n\n{\"form\":\"b\",\"id\":2}"                         },
        {"GET /primes?id=eq.1",                       "GET /primes?id=eq.22222"                   },
        {"GET /primes?id=in.(1)",                     "GET /primes?id=in.(1,2,3,4)"               },
        {"GET /primes?limit=1",                       "GET /primes?limit=100&offset=7"            },
        {"GET /primes?limit=0",                       "GET /primes?offset=7"                      },
        {"GET /primes?data-%3Ea=eq.1",                "GET /primes?data-%3Eb=eq.2"                },
        {"PATCH /primes?id=eq.1\n\n{\"form\":\"a\"}", "PATCH /primes?id=eq.2\n\n{\"form\":null}"  },
        {"GET /primes?id=eq.1",                       "GET /primes?id=eq.1\naccept: "
                                "application/vnd.pgrst.object+json"},
    };
    struct rest_test *test = *state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct statement first, second;
        assert_null(plan_sql(test->mem, planned(test, pairs[i][0]), &first));
        assert_null(plan_sql(test->mem, planned(test, pairs[i][1]), &second));
        assert_true(str_eq(first.text, second.text));
    }
}

static void reads_and_stable_calls_may_not_write(void **state)
{
    static const struct {
        const char *request;
        enum access access;
    } cases[] = {
        {"GET /primes",                ACCESS_READ },
        {"HEAD /primes",               ACCESS_READ },
        {"DELETE /primes",             ACCESS_WRITE},
        {"GET /rpc/list",              ACCESS_READ },
        {"POST /rpc/list",             ACCESS_WRITE},
        {"POST /rpc/add\n\n{\"a\":1}", ACCESS_READ },
    };
    struct rest_test *test = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct statement statement;
        assert_null(plan_sql(test->mem, planned(test, cases[i].request), &statement));
        assert_int_equal(statement.access, cases[i].access);
        assert_text(statement.search_path, "\"public\", \"ext\"");
    }
}

static void a_write_of_one_row_is_refused_by_its_own_error(void **state)
{
    struct rest_test *test = *state;
    struct plan *plan =
        planned(test, "DELETE /primes?id=eq.1\naccept: application/vnd.pgrst.object+json");
    struct statement statement;
    const struct fail *fail;

    assert_null(plan_sql(test->mem, plan, &statement));
    assert_non_null(statement.refusal);
    fail = statement.refusal(test->mem, STR("22P02"),
                             STR("invalid input syntax for type integer: \"PGRST116 3\""));
    assert_int_equal(fail->status, 406);
    assert_text(fail->details, "The result contains 3 rows");
    assert_null(statement.refusal(test->mem, STR("22P02"), STR("... integer: \"x\"")));
    assert_null(statement.refusal(test->mem, STR("23505"), STR("\"PGRST116 3\"")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_open, rest_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_read_is_one_statement),
        TEST(the_total_is_counted_over_the_same_condition),
        TEST(values_are_always_parameters),
        TEST(a_write_hands_the_body_to_postgresql),
        TEST(a_call_has_its_arguments_from_one_object_or_the_query),
        TEST(the_text_does_not_vary_with_values),
        TEST(reads_and_stable_calls_may_not_write),
        TEST(a_write_of_one_row_is_refused_by_its_own_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
