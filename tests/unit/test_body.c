/* What a body may be, what it becomes for PostgreSQL, and why it is refused: rest/body*.c */
#include "rest.h"

static const struct fail *read_body(arena *mem, const char *type, str text, struct body *body)
{
    struct request *req = arena_new(mem, struct request);
    struct header *header = arena_new(mem, struct header);

    *header = (struct header){STR("content-type"), str_from(type)};
    *req = (struct request){
        .mem = mem, .method = METHOD_POST, .headers = header, .nheaders = 1, .body = text};
    return body_read(req, BODY_KEYS_UNIFORM, body);
}

static void a_body_becomes_json(void **state)
{
    static const struct {
        const char *type, *body, *json;
        enum body_kind kind;
        int nkeys;
    } cases[] = {
        {"application/json",                  " {\"a\":1,\"b\":2,\"a\":3} ", " {\"a\":1,\"b\":2,\"a\":3} ",
         BODY_OBJECT,                                                                                                        2},
        {"application/json",                  "[{\"a\":1},{\"a\":2}]",       "[{\"a\":1},{\"a\":2}]",           BODY_ARRAY,  1},
        {"application/json",                  "[]",                          "[]",                              BODY_NONE,   0},
        {"application/json",                  "17",                          "17",                              BODY_NONE,   0},
        {"application/x-www-form-urlencoded", "a=x+y&b=%26&c",
         "{\"a\":\"x y\",\"b\":\"&\",\"c\":\"\"}",                                                              BODY_OBJECT, 3},
        {"text/csv",                          "a,b\n1,x",                    "[{\"a\":\"1\",\"b\":\"x\"}]",     BODY_ARRAY,  2},
        {"text/csv; charset=utf-8",           "a\r\n1\r\r2\n\n",             "[{\"a\":\"1\"},\n{\"a\":\"2\"}]",
         BODY_ARRAY,                                                                                                         1},
        {"text/csv",                          "a,b\nNULL,null\n\"NULL\",",
         "[{\"a\":null,\"b\":\"null\"},\n{\"a\":null,\"b\":\"\"}]",                                             BODY_ARRAY,  2},
        {"text/csv",                          "\"a \"\"q\"\"\"\n\"x,\ny\"",  "[{\"a \\\"q\\\"\":\"x,\\ny\"}]",  BODY_ARRAY,  1},
        {"text/csv",                          "a,b",                         "[]",                              BODY_NONE,   0},
    };
    struct rest_test *test = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct body body;
        assert_null(read_body(test->mem, cases[i].type, str_from(cases[i].body), &body));
        assert_text(body.json, cases[i].json);
        assert_int_equal(body.kind, cases[i].kind);
        assert_int_equal(body.keys.count, cases[i].nkeys);
    }
}

#define LENGTHS "All lines must have same number of fields"
#define KEYS "All object keys must match"

static void a_body_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *type, *body, *message;
    } cases[] = {
        {"application/json",                  "",                              "Empty or invalid json"                       },
        {"application/json",                  "}{ x = 2",                      "Empty or invalid json"                       },
        {"application/json",                  "{\"a\":\"\\u0000\"}",           "Empty or invalid json"                       },
        {"application/json",                  "[{\"a\":1},2]",                 KEYS                                          },
        {"application/json",                  "[{\"a\":1},{\"b\":1}]",         KEYS                                          },
        {"application/json",                  "[{\"a\":1},{\"a\":1,\"b\":1}]", KEYS                                          },
        {"application/x-www-form-urlencoded", "a=%ff",                         "Invalid form data"                           },
        {"text/csv",                          "",                              "Empty or invalid CSV"                        },
        {"text/csv",                          "a\n\"x",                        "Empty or invalid CSV"                        },
        {"text/csv",                          "a\nx\"y\"",                     "Empty or invalid CSV"                        },
        {"text/csv",                          "a\n\"x\"y",                     "Empty or invalid CSV"                        },
        {"text/csv",                          "a\n\xff",                       "Empty or invalid CSV"                        },
        {"text/csv",                          "a,b\n1",                        LENGTHS                                       },
        {"text/csv",                          "a,b\n1,2,3",                    LENGTHS                                       },
        {"text/csv",                          "a,b\n1,2\n1",                   LENGTHS                                       },
        {"application/xml",                   "<a/>",                          "Content-Type not acceptable: application/xml"},
    };
    struct rest_test *test = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct body body;
        const struct fail *fail =
            read_body(test->mem, cases[i].type, str_from(cases[i].body), &body);
        assert_non_null(fail);
        assert_int_equal(fail->status, 400);
        assert_string_equal(fail->code, "PGRST102");
        assert_text(fail->message, cases[i].message);
    }
}

static str repeat(arena *mem, const char *before, const char *text, int count, const char *behind)
{
    struct buf out;

    buf_init(&out, mem, SIZE_MAX);
    buf_put(&out, str_from(before));
    for (int i = 0; i < count; i++)
        buf_put(&out, str_from(text));
    buf_put(&out, str_from(behind));
    return buf_str(&out);
}

static void too_much_is_refused_with_its_limit(void **state)
{
    arena *mem = ((struct rest_test *)*state)->mem;
    const struct {
        const char *type;
        str body;
        int status;
        const char *message;
    } cases[] = {
        {"application/json", repeat(mem, "[{}",       ",{}",      100000, "]"),  413,
         "A body may bring at most 100000 rows"                                                                         },
        {"text/csv",         repeat(mem, "a\n",       "1\n",      100001, ""),   413,
         "A body may bring at most 100000 rows"                                                                         },
        {"text/csv",         repeat(mem, "a",         ",a",       1600,   ""),   400, "A line has more than 1600 fields"},
        {"application/json", repeat(mem, "{\"a\":0",  ",\"a\":0", 1600,   "}"),  400,
         "An object has more than 1600 keys"                                                                            },
        {"application/json", repeat(mem, "",          "[",        65,     ""),   400,
         "The json is nested more than 64 levels deep"                                                                  },
        {"application/json", repeat(mem, "{\"a\":\"", "[",        65,     "\""), 400, "Empty or invalid json"           },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct body body;
        const struct fail *fail = read_body(mem, cases[i].type, cases[i].body, &body);
        assert_non_null(fail);
        assert_int_equal(fail->status, cases[i].status);
        assert_text(fail->message, cases[i].message);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_open, rest_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_becomes_json),
        TEST(a_body_that_is_none_is_refused),
        TEST(too_much_is_refused_with_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
