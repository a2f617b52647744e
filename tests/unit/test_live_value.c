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
        char array;
        const char *text, *want;
    } cases[] = {
        {KIND_NUMBER,      0,   "42",                                  "42"                                },
        {KIND_NUMBER,      0,   "-0.50",                               "-0.50"                             },
        {KIND_NUMBER,      0,   "1e+20",                               "1e+20"                             },
        {KIND_NUMBER,      0,   "NaN",                                 "\"NaN\""                           },
        {KIND_NUMBER,      0,   "-Infinity",                           "\"-Infinity\""                     },
        {KIND_BOOL,        0,   "t",                                   "true"                              },
        {KIND_BOOL,        0,   "f",                                   "false"                             },
        {KIND_JSON,        0,   "{\"a\": [1]}",                        "{\"a\": [1]}"                      },
        {KIND_TEXT,        0,   "a \"b\"\n",                           "\"a \\\"b\\\"\\n\""                },
        {KIND_TEXT,        0,   "ab    ",                              "\"ab    \""                        },
        {KIND_BYTEA,       0,   "\\xdeadbeef",                         "\"deadbeef\""                      },
        {KIND_TIMESTAMP,   0,   "2026-01-02 03:04:05",                 "\"2026-01-02T03:04:05\""           },
        {KIND_TIMESTAMPTZ, 0,   "2026-01-02 01:04:05.6789+00",         "\"2026-01-02T01:04:05.6789+00:00\""},
        {KIND_TIMESTAMPTZ, 0,   "0044-03-15 00:00:00+00 BC",           "\"0044-03-15T00:00:00+00:00 BC\""  },
        {KIND_TIMESTAMPTZ, 0,   "infinity",                            "\"infinity\""                      },
        {KIND_NUMBER,      ',', "{}",                                  "[]"                                },
        {KIND_NUMBER,      ',', "{1,NULL,3}",                          "[1,null,3]"                        },
        {KIND_NUMBER,      ',', "{{1,2},{3,4}}",                       "[[1,2],[3,4]]"                     },
        {KIND_NUMBER,      ',', "[0:1]={1,2}",                         "[1,2]"                             },
        {KIND_TEXT,        ',', "{a,\"b,c\",\"NULL\",\"q\\\"\"}",      "[\"a\",\"b,c\",\"NULL\",\"q\\\"\"]"},
        {KIND_TEXT,        ',', "{\"\",\"{x}\"}",                      "[\"\",\"{x}\"]"                    },
        {KIND_JSON,        ',', "{\"{\\\"a\\\": 1}\"}",                "[{\"a\": 1}]"                      },
        {KIND_BOOL,        ',', "{t,f}",                               "[true,false]"                      },
        {KIND_TEXT,        ',', "1 2 3",                               "\"1 2 3\""                         },
        {KIND_TEXT,        ';', "{(1,1),(0,0);(2,2),(1,1);NULL}",
         "[\"(1,1),(0,0)\",\"(2,2),(1,1)\",null]"                                                          },
        {KIND_NUMBERS,     0,   "1 2 3",                               "[1,2,3]"                           },
        {KIND_NUMBERS,     0,   "",                                    "[]"                                },
        {KIND_NUMERALS,    0,   "10",                                  "[\"10\"]"                          },
        {KIND_HSTORE,      0,   "",                                    "{}"                                },
        {KIND_HSTORE,      0,   "\"a\"=>\"1\", \"b \\\"c\\\"\"=>NULL",
         "{\"a\":\"1\",\"b \\\"c\\\"\":null}"                                                              },
        {KIND_HSTORE,      ',', "{\"\\\"a\\\"=>\\\"1\\\"\",NULL}",     "[{\"a\":\"1\"},null]"              },
        {KIND_HSTORE,      0,   "\"a",                                 "{\"a\":null}"                      },
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
        { .name = {"c", 1},       .kind = KIND_TEXT,                          .array = ','},
    };
    static const struct fact_composite type = {.fields = fields, .nfields = 3};
    static const struct {
        char array;
        const char *text, *want;
    } cases[] = {
        {0,   "(1,\"\\\\xdead\",\"{x,\"\"y z\"\"}\")",
         "{\"a\":1,\"b\":\"\\\\xdead\",\"c\":[\"x\",\"y z\"]}"                                 },
        {0,   "(,,)",                                  "{\"a\":null,\"b\":null,\"c\":null}"    },
        {',', "{\"(1,,)\",NULL}",                      "[{\"a\":1,\"b\":null,\"c\":null},null]"},
        {0,   "(1",                                    "{\"a\":1,\"b\":null,\"c\":null}"       },
        {0,   "",                                      "\"\""                                  },
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
