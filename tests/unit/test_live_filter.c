/* server/live/filter.c and filter_judge.c: which filters are understood, which rows pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/filter.h"

#define NAMED(text)                                                                                \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
#define COLUMN(column, of, letter)                                                                 \
    {                                                                                              \
        .name = NAMED(column), .type = NAMED(of), .full = NAMED(of), .kind = (letter),             \
        .readable = true                                                                           \
    }

static const struct fact_column columns[] = {
    COLUMN("n", "int4", KIND_NUMBER),
    COLUMN("amount", "numeric", KIND_NUMBER),
    COLUMN("t", "text", KIND_TEXT),
    COLUMN("b", "bool", KIND_BOOL),
    COLUMN("u", "uuid", KIND_TEXT),
    COLUMN("d", "date", KIND_TEXT),
    {.name = NAMED("secret"), .type = NAMED("text"), .full = NAMED("text"), .kind = KIND_TEXT},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };
static const struct facts facts = {.columns = columns, .ncolumns = COLUMNS};

/* The row has the value in every column. */
static enum verdict judge(arena *mem, const char *text, struct live_value value)
{
    struct live_column logged[COLUMNS];
    struct live_value row[COLUMNS];
    const struct live_table table = {.columns = logged, .ncolumns = COLUMNS};
    struct filter *filters;

    for (int i = 0; i < COLUMNS; i++) {
        logged[i] = (struct live_column){.name = columns[i].name};
        row[i] = value;
    }
    assert_null(filter_read(mem, str_from(text), &filters));
    return filter_judge(filters, &facts, &table, row);
}

static void a_row_passes_or_not_or_postgresql_is_asked(void **state)
{
    static const struct {
        const char *filter, *value;
        enum verdict want;
    } cases[] = {
        {"n=eq.1",                                     "1",                                    FILTER_YES},
        {"n=eq.1",                                     "10",                                   FILTER_NO },
        {"n=lt.9",                                     "10",                                   FILTER_NO },
        {"n=gte.-2",                                   "-2",                                   FILTER_YES},
        {"n=gt.-2",                                    "-10",                                  FILTER_NO },
        {"amount=eq.7.5",                              "7.50",                                 FILTER_YES},
        {"amount=eq.0",                                "-0.00",                                FILTER_YES},
        {"amount=lt.100000000000000000000000000000.1", "100000000000000000000000000000.01",
         FILTER_YES                                                                                      },
        {"amount=eq.1e2",                              "100",                                  FILTER_ASK},
        {"n=in.(1,2)",                                 "2",                                    FILTER_YES},
        {"n=in.(1,2)",                                 "3",                                    FILTER_NO },
        {"n=not.in.(1,2)",                             "3",                                    FILTER_YES},
        {"t=eq.a,t=neq.b",                             "a",                                    FILTER_YES},
        {"t=eq.a,t=neq.a",                             "a",                                    FILTER_NO },
        {"t=eq.\"a,b\"",                               "a,b",                                  FILTER_YES},
        {"t=in.(\"a,b\",c)",                           "a,b",                                  FILTER_YES},
        {"t=like.a%",                                  "ab",                                   FILTER_ASK},
        {"t=lt.b",                                     "a",                                    FILTER_ASK},
        {"t=eq.b,t=like.a%",                           "ab",                                   FILTER_NO },
        {"b=eq.true",                                  "t",                                    FILTER_YES},
        {"b=eq.false",                                 "t",                                    FILTER_NO },
        {"b=eq.null",                                  "f",                                    FILTER_ASK},
        {"b=is.true",                                  "t",                                    FILTER_YES},
        {"b=not.is.null",                              "t",                                    FILTER_YES},
        {"u=eq.AAAAAAAA-0000-4000-8000-00000000000A",  "aaaaaaaa-0000-4000-8000-00000000000a",
         FILTER_YES                                                                                      },
        {"u=eq.aaaaaaaa00004000800000000000000a",      "aaaaaaaa-0000-4000-8000-00000000000a",
         FILTER_ASK                                                                                      },
        {"d=gt.2026-01-01",                            "2026-01-02",                           FILTER_ASK},
        {"secret=eq.x",                                "x",                                    FILTER_NO },
        {"gone=eq.x",                                  "x",                                    FILTER_NO },
        {"n=isdistinct.1",                             "2",                                    FILTER_YES},
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (judge(mem, cases[i].filter,
                  (struct live_value){VALUE_TEXT, str_from(cases[i].value)}) != cases[i].want)
            fail_msg("%s of %s", cases[i].filter, cases[i].value);
    arena_close(&mem);
}

static void what_is_not_there_fails_closed(void **state)
{
    static const struct {
        const char *filter;
        enum cell_state value;
        enum verdict want;
    } cases[] = {
        {"n=eq.1",         VALUE_NULL,      FILTER_NO },
        {"n=not.eq.1",     VALUE_NULL,      FILTER_NO },
        {"n=is.null",      VALUE_NULL,      FILTER_YES},
        {"n=isdistinct.1", VALUE_NULL,      FILTER_YES},
        {"n=eq.1",         VALUE_UNCHANGED, FILTER_ASK},
        {"n=is.null",      VALUE_UNKNOWN,   FILTER_NO },
        {"n=not.is.null",  VALUE_UNKNOWN,   FILTER_NO },
        {"n=isdistinct.1", VALUE_UNKNOWN,   FILTER_NO },
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (judge(mem, cases[i].filter,
                  (struct live_value){
                      cases[i].value, {NULL, 0}
        }) != cases[i].want)
            fail_msg("%s of state %d", cases[i].filter, (int)cases[i].value);
    arena_close(&mem);
}

static void what_cannot_be_meant_is_refused(void **state)
{
    static const char *const cases[] = {
        "n",      "n=",        "n=eq",     "=eq.1",     "n=foo.1",      "n=eq.1,",
        "n=in.1", "n=eq.x",    "n=eq.1.5", "n=eq.0x10", "amount=eq.1e", "amount=eq..",
        "n=eq.",  "t=is.true", "b=is.yes", "x=eq.1",    "secret=eq.x",
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter *filters;
        if (filter_read(mem, str_from(cases[i]), &filters) == NULL &&
            filter_check(mem, filters, &facts) == NULL)
            fail_msg("%s is taken", cases[i]);
    }
    arena_close(&mem);
}

static void values_are_parameters_in_sql(void **state)
{
    static const struct {
        const char *filter, *want;
        int nparams;
    } cases[] = {
        {"t=like.a%",                "(\"t\" like $2::text)",                                  2},
        {"n=not.in.(1,2),b=is.true", "not (\"n\" in ($2::int4,$3::int4)) and (\"b\" is true)", 3},
        {"secret=eq.x",              "false",                                                  1},
        {"t=imatch.^a'",             "(\"t\" ~* $2::text)",                                    2},
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter *filters;
        struct filter_sql sql;
        assert_null(filter_read(mem, str_from(cases[i].filter), &filters));
        filter_sql(mem, filters, &facts, 1, &sql);
        assert_string_equal(arena_cstr(mem, buf_str(&sql.text)), cases[i].want);
        assert_int_equal(sql.nparams, cases[i].nparams);
    }
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_passes_or_not_or_postgresql_is_asked),
        cmocka_unit_test(what_is_not_there_fails_closed),
        cmocka_unit_test(what_cannot_be_meant_is_refused),
        cmocka_unit_test(values_are_parameters_in_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
