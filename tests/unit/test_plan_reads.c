/* server/route/plan_reads.c: the relations of a plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "route/plan_reads.h"

static void put(void *arg, str schema, str table)
{
    buf_printf(arg, "%.*s.%.*s ", STR_ARG(schema), STR_ARG(table));
}

static void every_relation_is_found(void **state)
{
    static const struct {
        const char *plan, *want;
    } cases[] = {
        {"[{\"Plan\":{\"Node Type\":\"Result\"}}]",                                     ""                 },
        {"[{\"Plan\":{\"Relation Name\":\"t\",\"Schema\":\"s\",\"Alias\":\"a\"}}]",     "s.t "             },
        {"[{\"Plan\":{\"Plans\":[{\"Schema\":\"s\",\"Relation Name\":\"a b\"},"
         "{\"Plans\":[{\"Relation Name\":\"\\u00fc\",\"Schema\":\"q\"}]}]}}]", "s.a b q.\xc3\xbc "},
        {"[{\"Plan\":{\"Function Name\":\"f\",\"Schema\":\"s\"}}]",                     ""                 },
        {"[{\"Plan\":",                                                                 ""                 },
        {"",                                                                            ""                 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct buf found;
        buf_init(&found, mem, 1000);
        plan_reads(str_from(cases[i].plan), put, &found);
        buf_putc(&found, '\0');
        assert_string_equal(found.at, cases[i].want);
        arena_close(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_relation_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
