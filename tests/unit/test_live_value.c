/* server/live/value.c: what PostgreSQL prints, as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "live/value.h"

static void values_are_what_to_jsonb_says(void **state)
{
    static const struct {
        enum kind kind;
        bool array;
        const char *text, *want;
    } cases[] = {
        {KIND_NUMBER,      false, "42",                             "42"                                },
        {KIND_NUMBER,      false, "-0.50",                          "-0.50"                             },
        {KIND_NUMBER,      false, "1e+20",                          "1e+20"                             },
        {KIND_NUMBER,      false, "NaN",                            "\"NaN\""                           },
        {KIND_NUMBER,      false, "-Infinity",                      "\"-Infinity\""                     },
        {KIND_BOOL,        false, "t",                              "true"                              },
        {KIND_BOOL,        false, "f",                              "false"                             },
        {KIND_JSON,        false, "{\"a\": [1]}",                   "{\"a\": [1]}"                      },
        {KIND_TEXT,        false, "a \"b\"\n",                      "\"a \\\"b\\\"\\n\""                },
        {KIND_TEXT,        false, "ab    ",                         "\"ab    \""                        },
        {KIND_BYTEA,       false, "\\xdeadbeef",                    "\"deadbeef\""                      },
        {KIND_TIMESTAMP,   false, "2026-01-02 03:04:05",            "\"2026-01-02T03:04:05\""           },
        {KIND_TIMESTAMPTZ, false, "2026-01-02 01:04:05.6789+00",
         "\"2026-01-02T01:04:05.6789+00:00\""                                                           },
        {KIND_TIMESTAMPTZ, false, "0044-03-15 00:00:00+00 BC",      "\"0044-03-15T00:00:00+00:00 BC\""  },
        {KIND_TIMESTAMPTZ, false, "infinity",                       "\"infinity\""                      },
        {KIND_NUMBER,      true,  "{}",                             "[]"                                },
        {KIND_NUMBER,      true,  "{1,NULL,3}",                     "[1,null,3]"                        },
        {KIND_NUMBER,      true,  "{{1,2},{3,4}}",                  "[[1,2],[3,4]]"                     },
        {KIND_NUMBER,      true,  "[0:1]={1,2}",                    "[1,2]"                             },
        {KIND_TEXT,        true,  "{a,\"b,c\",\"NULL\",\"q\\\"\"}", "[\"a\",\"b,c\",\"NULL\",\"q\\\"\"]"},
        {KIND_TEXT,        true,  "{\"\",\"{x}\"}",                 "[\"\",\"{x}\"]"                    },
        {KIND_JSON,        true,  "{\"{\\\"a\\\": 1}\"}",           "[{\"a\": 1}]"                      },
        {KIND_BOOL,        true,  "{t,f}",                          "[true,false]"                      },
        {KIND_TEXT,        true,  "1 2 3",                          "\"1 2 3\""                         },
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fact_column column = {.kind = cases[i].kind, .array = cases[i].array};
        const struct live_value value = {VALUE_TEXT, str_from(cases[i].text)};
        struct buf buf;
        buf_init(&buf, mem, SIZE_MAX);
        value_put(&buf, &column, &value);
        assert_string_equal(arena_cstr(mem, buf_str(&buf)), cases[i].want);
        assert_int_not_equal(json_check(buf_str(&buf)), JSON_INVALID);
    }
    arena_close(&mem);
}

static void composite_values_are_objects(void **state)
{
    static struct fact_column fields[] = {
        {.name = {"a", 1},    .kind = KIND_NUMBER},
        {                .name = {"b", 1}, .kind = KIND_BYTEA                   },
        { .name = {"c", 1},      .kind = KIND_TEXT,                         .array = true},
    };
    static const struct fact_composite type = {.fields = fields, .nfields = 3};
    static const struct {
        bool array;
        const char *text, *want;
    } cases[] = {
        {false, "(1,\"\\\\xdead\",\"{x,\"\"y z\"\"}\")",
         "{\"a\":1,\"b\":\"\\\\xdead\",\"c\":[\"x\",\"y z\"]}"                                   },
        {false, "(,,)",                                  "{\"a\":null,\"b\":null,\"c\":null}"    },
        {true,  "{\"(1,,)\",NULL}",                      "[{\"a\":1,\"b\":null,\"c\":null},null]"},
        {false, "(1",                                    "{\"a\":1,\"b\":null,\"c\":null}"       },
        {false, "",                                      "\"\""                                  },
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fact_column column = {
            .kind = KIND_COMPOSITE, .array = cases[i].array, .of = &type};
        const struct live_value value = {VALUE_TEXT, str_from(cases[i].text)};
        struct buf buf;
        buf_init(&buf, mem, SIZE_MAX);
        value_put(&buf, &column, &value);
        assert_string_equal(arena_cstr(mem, buf_str(&buf)), cases[i].want);
    }
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_what_to_jsonb_says),
        cmocka_unit_test(composite_values_are_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
