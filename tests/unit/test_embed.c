/* Embedded relations, spreads and aggregates as SQL: rest/plan_tree, plan_node, sql_embed.c. */
#include "rest.h"

/* The SQL is written with ` for ", so that one can read it. */
struct example {
    const char *request, *sql;
};

static str with_backticks(arena *mem, str sql)
{
    char *copy = h2o_mem_alloc_pool(mem, sql.len);

    for (size_t i = 0; i < sql.len; i++)
        copy[i] = (char)(sql.at[i] == '"' ? '`' : sql.at[i]);
    return (str){copy, sql.len};
}

static void check(struct rest_test *test, const struct example *examples, size_t count)
{
    test->config.db_aggregates_enabled = true;
    for (size_t i = 0; i < count; i++) {
        struct statement statement;
        assert_null(plan_sql(test->mem, planned(test, examples[i].request), &statement));
        assert_text(with_backticks(test->mem, statement.text), examples[i].sql);
    }
}

#define CHECK(state, examples) check(*(state), examples, sizeof(examples) / sizeof((examples)[0]))

/* The prime of a phase, and the phases of a prime. */
#define ITS_PRIME(columns)                                                                         \
    "lateral (select " columns " from `public`.`primes` as `postern_1` where "                     \
    "`postern_1`.`id` = `phases`.`prime`) as `postern_1` on true"
#define ITS_PHASES                                                                                 \
    " from `public`.`phases` as `postern_1` where `postern_1`.`prime` = `primes`.`id`"
#define PRIMES " from `public`.`primes`"
#define PHASES " from `public`.`phases`"

static void one_row_is_joined_and_many_are_a_subselect(void **state)
{
    static const struct example examples[] = {
        {"GET /phases?select=id,primes(form)",
         "select `phases`.`id`, row_to_json(`postern_1`.*)" PHASES
         " left join " ITS_PRIME("`postern_1`.`form`")                            },
        {"GET /primes?select=id,phases(name)",
         "select `primes`.`id`, coalesce((select json_agg(`postern_1`.*) from "
         "(select `postern_1`.`name`" ITS_PHASES ") as `postern_1`), '[]')" PRIMES},
        {"GET /primes?select=people(name)",
         "select coalesce((select json_agg(`postern_1`.*) from (select `postern_1`.`name` from "
         "`public`.`people` as `postern_1` cross join `public`.`finders` as `postern_1_by` where "
         "`postern_1_by`.`person` = `postern_1`.`id` and `postern_1_by`.`prime` = `primes`.`id`) "
         "as `postern_1`), '[]')" PRIMES                                          },
        {"GET /primes?select=opening(name)",
         "select row_to_json(`postern_1`.*)" PRIMES " left join lateral (select `postern_1`.`name` "
         "from `public`.`opening`(`primes`.*::`public`.`primes`) as `postern_1`) as `postern_1` "
         "on true"                                                                },
        {"GET /primes?select=phases(primes(id))",
         "select coalesce((select json_agg(`postern_1`.*) from (select row_to_json(`postern_2`.*) "
         "as `primes` from `public`.`phases` as `postern_1` left join lateral (select "
         "`postern_2`.`id` from `public`.`primes` as `postern_2` where `postern_2`.`id` = "
         "`postern_1`.`prime`) as `postern_2` on true where `postern_1`.`prime` = `primes`.`id`) "
         "as `postern_1`), '[]')" PRIMES                                          },
    };
    CHECK(state, examples);
}

static void each_level_has_its_own_filters_order_and_page(void **state)
{
    static const struct example examples[] = {
        {"GET /primes?select=id,phases(name)&phases.size=gt.3&phases.order=id&phases.limit=2",
         "select `primes`.`id`, coalesce((select json_agg(`postern_1`.*) from "
         "(select `postern_1`.`name`" ITS_PHASES " and (`postern_1`.`size` > $1) "
         "order by `postern_1`.`id` limit $2 offset $3) as `postern_1`), '[]')" PRIMES    },
        {"GET /phases?select=id,primes(form)&order=primes(form).desc",
         "select `phases`.`id`, row_to_json(`postern_1`.*)" PHASES
         " left join " ITS_PRIME("`postern_1`.`form`") " order by `postern_1`.`form` desc"},
    };
    CHECK(state, examples);
}

static void inner_and_null_ask_whether_there_is_a_row(void **state)
{
    static const struct example examples[] = {
        {"GET /phases?select=id,primes!inner(form)",
         "select `phases`.`id`, row_to_json(`postern_1`.*)" PHASES
         " join " ITS_PRIME("`postern_1`.`form`")                                           },
        {"GET /primes?select=id,phases!inner()&phases.size=eq.3",
         "select `primes`.`id`" PRIMES " where exists (select" ITS_PHASES
         " and (`postern_1`.`size` = $1))"                                                  },
        {"GET /primes?select=id,phases!inner(size)&id=eq.1",
         "select `primes`.`id`, coalesce(`postern_1`.`rows`, '[]')" PRIMES
         " left join lateral (select json_agg(`postern_1`.*) as rows from (select "
         "`postern_1`.`size`" ITS_PHASES ") as `postern_1`) as `postern_1` on true where "
         "(`primes`.`id` = $1) and `postern_1`.`rows` is not null"                          },
        {"GET /primes?select=id,phases()&phases=is.null",
         "select `primes`.`id`" PRIMES " where not (exists (select" ITS_PHASES "))"         },
        {"GET /primes?select=id,phases()&or=(id.eq.1,phases.not.is.null)",
         "select `primes`.`id`" PRIMES " where ((`primes`.`id` = $1) or (exists (select" ITS_PHASES
         " offset 0)))"                                                                     },
        {"GET /phases?select=id,primes!inner(form)&limit=1\nprefer: count=exact",
         "select coalesce(json_agg(t.*), '[]'), count(*), (select count(*)" PHASES
         " where exists (select from `public`.`primes` as `postern_1` where `postern_1`.`id` = "
         "`phases`.`prime`)) from (select `phases`.`id`, row_to_json(`postern_1`.*) as "
         "`primes`" PHASES " join " ITS_PRIME("`postern_1`.`form`") " limit $1 offset $2) t"},
    };
    CHECK(state, examples);
}

static void what_is_joined_is_not_asked_for_again(void **state)
{
    static const struct example examples[] = {
        {"GET /phases?select=id,primes(form)&primes=not.is.null",
         "select `phases`.`id`, row_to_json(`postern_1`.*)" PHASES " left join " ITS_PRIME(
             "`postern_1`.`form`") " where (`postern_1`.* is distinct from null)"              },
        {"GET /phases?select=id,primes(form)&or=(id.eq.1,primes.is.null)",
         "select `phases`.`id`, row_to_json(`postern_1`.*)" PHASES
         " left join " ITS_PRIME("`postern_1`.`form`") " where ((`phases`.`id` = $1) or not "
                                                       "(`postern_1`.* is distinct from null))"},
        {"GET /primes?select=id,phases(name)&phases=not.is.null",
         "select `primes`.`id`, coalesce(`postern_1`.`rows`, '[]')" PRIMES " left join lateral "
         "(select json_agg(`postern_1`.*) as rows from (select `postern_1`.`name`" ITS_PHASES
         ") as `postern_1`) as `postern_1` on true where (`postern_1`.`rows` is not null)"     },
        {"GET /primes?select=id,phases(name)&phases=not.is.null&order=id",
         "select `primes`.`id`, coalesce((select json_agg(`postern_1`.*) from (select "
         "`postern_1`.`name`" ITS_PHASES ") as `postern_1`), '[]')" PRIMES
         " where (exists (select" ITS_PHASES ")) order by `primes`.`id`"                       },
    };
    CHECK(state, examples);
}

static void a_spread_lifts_columns_and_arrays_of_them(void **state)
{
    static const struct example examples[] = {
        {"GET /phases?select=id,...primes(digits,kind:form)",
         "select `phases`.`id`, `postern_1`.`digits`, `postern_1`.`kind`" PHASES
         " left join " ITS_PRIME("`postern_1`.`digits`, `postern_1`.`form` as `kind`")},
        {"GET /primes?select=id,...phases(name)&phases.order=id",
         "select `primes`.`id`, `postern_1`.`name`" PRIMES " left join lateral (select "
         "coalesce(json_agg(`postern_1`.`name`), '[]') as `name` from (select "
         "`postern_1`.`name`" ITS_PHASES " order by `postern_1`.`id`) as `postern_1`) as "
         "`postern_1` on true"                                                        },
    };
    CHECK(state, examples);
}

#define GROUPS "select coalesce(json_agg(t.*), '[]'), count(*) from (select "

static void aggregates_are_grouped_by_all_else(void **state)
{
    static const struct example examples[] = {
        {"GET /primes?select=count()",                                 GROUPS "count(*) as `count`" PRIMES ") t"                                         },
        {"GET /primes?select=form,n:digits.sum()::text",               GROUPS
         "`primes`.`form`, cast(sum(`primes`.`digits`) as `text`) as `n`" PRIMES " group by 1) t"},
        {"GET /phases?select=size.max(),...primes(form,digits.sum())",
         GROUPS "max(`phases`.`size`) as `max`, `postern_1`.`form` as `form`, "
                "sum(`postern_1`.`sum`) as `sum`" PHASES " left join " ITS_PRIME(
                    "`postern_1`.`form`, `postern_1`.`digits` as `sum`") " group by 2) t"                                                                },
        {"GET /phases?select=...primes(count())",
         GROUPS "count(`postern_1`.`count`) as `count`" PHASES
                " left join " ITS_PRIME("1 as `count`") ") t"                                                                                            },
        {"GET /phases?select=count(),primes(form)",
         GROUPS "count(*) as `count`, row_to_json(`postern_1`.*)::jsonb as `primes`" PHASES
                " left join " ITS_PRIME("`postern_1`.`form`") " group by 2) t"                                                                           },
    };
    CHECK(state, examples);
}

static void the_rows_of_a_write_are_embedded_in(void **state)
{
    static const struct example examples[] = {
        {"DELETE /phases?select=name,primes(form)&primes.form=eq.x&id=eq.1\nprefer: "
         "return=representation", "with postern_written as (delete from `public`.`phases` where (`phases`.`id` = $1) "
         "returning `phases`.`name`, `phases`.`prime`) select coalesce(json_agg(t.*), '[]'), "
         "count(*), null from (select `phases`.`name`, row_to_json(`postern_1`.*) as `primes` from "
         "postern_written as `phases` left join lateral (select `postern_1`.`form` from "
         "`public`.`primes` as `postern_1` where `postern_1`.`id` = `phases`.`prime` and "
         "(`postern_1`.`form` = $2)) as `postern_1` on true) t"},
    };
    CHECK(state, examples);
}

static void what_cannot_be_embedded_is_refused(void **state)
{
    static const struct {
        const char *request, *code, *message;
    } cases[] = {
        {"GET /primes?select=id,loose(a)",                          "PGRST200",
         "Could not find a relationship between 'primes' and 'loose' in the schema cache"                              },
        {"GET /primes?select=id&phases.id=eq.1",                    "PGRST108",
         "'phases' is not an embedded resource in this request"                                                        },
        {"GET /primes?select=id,phases(id)&phases.people.limit=1",  "PGRST108",
         "'people' is not an embedded resource in this request"                                                        },
        {"GET /primes?select=id,phases(id)&order=people(id)",       "PGRST108",
         "'people' is not an embedded resource in this request"                                                        },
        {"GET /primes?select=id,phases(id)&order=phases(id)",       "PGRST118",
         "A related order on 'phases' is not possible"                                                                 },
        {"GET /primes?select=id,...phases(id.sum())",               "PGRST127", "Feature not implemented"              },
        {"GET /phases?select=id,primes(form)&order=primes(digits)", "42703",
         "column primes_1.digits does not exist"                                                                       },
        {"GET /phases?select=id,primes(nosuch)",                    "42703",    "column primes_1.nosuch does not exist"},
        {"GET /phases?select=primes(phases(nosuch))",               "42703",
         "column phases_2.nosuch does not exist"                                                                       },
        {"GET /phases?select=id,p:primes(form)&primes.id=eq.1",     "PGRST108",
         "'primes' is not an embedded resource in this request"                                                        },
    };
    struct rest_test *test = *state;

    test->config.db_aggregates_enabled = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fail *fail = refused(test, cases[i].request);
        assert_string_equal(fail->code, cases[i].code);
        assert_text(fail->message, cases[i].message);
    }
    test->config.db_aggregates_enabled = false;
    assert_string_equal(refused(test, "GET /primes?select=...phases(id.sum())")->code, "PGRST123");
    assert_null(rest_plan(test, "GET /primes?select=count", &(struct plan *){NULL}));
}

static void an_old_name_is_warned_of(void **state)
{
    struct rest_test *test = *state;
    static const char request[] = "GET /phases?select=id,%22a%22:primes(form)&primes.id=eq.1";
    static const char line_break[] =
        "GET /phases?select=id,%22a%0Ab%22:primes(form)&primes.id=eq.1";

    test->config.legacy_target_names = true;
    assert_text(planned(test, request)->warning,
                "299 Postern \"Embedded resource was referenced by relation name even though it "
                "has an alias. This is deprecated and will stop working in a future release. "
                "Update `primes` to `a` in query string filters, orders or limits.\"");
    assert_null(planned(test, line_break)->warning.at);
    assert_null(planned(test, "GET /phases?select=id,a:primes(form)&a.id=eq.1")->warning.at);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_open, rest_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_row_is_joined_and_many_are_a_subselect),
        TEST(each_level_has_its_own_filters_order_and_page),
        TEST(inner_and_null_ask_whether_there_is_a_row),
        TEST(what_is_joined_is_not_asked_for_again),
        TEST(a_spread_lifts_columns_and_arrays_of_them),
        TEST(aggregates_are_grouped_by_all_else),
        TEST(the_rows_of_a_write_are_embedded_in),
        TEST(what_cannot_be_embedded_is_refused),
        TEST(an_old_name_is_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
