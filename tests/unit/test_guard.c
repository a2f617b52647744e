/* server/http/guard.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/guard.h"

static void a_head_with_one_meaning_passes(void **state)
{
    static const struct {
        const char *head;
        bool http_1_0;
    } cases[] = {
        {"GET / HTTP/1.1\r\nhost: a\r\n\r\n",                                      false},
        {"GET / HTTP/1.0\r\n\r\n",                                                 true },
        {"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc",             false},
        {"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",       false},
 /* what stands behind the empty line is body */
        {"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhost: b\n\n",     false},
 /* a longer name is another header */
        {"GET / HTTP/1.1\r\nhost: a\r\nhostile: b\r\ncontent-length-x: 1\r\n\r\n", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_null(guard_check(str_from(cases[i].head), cases[i].http_1_0));
}

static void a_head_with_two_meanings_is_refused(void **state)
{
    static const struct {
        const char *head;
        bool http_1_0;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n",                                                                   false},
        {"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",                                             false},
        {"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n",             false},
        {"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
         false                                                                                            },
        {"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n",
         false                                                                                            },
        {"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n",                                    true },
        {"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n",                                          false},
        {"GET / HTTP/1.1\nhost: a\r\n\r\n",                                                          false},
        {"GET / HTTP/1.1\r\nhost: a\nx: b\r\n\r\n",                                                  false},
 /* picohttpparser takes a bare line feed for the end of the head */
        {"GET / HTTP/1.1\r\nhost: a\r\n\ncontent-length: 5\r\n\r\n",                                 false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_non_null(guard_check(str_from(cases[i].head), cases[i].http_1_0));
}

static void the_head_ends_with_the_first_empty_line(void **state)
{
    (void)state;
    assert_int_equal(guard_head_len(STR("GET / HTTP/1.1\r\n\r\nbody\r\n\r\n")), 18);
    assert_int_equal(guard_head_len(STR("GET / HTTP/1.1\r\n")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_with_one_meaning_passes),
        cmocka_unit_test(a_head_with_two_meanings_is_refused),
        cmocka_unit_test(the_head_ends_with_the_first_empty_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
