/* server/live/notice.c and record.c: payloads of our triggers, rows as PostgreSQL prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "live/notice.h"
#include "live/record.h"

/* The fields of a row joined by '|', NULL as "null"; "wrong" when it is none. */
static void assert_fields(const char *text, const char *expected)
{
    char room[256], line[512] = "", *end = room;
    struct record_walk walk;
    str field;
    bool open = record_open(&walk, str_from(text));

    for (int i = 0; open && record_next(&walk, &end, &field); i++) {
        size_t len = strlen(line);
        (void)snprintf(line + len, sizeof(line) - len, "%s%.*s", i > 0 ? "|" : "",
                       field.at == NULL ? 4 : (int)field.len, field.at == NULL ? "null" : field.at);
    }
    assert_string_equal(open && record_ended(&walk) ? line : "wrong", expected);
}

static void test_record(void **state)
{
    static const char *const cases[][2] = {
        {"(1,abc)",                       "1|abc"          },
        {"()",                            "null"           },
        {"(,)",                           "null|null"      },
        {"(\"\",x)",                      "|x"             },
        {"(\"a \"\"b\"\"\")",             "a \"b\""        },
        {"(\"a\\\\b\\\"c\")",             "a\\b\"c"        },
        {"(\"(1,\"\"x\"\")\",\"{1,2}\")", "(1,\"x\")|{1,2}"},
        {"(a\\,b)",                       "a,b"            },
        {"(a\"b,c\"d)",                   "ab,cd"          },
        {"",                              "wrong"          },
        {"(",                             "wrong"          },
        {"(1",                            "wrong"          },
        {"(\"1)",                         "wrong"          },
        {"(1)x",                          "wrong"          },
        {"1,2",                           "wrong"          },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_fields(cases[i][0], cases[i][1]);
}

static void test_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "hello",
        "In- 1 2 3 4 0",               /* no line */
        "Xn- 1 2 3 4 3\n(1)",          /* no such operation */
        "I-- 1 2 3 4 0\n",             /* an insert without a row */
        "Dn- 1 2 3 4 3\n(1)",          /* a deletion with a new row */
        "Ino- 1 2 3 4 3\n(1)",         /* too many letters */
        "In- 4294967296 2 3 4 3\n(1)", /* no oid */
        "In- 1 two 3 4 3\n(1)",
        "In- 1 2 3 4 9\n(1)", /* longer than it is */
        "In- 1 2 3 4 -1\n(1)",
    };
    struct notice notice;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_false(notice_read(str_from(cases[i]), &notice));
}

static const struct live_table *table_with(enum identity identity)
{
    struct live_column columns[] = {
        {{"id", 2},   23, true },
        {{"body", 4}, 25, false},
    };
    const struct live_table table = {.oid = 7,
                                     .schema = STR("public"),
                                     .name = STR("notes"),
                                     .identity = identity,
                                     .columns = columns,
                                     .ncolumns = 2};
    return live_table_copy(&table);
}

/* One letter a value: its text, "null", or '?' for unknown. */
static void put_row(char *line, size_t room, const struct change *change,
                    const struct live_value *row)
{
    for (int i = 0; row != NULL && i < change->table->ncolumns; i++) {
        size_t len = strlen(line);
        str text = row[i].state == VALUE_TEXT   ? row[i].text
                   : row[i].state == VALUE_NULL ? STR("null")
                                                : STR("?");
        (void)snprintf(line + len, room - len, "%s%.*s", i > 0 ? "," : "", STR_ARG(text));
    }
}

static void test_changes(void **state)
{
    static const struct {
        const char *payload, *row, *old;
        bool whole;
        enum identity identity;
    } cases[] = {
        {"In- 7 -5 3 4 5\n(1,x)",     "1,x",     "",       false, IDENTITY_KEY },
        {"Unk 7 -5 3 4 5\n(1,x)(1,)", "1,x",     "",       false, IDENTITY_KEY },
        {"Unk 7 -5 3 4 5\n(2,x)(1,)", "2,x",     "1,?",    false, IDENTITY_KEY },
        {"Uno 7 -5 3 4 5\n(1,x)(1,)", "1,x",     "1,null", true,  IDENTITY_FULL},
        {"D-k 7 -5 3 4 0\n(1,)",      "",        "1,?",    false, IDENTITY_KEY },
        {"D-o 7 -5 3 4 0\n(1,y)",     "",        "1,y",    true,  IDENTITY_FULL},
        {"T-- 7 -5 3 4 0\n",          "",        "",       false, IDENTITY_KEY },
        {"In- 7 -5 3 4 7\n(1,x,2)",   "refused", "",       false, IDENTITY_KEY },
        {"In- 7 -5 3 4 3\n(1)",       "refused", "",       false, IDENTITY_KEY },
        {"D-- 7 -5 3 4 0\n",          "refused", "",       false, IDENTITY_KEY },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct live_table *table = table_with(cases[i].identity);
        struct notice notice;
        char row[64] = "", old[64] = "";

        assert_true(notice_read(str_from(cases[i].payload), &notice));
        assert_int_equal(notice.table, 7);
        assert_int_equal(notice.shape, -5);
        assert_int_equal(notice.xid, 3);
        const struct change *change = notice_change(&notice, table, notice.row);
        if (change == NULL) {
            assert_string_equal(cases[i].row, "refused");
        } else {
            put_row(row, sizeof(row), change, change->row);
            put_row(old, sizeof(old), change, change->old);
            assert_string_equal(row, cases[i].row);
            assert_string_equal(old, cases[i].old);
            assert_int_equal(change->old_is_whole, cases[i].whole);
        }
        change_unref(&change);
        live_table_unref(&table);
    }
}

static void test_large(void **state)
{
    const struct live_table *table = table_with(IDENTITY_KEY);
    struct notice notice;

    (void)state;
    assert_true(notice_read(STR("Ik- 7 0 3 4 4\n(1,)"), &notice));
    assert_true(notice_is_short(&notice));
    const struct change *change = notice_change(&notice, table, STR("(1,large)"));
    assert_true(str_eq(change->row[1].text, STR("large")));
    change_unref(&change);
    live_table_unref(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
