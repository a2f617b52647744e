/* The words of a refused query: for each text the column where it stops and what could have come.
 * Most of them are those of PostgREST 12.0.2, asked with the same text. */
#include "rest.h"

static const struct {
    const char *query;
    int column;
    const char *details;
} refusals[] = {
    {"id=eq",                    3,  "unexpected end of input expecting operator (eq, gt, ...)"                 },
    {"id=eqx.1",                 3,  "unexpected \"x\" expecting operator (eq, gt, ...)"                        },
    {"id=eq1",                   3,  "unexpected \"1\" expecting operator (eq, gt, ...)"                        },
    {"id=",                      1,  "unexpected end of input expecting \"not\" or operator (eq, gt, ...)"      },
    {"id=not",                   4,  "unexpected end of input expecting delimiter (.)"                          },
    {"id=not.",                  5,  "unexpected end of input expecting operator (eq, gt, ...)"                 },
    {"id=not.foo",               5,  "unexpected \"f\" expecting operator (eq, gt, ...)"                        },
    {"id=n",                     1,  "unexpected end of input expecting \"not\" or operator (eq, gt, ...)"      },
    {"id=no.1",                  1,  "unexpected \".\" expecting \"not\" or operator (eq, gt, ...)"             },
    {"id=nope.1",                1,  "unexpected \"p\" expecting \"not\" or operator (eq, gt, ...)"             },
    {"id=i",                     1,  "unexpected \"i\" expecting \"not\" or operator (eq, gt, ...)"             },
    {"id=in",                    3,  "unexpected end of input expecting operator (eq, gt, ...)"                 },
    {"id=in.",                   4,  "unexpected end of input expecting \"(\""                                  },
    {"id=in.1",                  4,  "unexpected \"1\" expecting \"(\""                                         },
    {"id=in.(1",                 6,  "unexpected end of input expecting \",\" or \")\""                         },
    {"id=in.(%221",              7,  "unexpected end of input expecting \",\" or \")\""                         },
    {"id=is.nul",                7,
     "unexpected end of input expecting isVal: (null, not_null, true, false, unknown)"                          },
    {"id=is.t",                  5,
     "unexpected end of input expecting isVal: (null, not_null, true, false, unknown)"                          },
    {"id=is.",                   4,
     "unexpected end of input expecting isVal: (null, not_null, true, false, unknown)"                          },
    {"id=is.unknow",             10,
     "unexpected end of input expecting isVal: (null, not_null, true, false, unknown)"                          },
    {"id=isx.1",                 3,  "unexpected \"x\" expecting operator (eq, gt, ...)"                        },
    {"id=isdistinct",            11, "unexpected end of input expecting operator (eq, gt, ...)"                 },
    {"id=isdistinctx",           11, "unexpected \"x\" expecting operator (eq, gt, ...)"                        },
    {"id=eq(any.1",              7,  "unexpected \".\" expecting operator (eq, gt, ...)"                        },
    {"id=eq(an).1",              4,  "unexpected \"n\" expecting operator (eq, gt, ...)"                        },
    {"id=eq(any)1",              8,  "unexpected \"1\" expecting operator (eq, gt, ...)"                        },
    {"id=eq(all)",               8,  "unexpected end of input expecting operator (eq, gt, ...)"                 },
    {"id=eq().1",                4,  "unexpected \")\" expecting operator (eq, gt, ...)"                        },
    {"id=eq(foo).1",             4,  "unexpected \"f\" expecting operator (eq, gt, ...)"                        },
    {"id=fts(english.1",         12, "unexpected \".\" expecting operator (eq, gt, ...)"                        },
    {"id=fts().x",               5,  "unexpected \")\" expecting operator (eq, gt, ...)"                        },
    {"id=fts(english)x",         13, "unexpected \"x\" expecting operator (eq, gt, ...)"                        },
    {"id=ftsx.1",                4,  "unexpected \"x\" expecting operator (eq, gt, ...)"                        },
    {"id=neq(any).1",            4,  "unexpected \"(\" expecting operator (eq, gt, ...)"                        },
    {"id=gtx.1",                 3,  "unexpected \"x\" expecting operator (eq, gt, ...)"                        },
    {"id=l.1",                   1,  "unexpected \"l\" expecting \"not\" or operator (eq, gt, ...)"             },
    {"id=like",                  5,  "unexpected end of input expecting operator (eq, gt, ...)"                 },
    {"id=m.1",                   1,  "unexpected \"m\" expecting \"not\" or operator (eq, gt, ...)"             },
    {"id=plf.1",                 1,  "unexpected \"p\" expecting \"not\" or operator (eq, gt, ...)"             },
    {"id=cs",                    3,  "unexpected end of input expecting operator (eq, gt, ...)"                 },
    {"id.=eq.1",                 4,  "unexpected end of input expecting field name (* or [a..z0..9_$])"         },
    {".id=eq.1",                 1,  "unexpected \".\" expecting field name (* or [a..z0..9_$])"                },
    {"id-%3E=eq.1",              5,
     "unexpected end of input expecting \"-\", digit or any non reserved character different from: "
     ".,>()"                                                                                                    },
    {"id-%3E%3E=eq.1",           6,
     "unexpected end of input expecting \"-\", digit or any non reserved character different from: "
     ".,>()"                                                                                                    },
    {"id-=eq.1",                 4,  "unexpected end of input expecting \">\", letter or digit"                 },
    {"-id=eq.1",                 1,  "unexpected \"-\" expecting field name (* or [a..z0..9_$])"                },
    {"%22id=eq.1",               4,  "unexpected end of input expecting \"\\\\\" or \"\\\"\""                   },
    {"=eq.1",                    1,  "unexpected end of input expecting field name (* or [a..z0..9_$])"         },
    {"id-%3E-=eq.1",             6,  "unexpected end of input expecting digit"                                  },
    {"id-%3E%3E-1x=eq.1",        8,
     "unexpected 'x' expecting digit, \"->\", \"::\", \".\", \",\" or end of input"                             },
    {"or=",                      3,  "unexpected end of input expecting \"(\""                                  },
    {"or=x",                     3,  "unexpected \"x\" expecting \"(\""                                         },
    {"or=(",                     4,
     "unexpected end of input expecting field name (* or [a..z0..9_$]), negation operator (not) or "
     "logic operator (and, or)"                                                                                 },
    {"or=)",                     3,  "unexpected \")\" expecting \"(\""                                         },
    {"or=(id",                   6,
     "unexpected end of input expecting letter, digit, \"-\", \"->>\", \"->\" or delimiter (.)"                 },
    {"or=(id.",                  7,  "unexpected end of input expecting \"not\" or operator (eq, gt, ...)"      },
    {"or=(id.eq",                9,  "unexpected end of input expecting operator (eq, gt, ...)"                 },
    {"or=(id.eq.",               10, "unexpected end of input expecting \"\\\"\", \"{\", \",\" or \")\""        },
    {"or=(id.eq.1",              11, "unexpected end of input expecting \",\" or \")\""                         },
    {"or=(id.eq.1,",             12,
     "unexpected end of input expecting field name (* or [a..z0..9_$]), negation operator (not) or "
     "logic operator (and, or)"                                                                                 },
    {"or=(id.eq.1,)",            12,
     "unexpected \")\" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic "
     "operator (and, or)"                                                                                       },
    {"or=(id.foo.1)",            7,  "unexpected \"f\" expecting \"not\" or operator (eq, gt, ...)"             },
    {"or=(and)",                 7,  "unexpected \")\" expecting \"(\""                                         },
    {"or=(and(id.eq.1)",         16, "unexpected end of input expecting \",\" or \")\""                         },
    {"or=(and(id.eq.1),x)",      18,
     "unexpected \")\" expecting letter, digit, \"-\", \"->>\", \"->\" or delimiter (.)"                        },
    {"or=(not.id.eq.1)",         8,  "unexpected \"i\" expecting logic operator (and, or)"                      },
    {"or=(not.foo(id.eq.1))",    8,  "unexpected \"f\" expecting logic operator (and, or)"                      },
    {"or=(xor(id.eq.1))",        7,
     "unexpected \"(\" expecting letter, digit, \"-\", \"->>\", \"->\" or delimiter (.)"                        },
    {"or=(id.in.(1,2)",          15, "unexpected end of input expecting \",\" or \")\""                         },
    {"or=(id.in.1)",             10, "unexpected \"1\" expecting \"(\""                                         },
    {"or=(id.is.nul)",           13,
     "unexpected \")\" expecting isVal: (null, not_null, true, false, unknown)"                                 },
    {"or=(id.is.nullx)",         14, "unexpected \"x\" expecting \",\" or \")\""                                },
    {"or=(id.eq.{1}x)",          13, "unexpected \"x\" expecting \",\" or \")\""                                },
    {".or=(id.eq.1)",            1,  "unexpected \".\" expecting field name (* or [a..z0..9_$])"                },
    {"order=",                   1,  "unexpected end of input expecting field name (* or [a..z0..9_$])"         },
    {"order=id.",                4,
     "unexpected end of input expecting \"asc\", \"desc\", \"nullsfirst\" or \"nullslast\""                     },
    {"order=id.asc.",            8,  "unexpected end of input expecting \"nullsfirst\" or \"nullslast\""        },
    {"order=id.asc.nullsfirst.", 18, "unexpected '.' expecting \",\" or end of input"                           },
    {"order=id,",                4,  "unexpected end of input expecting field name (* or [a..z0..9_$])"         },
    {"order=,id",                1,  "unexpected \",\" expecting field name (* or [a..z0..9_$])"                },
    {"order=id.nullsfirst.asc",  14, "unexpected '.' expecting \",\" or end of input"                           },
    {"order=id.ascx",            7,  "unexpected 'x' expecting delimiter (.), \",\" or end of input"            },
    {"order=id()",               3,
     "unexpected '(' expecting letter, digit, \"-\", \"->>\", \"->\", delimiter (.), \",\" or end "
     "of input"                                                                                                 },
    {"order=id(",                3,
     "unexpected '(' expecting letter, digit, \"-\", \"->>\", \"->\", delimiter (.), \",\" or end "
     "of input"                                                                                                 },
    {"order=(id)",               1,  "unexpected \"(\" expecting field name (* or [a..z0..9_$])"                },
    {"order=id!",                3,
     "unexpected '!' expecting letter, digit, \"-\", \"->>\", \"->\", delimiter (.), \",\" or end "
     "of input"                                                                                                 },
    {"order=id-%3E",             5,
     "unexpected end of input expecting \"-\", digit or any non reserved character different from: "
     ".,>()"                                                                                                    },
    {"select=id,",               4,
     "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\" or "
     "\"count()\""                                                                                              },
    {"select=id,,id",            4,
     "unexpected \",\" expecting \"...\", field name (* or [a..z0..9_$]), \"*\" or \"count()\""                 },
    {"select=*,",                3,
     "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\" or "
     "\"count()\""                                                                                              },
    {"select=id:",               4,  "unexpected end of input expecting \":\" or field name (* or [a..z0..9_$])"},
    {"select=id::",              5,  "unexpected end of input expecting letter or digit"                        },
    {"select=id::te-xt",         7,
     "unexpected '-' expecting letter, digit, \".\", \"::\", \")\", \",\" or end of input"                      },
    {"select=id:id:id",          6,  "unexpected \"i\" expecting \"::\""                                        },
    {"select=id!",               3,
     "unexpected '!' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" "
     "or end of input"                                                                                          },
    {"select=id!x",              3,
     "unexpected '!' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" "
     "or end of input"                                                                                          },
    {"select=id!x(",             6,
     "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\", "
     "\"count()\" or \")\""                                                                                     },
    {"select=id(",               4,
     "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\", "
     "\"count()\" or \")\""                                                                                     },
    {"select=id(id",             6,
     "unexpected end of input expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", "
     "\")\", \",\" or end of input"                                                                             },
    {"select=id[]",              3,
     "unexpected '[' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" "
     "or end of input"                                                                                          },
    {"select=id.",               4,
     "unexpected end of input expecting \"sum\", \"avg\", \"count\", \"max\" or \"min\""                        },
    {"select=id.foo()",          4,
     "unexpected \"f\" expecting \"sum\", \"avg\", \"count\", \"max\" or \"min\""                               },
    {"select=id.sum",            7,  "unexpected end of input expecting \"()\""                                 },
    {"select=id.sum(",           7,  "unexpected end of input expecting \"()\""                                 },
    {"select=id.su",             4,  "unexpected end of input expecting \"sum\""                                },
    {"select=count(",            6,
     "unexpected '(' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" "
     "or end of input"                                                                                          },
    {"select=count()x",          6,
     "unexpected '(' expecting letter, digit, \"-\", \"->>\", \"->\", \"::\", \".\", \")\", \",\" "
     "or end of input"                                                                                          },
    {"select=...id(",            7,
     "unexpected end of input expecting \"...\", field name (* or [a..z0..9_$]), \"*\", "
     "\"count()\" or \")\""                                                                                     },
    {"select=id-%3E",            5,
     "unexpected end of input expecting \"-\", digit or any non reserved character different from: "
     ".,>()"                                                                                                    },
    {"select=id-%3E%3E",         6,
     "unexpected end of input expecting \"-\", digit or any non reserved character different from: "
     ".,>()"                                                                                                    },
    {"select=id-%3E(a",          5,
     "unexpected \"(\" expecting \"-\", digit or any non reserved character different from: .,>()"              },
    {"select=id-%3Ea:b",         6,  "unexpected \"b\" expecting \"::\""                                        },
    {"select=id-%3E-",           6,  "unexpected end of input expecting digit"                                  },
    {"select=id-%3E%22a",        7,  "unexpected end of input expecting \"\\\\\" or \"\\\"\""                   },
    {"select=%22id",             4,  "unexpected end of input expecting \"\\\\\" or \"\\\"\""                   },
    {"select=id-",               4,  "unexpected end of input expecting \">\", letter or digit"                 },
    {"columns=",                 1,  "unexpected end of input expecting field name (* or [a..z0..9_$])"         },
    {"columns=a,",               3,  "unexpected end of input expecting field name (* or [a..z0..9_$])"         },
    {"on_conflict=,",            1,  "unexpected \",\" expecting field name (* or [a..z0..9_$])"                },
};

static void a_query_is_refused_where_it_goes_wrong(void **state)
{
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        str request = arena_printf(test->mem, "GET /primes?%s", refusals[i].query);
        str place = arena_printf(test->mem, "(line 1, column %d)", refusals[i].column);
        struct plan *plan;
        const struct fail *fail = rest_plan(test, request.at, &plan);

        assert_non_null(fail);
        assert_string_equal(fail->code, "PGRST100");
        if (!str_ends(fail->message, place))
            fail_msg("%s: %.*s", refusals[i].query, STR_ARG(fail->message));
        assert_text(fail->details, refusals[i].details);
    }
}

/* As Haskell shows them. */
static void a_character_beyond_ascii_is_said_by_its_number(void **state)
{
    struct rest_test *test = *state;
    struct plan *plan;

    assert_text(rest_plan(test, "GET /primes?id=%C3%A9", &plan)->details,
                "unexpected \"\\233\" expecting \"not\" or operator (eq, gt, ...)");
    assert_text(rest_plan(test, "GET /primes?order=%0A", &plan)->details,
                "unexpected \"\\n\" expecting field name (* or [a..z0..9_$])");
}

static void lines_and_tabs_move_the_column(void **state)
{
    struct rest_test *test = *state;
    struct plan *plan;

    assert_text(rest_plan(test, "GET /primes?order=%22a%0Ab%22.x", &plan)->message,
                "\"failed to parse order (\"a\nb\".x)\" (line 2, column 4)");
    assert_text(rest_plan(test, "GET /primes?order=%09id.x", &plan)->message,
                "\"failed to parse order (\tid.x)\" (line 1, column 12)");
}

/* What PostgREST does not look at, we do not either. */
static void what_stands_behind_a_complete_value_is_ignored(void **state)
{
    static const char *const queries[] = {
        "id=in.(1,2)x",      "id=is.nullx",  "or=(id.eq.1))",
        "id!=eq.1",          "select=id)x",  "select=,id",
        "columns=id!",       "select=...id", "select=id::text::_int4",
        "select=id%20,form",
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
        planned(test, arena_printf(test->mem, "GET /primes?%s", queries[i]).at);
}

static void a_cap_is_a_clear_refusal(void **state)
{
    static const struct {
        const char *piece;
        int times;
        const char *start, *message;
    } cases[] = {
        {"&id=eq.1", FILTERS_MAX + 1,         "limit=1",  "The query has more than 500 filters"             },
        {"&x",       PARAMETERS_MAX + 1,      "id=eq.1",  "The query has more than 1000 parameters"         },
        {",1",       ELEMENTS_MAX,            "id=in.(1", "A list has more than 10000 elements"             },
        {"and(",     CONDITION_DEPTH_MAX + 1, "or=(",     "A logic tree is more than 32 levels deep"        },
        {"a(",       ITEM_DEPTH_MAX + 1,      "select=",  "The select parameter is more than 16 levels deep"},
        {"a.",       ITEM_DEPTH_MAX + 2,      "",         "A path has more than 16 levels"                  },
    };
    struct rest_test *test = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan *plan;
        struct buf text;
        buf_init(&text, test->mem, 1 << 20);
        buf_printf(&text, "GET /primes?%s", cases[i].start);
        for (int n = 0; n < cases[i].times; n++)
            buf_put(&text, str_from(cases[i].piece));
        buf_put(&text, i == 2 ? STR(")") : STR("=eq.1"));
        const struct fail *fail = rest_plan(test, arena_cstr(test->mem, buf_str(&text)), &plan);
        assert_non_null(fail);
        assert_int_equal(fail->status, 400);
        assert_text(fail->message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_query_is_refused_where_it_goes_wrong, rest_open,
                                        rest_close),
        cmocka_unit_test_setup_teardown(a_character_beyond_ascii_is_said_by_its_number, rest_open,
                                        rest_close),
        cmocka_unit_test_setup_teardown(lines_and_tabs_move_the_column, rest_open, rest_close),
        cmocka_unit_test_setup_teardown(what_stands_behind_a_complete_value_is_ignored, rest_open,
                                        rest_close),
        cmocka_unit_test_setup_teardown(a_cap_is_a_clear_refusal, rest_open, rest_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
