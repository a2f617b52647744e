/* server/schema/rule.c: what a view shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/rule.h"

#define TARGET(expression, number, name, table, column)                                            \
    "{TARGETENTRY :expr " expression " :resno " #number " :resname " name                          \
    " :ressortgroupref 0 :resorigtbl " #table " :resorigcol " #column " :resjunk false}"
#define QUERY(tables, targets)                                                                     \
    "({QUERY :commandType 1 :utilityStmt <> :cteList <> :rtable (" tables                          \
    ") :jointree {FROMEXPR :fromlist ({RANGETBLREF :rtindex 3}) :quals <>} :targetList (" targets  \
    ") :override 0 :groupClause <> :stmt_len 0})"
#define VAR "{VAR :varno 3 :varattno 1 :vartype 23}"
#define CONSTANT "{CONST :consttype 23 :constvalue 4 [ 1 0 0 0 ]}"
#define INNER "{RTE :subquery {QUERY :targetList (" TARGET(VAR, 9, "x", 90, 9) ")} :lateral false}"

static void columns_that_are_columns_are_read(void **state)
{
    static const struct {
        const char *rule;
        int count;
        struct shown shown[2];
    } cases[] = {
        {QUERY("",         TARGET(VAR,                                 1,                                                    "id", 10, 2)), 1, {{5, 1, 10, 2}}},
        {QUERY("",              TARGET(CONSTANT,                                                     1,                                                                                                        "one", 0, 0) " " TARGET(VAR, 2, "id", 10, 1)),
         1, {{5, 2, 10, 1}}},
        {QUERY("",                TARGET(VAR,                                                   1,                                                                           "a", 10, 1) " " TARGET(VAR, 2, "b", 11, 3)),
         2, {{5, 1, 10, 1}, {5, 2, 11, 3}}},
        {QUERY(INNER,           TARGET(VAR,                                                    1,"id", 10, 1)), 1, {{5, 1, 10, 1}}},
        {QUERY("",            TARGET("{SUBLINK :subselect " INNER "}",                                                    1,                                                                                                     "id", 0, 0)), 0, {{0}}},
        {QUERY("", TARGET(VAR,                                           1,                                                                                        ":resorigtbl", 10, 1)), 1, {{5, 1, 10, 1}}},
        {QUERY("",               TARGET(VAR,    1,"a\\ \\)\\}\\{\\\\", 10, 1)), 1, {{5, 1, 10, 1}}},
        {QUERY(INNER,               ""),                                                      0,                                                                                                        {{0}}},
        {"<>",                0,                            {{0}}                                                                               },
        {"",0,{{0}}                                                  },
        {"({QUERY :targetList ({TARGETENTRY :resno 1 :resorigtbl 10",             0,                                                      {{0}}                                                                                          },
        {"({QUERY :targetList ({TARGETENTRY :resno x :resorigtbl 10 :resorigcol 1}",         0, {{0}}},
        {"((((((",               0,                                                      {{0}}                                                                                                        },
    };
    arena *mem = arena_open();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shown *list;
        int count = rule_read(mem, str_from(cases[i].rule), 5, &list);
        assert_int_equal(count, cases[i].count);
        assert_memory_equal(list, cases[i].shown, (size_t)count * sizeof(*list));
    }
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_that_are_columns_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
