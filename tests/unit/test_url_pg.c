/* server/pg/url.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pg/url.h"

#define APP "application_name='postern/" POSTERN_VERSION ":rest' "
#define KEEPALIVES                                                                                 \
    "keepalives='1' keepalives_idle='30' keepalives_interval='10' keepalives_count='3' "           \
    "tcp_user_timeout='20000'"
#define DEFAULTS APP "connect_timeout='10' client_encoding='UTF8' " KEEPALIVES

static const struct conninfo_options rest = {.purpose = "rest"};

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

static void a_url_becomes_a_conninfo(void **state)
{
    static const struct {
        const char *url, *want;
        bool unprepared, plain;
        int64_t pool_size, pool_timeout_ms;
    } cases[] = {
        {"postgres:///app",                                                                "dbname='app' " DEFAULTS,                                 false, false, 0, 0    },
        {"postgres://u:p@db/app",                                                          "user='u' password='p' dbname='app' host='db' " DEFAULTS, false,
         true,                                                                                                                                                     0, 0    },
        {"postgresql://u:p@db/app?sslmode=require&connection_limit=10&pool_timeout=20",
         "user='u' password='p' dbname='app' host='db' sslmode='require' " DEFAULTS,                                                                 false, false,
         10,                                                                                                                                                          20000},
        {"postgres://localhost:6543/app",                                                  "dbname='app' host='localhost' port='6543' " DEFAULTS,
         true,                                                                                                                                              false, 0, 0    },
        {"postgres://u@aws-0-eu.pooler.supabase.com:5432/app?sslmode=verify-full",
         "user='u' dbname='app' host='aws-0-eu.pooler.supabase.com' port='5432' "
         "sslmode='verify-full' " DEFAULTS,
         true,                                                                                                                                              false, 0, 0    },
        {"postgres://127.0.0.1/app?pgbouncer=true&schema=public&statement_cache_size=100",
         "dbname='app' host='127.0.0.1' " DEFAULTS,                                                                                                  true,  false, 0, 0    },
        {"postgres://127.0.0.1/app?pgbouncer=false",                                       "dbname='app' host='127.0.0.1' " DEFAULTS,
         false,                                                                                                                                             false, 0, 0    },
        {"postgres://127.0.0.1/app?statement_cache_size=0",
         "dbname='app' host='127.0.0.1' " DEFAULTS,                                                                                                  true,  false, 0, 0    },
        {"postgres://u:what?schema=x@127.0.0.1/app",
         "user='u' password='what?schema=x' dbname='app' host='127.0.0.1' " DEFAULTS,                                                                false, false,
         0,                                                                                                                                                           0    },
        {"host=/run/pg dbname=app password='it''s'",                                       NULL,                                                     false, false, 0, 0    },
        {"host=/run/pg dbname=app password='it\\'s \\\\'",
         "password='it\\'s \\\\' dbname='app' host='/run/pg' " DEFAULTS,                                                                             false, false, 0, 0    },
        {"postgres://a,localhost/app?sslmode=prefer",
         "dbname='app' host='a,localhost' port=',' sslmode='prefer' " DEFAULTS,                                                                      false, true,  0, 0    },
        {"postgres:///app?application_name=mine&connect_timeout=3&keepalives_idle=5",
         "connect_timeout='3' dbname='app' application_name='mine' keepalives_idle='5' "
         "client_encoding='UTF8' keepalives='1' keepalives_interval='10' keepalives_count='3' "
         "tcp_user_timeout='20000'",                                                                                                                 false, false, 0, 0    },
        {"postgres:///app?connection_limit=-4&pool_timeout=soon",                          "dbname='app' " DEFAULTS,                                 false,
         false,                                                                                                                                                    0, 0    },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conninfo out;
        str why = {NULL, 0};
        bool fine = conninfo_make(*state, str_from(cases[i].url), &rest, &out, &why);
        assert_int_equal(fine, cases[i].want != NULL);
        if (!fine)
            continue;
        assert_string_equal(out.text.at, cases[i].want);
        assert_int_equal(out.unprepared, cases[i].unprepared);
        assert_int_equal(out.plain, cases[i].plain);
        assert_int_equal(out.pool_size, cases[i].pool_size);
        assert_int_equal(out.pool_timeout_ms, cases[i].pool_timeout_ms);
    }
}

static void a_refusal_names_the_parameter_and_never_the_password(void **state)
{
    static const struct {
        const char *url, *want;
    } cases[] = {
        {"postgres:///app?frobnicate=1",
         "The database URL cannot be read: invalid URI query parameter: \"frobnicate\""   },
        {"postgres://u:sec%zzret@db/app",
         "The database URL cannot be read: invalid percent-encoded token: \"****\""       },
        {"password=one secret",           "The database URL cannot be read: missing \"****\" after \"****\" "
                                "in connection info string"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conninfo out;
        str why = {NULL, 0};
        assert_false(conninfo_make(*state, str_from(cases[i].url), &rest, &out, &why));
        assert_int_equal(why.len, strlen(cases[i].want));
        assert_memory_equal(why.at, cases[i].want, why.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_url_becomes_a_conninfo, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_refusal_names_the_parameter_and_never_the_password,
                                        open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
