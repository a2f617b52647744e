/* server/openapi/ and base/writer.c: what needs no database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openapi/parts.h"

static void assert_same(str have, const char *want)
{
    if (!str_eq(have, str_from(want)))
        fail_msg("have \"%.*s\", want \"%s\"", STR_ARG(have), want == NULL ? "nothing" : want);
}

static void a_type_becomes_json_schemas(void **state)
{
    static const struct {
        const char *type, *name, *kind, *format, *item, *length;
    } cases[] = {
        {"text",                        "text",                     "string",  "text",              NULL,      NULL},
        {"integer",                     "integer",                  "integer", "int32",             NULL,      NULL},
        {"bigint",                      "bigint",                   "integer", "int64",             NULL,      NULL},
        {"numeric(10,2)",               "numeric",                  "number",  "numeric",           NULL,      NULL},
        {"character varying(80)",       "character varying",        "string",  "character varying", NULL,      "80"},
        {"character(1)[]",              "character[]",              "array",   "character[]",       "string",  NULL},
        {"timestamp(3) with time zone", "timestamp with time zone", "string",
         "timestamp with time zone",                                                                NULL,      NULL},
        {"jsonb",                       "jsonb",                    NULL,      "jsonb",             NULL,      NULL},
        {"jsonb[]",                     "jsonb[]",                  "array",   "jsonb[]",           NULL,      NULL},
        {"smallint[]",                  "smallint[]",               "array",   "smallint[]",        "integer", NULL},
        {"api.\"a(b)\"",                "api.\"a(b)\"",             "string",  "api.\"a(b)\"",      NULL,      NULL},
        {"broken(1",                    "broken(1",                 "string",  "broken(1",          NULL,      NULL},
        {"",                            "",                         "string",  "",                  NULL,      NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct kind kind = kind_of(mem, str_from(cases[i].type));
        assert_same(kind.name, cases[i].name);
        assert_same(kind.type, cases[i].kind);
        assert_same(kind.format, cases[i].format);
        assert_same(kind.item, cases[i].item);
        assert_same(kind.max_length, cases[i].length);
        arena_close(&mem);
    }
}

static void a_writer_sets_commas(void **state)
{
    arena *mem = arena_open();
    struct writer writer;
    (void)state;

    writer_init(&writer, mem, 4096);
    writer_open(&writer, '{');
    writer_member(&writer, STR("a"), STR("x\"y"));
    writer_member(&writer, STR("absent"), (str){NULL, 0});
    writer_open_member(&writer, STR("b"), '[');
    writer_json(&writer, STR("1"));
    writer_open(&writer, '{');
    writer_close(&writer, '}');
    writer_string(&writer, (str){NULL, 0});
    writer_close(&writer, ']');
    writer_flag(&writer, STR("c"), false);
    writer_close(&writer, '}');
    assert_same(buf_str(&writer.out), "{\"a\":\"x\\\"y\",\"b\":[1,{},null],\"c\":false}");
    writer_init(&writer, mem, 3);
    writer_string(&writer, STR("too long"));
    assert_true(writer.out.full);
    arena_close(&mem);
}

static void the_place_is_the_proxys_or_our_own(void **state)
{
    static const struct {
        const char *uri, *host, *path, *scheme, *want_host, *base;
    } cases[] = {
        {NULL,                            "127.0.0.1", "",         "http",  "127.0.0.1:8080",   "/"       },
        {NULL,                            "::1",       "/rest/v1", "http",  "[::1]:8080",       "/rest/v1"},
        {"https://example.com",           "::1",       "/rest/v1", "https", "example.com:443",  "/"       },
        {"HTTP://example.com/",           "::1",       "",         "http",  "example.com:80",   "/"       },
        {"https://example.com:8443/base", "::1",       "",         "https", "example.com:8443", "/base"   },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct config config = {
            .openapi_proxy_uri = str_from(cases[i].uri),
            .host = str_from(cases[i].host),
            .rest_path = str_from(cases[i].path),
            .port = 8080,
        };
        struct place place = parts_place(mem, &config);
        assert_same(place.scheme, cases[i].scheme);
        assert_same(place.host, cases[i].want_host);
        assert_same(place.base, cases[i].base);
        arena_close(&mem);
    }
}

static void a_dialect_is_known_or_refused(void **state)
{
    arena *mem = arena_open();
    enum dialect dialect = DIALECTS;
    (void)state;

    assert_null(describe_dialect(mem, (str){NULL, 0}, &dialect));
    assert_int_equal(dialect, DIALECT_2_0);
    assert_null(describe_dialect(mem, STR("3.1"), &dialect));
    assert_int_equal(dialect, DIALECT_3_1);
    assert_int_equal(describe_dialect(mem, STR("3.0"), &dialect)->status, 400);
    assert_int_equal(describe_dialect(mem, STR(""), &dialect)->status, 400);
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_becomes_json_schemas),
        cmocka_unit_test(a_writer_sets_commas),
        cmocka_unit_test(the_place_is_the_proxys_or_our_own),
        cmocka_unit_test(a_dialect_is_known_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
