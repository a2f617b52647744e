/* server/pg/url.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pg/url.h"

#define APP "application_name='postern/" POSTERN_VERSION ":rest' "
#define ALIVE                                                                                      \
    "keepalives='1' keepalives_idle='30' keepalives_interval='10' keepalives_count='3' "           \
    "tcp_user_timeout='20000'"
#define REST APP "connect_timeout='10' client_encoding='UTF8' " ALIVE

enum { UNPREPARED = 1, PLAIN = 2 };

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

static void becomes(arena *mem, const char *url, int flags, const char *want)
{
    struct conninfo out;
    str why = {NULL, 0};
    assert_true(conninfo_make(mem, str_from(url), &rest, &out, &why));
    assert_string_equal(out.text.at, want);
    assert_int_equal(out.unprepared, (flags & UNPREPARED) != 0);
    assert_int_equal(out.plain, (flags & PLAIN) != 0);
}

static void a_url_becomes_a_conninfo(void **state)
{
    becomes(*state, "postgres:///app", 0, "dbname='app' " REST);
    becomes(*state, "postgres://u:p@db/app", PLAIN,
            "user='u' password='p' dbname='app' host='db' " REST);
    becomes(*state, "postgres://a,localhost/app?sslmode=prefer", PLAIN,
            "dbname='app' host='a,localhost' port=',' sslmode='prefer' " REST);
    becomes(*state, "host=/run/pg dbname=app password='it\\'s \\\\'", 0,
            "password='it\\'s \\\\' dbname='app' host='/run/pg' " REST);
}

static void what_only_other_programs_know_is_taken_out(void **state)
{
    becomes(*state, "postgresql://db/app?sslmode=require&connection_limit=10&pool_timeout=20", 0,
            "dbname='app' host='db' sslmode='require' " REST);
    becomes(*state, "postgres://127.0.0.1/app?schema=public&sslaccept=strict&socket_timeout=3", 0,
            "dbname='app' host='127.0.0.1' " REST);
    becomes(*state, "postgres://u:what?schema=x@127.0.0.1/app", 0,
            "user='u' password='what?schema=x' dbname='app' host='127.0.0.1' " REST);
}

static void which_database_is_said_without_secrets(void **state)
{
    static const struct {
        const char *url, *want;
    } cases[] = {
        {"postgres://u:secret@db:5433/app?sslmode=require", "db:5433/app"},
        {"postgres://other@db:5433/app",                    "db:5433/app"},
        {"host=db port=5433 dbname=app password=x",         "db:5433/app"},
        {"postgres:///app",                                 ":/app"      },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conninfo out;
        str why;
        assert_true(conninfo_make(*state, str_from(cases[i].url), &rest, &out, &why));
        assert_string_equal(arena_cstr(*state, out.place), cases[i].want);
    }
}

static void behind_a_pooler_nothing_is_prepared(void **state)
{
    becomes(*state, "postgres://localhost:6543/app", UNPREPARED,
            "dbname='app' host='localhost' port='6543' " REST);
    becomes(*state, "postgres://aws-0-eu.pooler.supabase.com/app?sslmode=verify-full", UNPREPARED,
            "dbname='app' host='aws-0-eu.pooler.supabase.com' sslmode='verify-full' " REST);
    becomes(*state, "postgres:///app?pgbouncer=true", UNPREPARED, "dbname='app' " REST);
    becomes(*state, "postgres:///app?statement_cache_size=0", UNPREPARED, "dbname='app' " REST);
    becomes(*state, "postgres:///app?pgbouncer=false&statement_cache_size=100", 0,
            "dbname='app' " REST);
}

static void what_is_given_stays(void **state)
{
    becomes(*state, "postgres:///app?application_name=mine&connect_timeout=3&keepalives_idle=5", 0,
            "connect_timeout='3' dbname='app' application_name='mine' keepalives_idle='5' "
            "client_encoding='UTF8' keepalives='1' keepalives_interval='10' keepalives_count='3' "
            "tcp_user_timeout='20000'");
}

static void refuses(arena *mem, const char *url, const char *want)
{
    struct conninfo out;
    str why = {NULL, 0};
    assert_false(conninfo_make(mem, str_from(url), &rest, &out, &why));
    assert_string_equal(arena_cstr(mem, why), want);
}

static void a_refusal_names_the_parameter_and_never_the_password(void **state)
{
    refuses(*state, "postgres:///app?frobnicate=1",
            "The database URL cannot be read: invalid URI query parameter: \"frobnicate\"");
    refuses(*state, "postgres://u:sec%zzret@db/app",
            "The database URL cannot be read: invalid percent-encoded token: \"****\"");
    refuses(*state, "password=one secret",
            "The database URL cannot be read: missing \"****\" after \"****\" in connection info "
            "string");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_url_becomes_a_conninfo, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(what_only_other_programs_know_is_taken_out, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(which_database_is_said_without_secrets, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(behind_a_pooler_nothing_is_prepared, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(what_is_given_stays, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_refusal_names_the_parameter_and_never_the_password,
                                        open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
