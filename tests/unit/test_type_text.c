/* server/openapi/type_text.c */
#include "openapi/type_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_types_name_is_taken_apart(void **state)
{
    static const struct {
        const char *type, *schema, *name;
        bool array;
    } cases[] = {
        {"integer",                     NULL,  "integer",                  false},
        {"timestamp(3) with time zone", NULL,  "timestamp with time zone", false},
        {"text[]",                      NULL,  "text",                     true },
        {"api.mood",                    "api", "mood",                     false},
        {"api.\"Mood\"[]",              "api", "Mood",                     true },
        {"\"A b\".\"c\"\"d.e\"",        "A b", "c\"d.e",                   false},
        {"\"A\".b",                     "A",   "b",                        false},
        {"\"open",                      NULL,  "open",                     false},
        {"api.",                        "api", "",                         false},
        {"",                            NULL,  "",                         false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct type_text text = type_text_read(mem, str_from(cases[i].type));
        assert_true(str_eq(text.schema, str_from(cases[i].schema)));
        assert_int_equal(text.schema.at == NULL, cases[i].schema == NULL);
        assert_true(str_eq(text.name, str_from(cases[i].name)));
        assert_int_equal(text.array, cases[i].array);
        arena_close(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_types_name_is_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
