/* server/pg/raise.c and server/base/headers.c: what the database says about the answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/headers.h"
#include "pg/raise.h"

static int open_arena(void **state)
{
    *state = arena_open();
    return 0;
}

static int close_arena(void **state)
{
    arena *mem = *state;
    arena_close(&mem);
    return 0;
}

static void assert_text(str got, const char *want)
{
    if (!str_eq(got, str_from(want)) || (got.at == NULL) != (want == NULL))
        fail_msg("got: %.*s, want: %s", STR_ARG(got), want);
}

static void a_code_says_the_status(void **state)
{
    static const struct {
        const char *code;
        int status;
    } cases[] = {
        {"PT402", 402},
        {"PT200", 200},
        {"PT40A", 500},
        {"PT000", 500},
        {"PT101", 500}
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(raise_is_status(str_from(cases[i].code)));
        assert_int_equal(raise_status(str_from(cases[i].code)), cases[i].status);
    }
    assert_false(raise_is_status(STR("P0001")));
}

static void a_raise_is_the_whole_answer(void **state)
{
    const struct fail *fail = raise_fail(
        *state, STR("{\"code\":\"123\",\"message\":\"a\\u00e9\",\"hint\":\"h\"}"),
        STR("{\"status\":332,\"status_text\":\"Mine\",\"headers\":{\"X-A\":\"1\",\"X-B\":\"2\"}}"));

    assert_int_equal(fail->status, 332);
    assert_string_equal(fail->code, "123");
    assert_string_equal(fail->reason, "Mine");
    assert_text(fail->message, "a\xc3\xa9");
    assert_text(fail->details, NULL);
    assert_text(fail->hint, "h");
    assert_int_equal(fail->headers->count, 2);
    assert_text(fail->headers->list[1].name, "X-B");
    assert_text(fail->headers->list[1].value, "2");
}

#define MESSAGE "{\"code\":\"1\",\"message\":\"m\"}"
#define DETAIL "{\"status\":400,\"headers\":{}}"

static void an_unreadable_raise_is_500(void **state)
{
    static const struct {
        const char *message, *detail;
        bool in_detail; /* what is wrong stands there */
    } cases[] = {
        {"INVALID",                        DETAIL,                                                      false},
        {"{\"code\":\"1\"}",               DETAIL,                                                      false},
        {"{\"code\":1,\"message\":\"m\"}", DETAIL,                                                      false},
        {MESSAGE,                          "[1]",                                                       true },
        {MESSAGE,                          "{\"status\":400}",                                          true },
        {MESSAGE,                          "{\"status\":99,\"headers\":{}}",                            true },
        {MESSAGE,                          "{\"status\":400,\"headers\":{\"A\":\"b\\r\\nC: d\"}}",      true },
        {MESSAGE,                          "{\"status\":400,\"headers\":{},\"status_text\":\"a\\nb\"}", true },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str message = str_from(cases[i].message), detail = str_from(cases[i].detail);
        const struct fail *fail = raise_fail(*state, message, detail);
        str want = arena_printf(*state, "Invalid JSON value for %s: '%.*s'",
                                cases[i].in_detail ? "DETAIL" : "MESSAGE",
                                STR_ARG(cases[i].in_detail ? detail : message));
        assert_int_equal(fail->status, 500);
        assert_string_equal(fail->code, "PGRST121");
        assert_text(fail->details, want.at);
        assert_non_null(fail->hint.at);
    }
}

static void a_raise_needs_a_detail(void **state)
{
    const struct fail *fail = raise_fail(*state, STR(MESSAGE), (str){NULL, 0});

    assert_string_equal(fail->code, "PGRST121");
    assert_text(fail->details, "DETAIL is missing in the RAISE statement");
}

static void headers_are_read_or_refused(void **state)
{
    static const struct {
        const char *list;
        int count; /* -1: refused */
    } cases[] = {
        {"[]",                                              0 },
        {"[{\"Set-Cookie\":\"a\"},{\"Set-Cookie\":\"b\"}]", 2 },
        {"[{\"X\":\"tab\\tin\"}]",                          1 },
        {"[{\"Content-Length\":\"7\"},{\"X\":\"y\"}]",      1 },
        {"{\"X\":\"y\"}",                                   -1},
        {"[{\"X\":\"y\",\"Z\":\"y\"}]",                     -1},
        {"[{}]",                                            -1},
        {"[{\"X\":1}]",                                     -1},
        {"[{\"X\":null}]",                                  -1},
        {"[\"X\"]",                                         -1},
        {"[{\"\":\"y\"}]",                                  -1},
        {"[{\"a b\":\"y\"}]",                               -1},
        {"[{\"X\":\"a\\nb\"}]",                             -1},
        {"[{\"X\":\"y\"}",                                  -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct headers headers;
        bool read = headers_read_list(*state, str_from(cases[i].list), &headers);
        assert_int_equal(read ? headers.count : -1, cases[i].count);
    }
}

static void a_header_is_found_in_any_case(void **state)
{
    struct headers headers;

    assert_true(headers_read_object(*state, STR("{\"X-Test\":\"1\"}"), &headers));
    assert_true(headers_have(&headers, STR("x-tEST")));
    assert_false(headers_have(&headers, STR("X-Tes")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_says_the_status),
        cmocka_unit_test(a_raise_is_the_whole_answer),
        cmocka_unit_test(an_unreadable_raise_is_500),
        cmocka_unit_test(a_raise_needs_a_detail),
        cmocka_unit_test(headers_are_read_or_refused),
        cmocka_unit_test(a_header_is_found_in_any_case),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
