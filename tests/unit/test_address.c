/* server/base/address.c: ranges, and who stands behind trusted proxies */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/address.h"

static void a_range_is_an_address_with_a_length_that_fits_it(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"127.0.0.1",           true },
        {"10.0.0.0/8",          true },
        {"0.0.0.0/0",           true },
        {"10.1.2.3/32",         true },
        {"::1",                 true },
        {"2001:db8::/32",       true },
        {"::/0",                true },
        {"::ffff:10.0.0.0/104", true },
        {"",                    false},
        {"10.0.0.0/33",         false},
        {"10.0.0.0/-1",         false},
        {"10.0.0.0/",           false},
        {"10.0.0.0/8x",         false},
        {"10.0.0/8",            false},
        {"010.0.0.1",           false},
        {"2001:db8::/129",      false},
        {"::ffff:10.0.0.0/8",   false},
        {"fe80::1%eth0",        false},
        {"localhost",           false},
        {"10.0.0.1 ",           false},
        {"/8",                  false},
    };
    struct address_range range;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (address_range_parse(str_from(cases[i].text), &range) != cases[i].want)
            fail_msg("%s", cases[i].text);
}

static void an_address_is_in_a_list_by_its_first_bits(void **state)
{
    static const struct {
        const char *address, *list;
        bool want;
    } cases[] = {
        {"127.0.0.1",       "127.0.0.1",             true },
        {"127.0.0.2",       "127.0.0.1",             false},
        {"10.255.0.1",      "192.0.2.1, 10.0.0.0/8", true },
        {"11.0.0.1",        "10.0.0.0/8",            false},
        {"10.0.0.127",      "10.0.0.0/25",           true },
        {"10.0.0.128",      "10.0.0.0/25",           false},
        {"10.0.0.200",      "10.0.0.77/24",          true },
        {"203.0.113.9",     "0.0.0.0/0",             true },
        {"2001:db8:1::9",   "2001:db8::/32",         true },
        {"2001:db9::",      "2001:db8::/32",         false},
        {"2001:db8::8000",  "2001:db8::/113",        false},
        {"::ffff:10.0.0.1", "10.0.0.0/8",            true },
        {"10.0.0.1",        "::ffff:10.0.0.0/104",   true },
        {"10.0.0.1",        "::/0",                  false},
        {"::1",             "0.0.0.0/0",             false},
        {"",                "unix",                  true },
        {"",                "0.0.0.0/0,::/0",        false},
        {"unix",            "unix",                  false},
        {"10.0.0.1",        "nonsense,,10.0.0.1",    true },
        {"10.0.0.1",        "",                      false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (address_in_list(str_from(cases[i].address), str_from(cases[i].list)) != cases[i].want)
            fail_msg("%s in %s", cases[i].address, cases[i].list);
}

static void only_what_a_trusted_proxy_has_appended_counts(void **state)
{
    static const struct {
        const char *peer, *forwarded, *trusted, *want;
    } cases[] = {
  /* nobody is trusted */
        {"203.0.113.9", "198.51.100.1",                  "",           "203.0.113.9" },
        {"203.0.113.9", "198.51.100.1",                  "10.0.0.1",   "203.0.113.9" },
 /* one proxy, and what a client has made up in front of it */
        {"10.0.0.1",    "198.51.100.1",                  "10.0.0.1",   "198.51.100.1"},
        {"10.0.0.1",    "1.1.1.1, 198.51.100.1",         "10.0.0.1",   "198.51.100.1"},
        {"10.0.0.1",    "10.0.0.1, 198.51.100.1",        "10.0.0.1",   "198.51.100.1"},
        {"10.0.0.1",    "",                              "10.0.0.1",   "10.0.0.1"    },
 /* two of them */
        {"10.0.0.1",    "1.1.1.1,198.51.100.1,10.9.9.9", "10.0.0.0/8", "198.51.100.1"},
        {"10.0.0.1",    "10.0.0.7, 10.0.0.8",            "10.0.0.0/8", "10.0.0.7"    },
 /* what is no address ends the walk */
        {"10.0.0.1",    "198.51.100.1, unknown",         "10.0.0.1",   "10.0.0.1"    },
        {"10.0.0.1",    "198.51.100.1,",                 "10.0.0.1",   "10.0.0.1"    },
        {"10.0.0.1",    "x, 10.0.0.2",                   "10.0.0.0/8", "10.0.0.2"    },
        {"10.0.0.1",    "198.51.100.1; drop",            "10.0.0.1",   "10.0.0.1"    },
 /* ports, brackets, spellings */
        {"10.0.0.1",    "198.51.100.1:4711",             "10.0.0.1",   "198.51.100.1"},
        {"10.0.0.1",    "[2001:DB8::1]:4711",            "10.0.0.1",   "2001:db8::1" },
        {"10.0.0.1",    "2001:db8:0:0::1",               "10.0.0.1",   "2001:db8::1" },
        {"10.0.0.1",    "::ffff:198.51.100.1",           "10.0.0.1",   "198.51.100.1"},
        {"::1",         "198.51.100.1",                  "::1",        "198.51.100.1"},
        {"",            "198.51.100.1",                  "unix",       "198.51.100.1"},
        {"",            "198.51.100.1",                  "127.0.0.1",  ""            },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        str got = address_of_client(mem, str_from(cases[i].peer), str_from(cases[i].forwarded),
                                    str_from(cases[i].trusted));
        if (!str_eq(got, str_from(cases[i].want)))
            fail_msg("%s | %s | %s: %.*s", cases[i].peer, cases[i].forwarded, cases[i].trusted,
                     STR_ARG(got));
        arena_close(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_an_address_with_a_length_that_fits_it),
        cmocka_unit_test(an_address_is_in_a_list_by_its_first_bits),
        cmocka_unit_test(only_what_a_trusted_proxy_has_appended_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
