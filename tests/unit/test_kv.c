/* server/kv/url.c and reply.c: where Redis is, and what it may send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kv/reply.h"
#include "kv/url.h"

static void a_url_says_where_redis_is(void **state)
{
    static const struct {
        const char *url, *user, *password, *host, *port, *path, *db;
    } cases[] = {
        {"redis://localhost",       "",  "",     "localhost", "6379", "",                "0" },
        {"redis://localhost/",      "",  "",     "localhost", "6379", "",                "0" },
        {"redis://10.0.0.1:7000/2", "",  "",     "10.0.0.1",  "7000", "",                "2" },
        {"redis://:p%40ss@h",       "",  "p@ss", "h",         "6379", "",                "0" },
        {"redis://u:p@s@h:1/15",    "u", "p@s",  "h",         "1",    "",                "15"},
        {"redis://[::1]:6380/1",    "",  "",     "::1",       "6380", "",                "1" },
        {"redis://[::1]",           "",  "",     "::1",       "6379", "",                "0" },
        {"unix:///run/redis.sock",  "",  "",     "",          "",     "/run/redis.sock", "0" },
        {"unix://:pw@/run/r?db=3",  "",  "pw",   "",          "",     "/run/r",          "3" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct kv_url url;
        str why = {NULL, 0};
        assert_true(kv_url_parse(mem, str_from(cases[i].url), &url, &why));
        assert_true(str_eq(url.user, str_from(cases[i].user)));
        assert_true(str_eq(url.password, str_from(cases[i].password)));
        assert_true(str_eq(url.host, str_from(cases[i].host)));
        assert_true(str_eq(url.port, str_from(cases[i].port)));
        assert_true(str_eq(url.path, str_from(cases[i].path)));
        assert_true(str_eq(url.db, str_from(cases[i].db)));
        arena_close(&mem);
    }
}

static void other_urls_are_refused_with_a_reason(void **state)
{
    static const char *const cases[] = {
        "",           "localhost",        "http://h",      "rediss://h",      "redis://",
        "redis://:1", "redis://h:x",      "redis://h/one", "redis://h/99999", "unix://run",
        "unix://",    "unix:///r?base=1", "redis://[::1",  "redis://u%zz@h",  "redis://[::1]x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct kv_url url;
        str why = {NULL, 0};
        assert_false(kv_url_parse(mem, str_from(cases[i]), &url, &why));
        assert_true(str_starts(why, STR("REDIS_URL")));
        arena_close(&mem);
    }
}

/* Fed byte by byte: one letter for each answer; '!' when it is garbage. */
static void answers_are_read_however_they_arrive(void **state)
{
    static const struct {
        const char *bytes, *want;
    } cases[] = {
        {"+OK\r\n",                        "t" },
        {"$5\r\nhello\r\n:7\r\n",          "tn"},
        {"$-1\r\n*-1\r\n",                 "00"},
        {"-ERR no\r\n",                    "x" },
        {"*2\r\n$1\r\na\r\n:1\r\n+OK\r\n", "lt"},
        {"*0\r\n",                         "l" },
        {"*1\r\n*1\r\n:1\r\n",             "l" },
        {"$5\r\nhel",                      ""  },
        {"HTTP/1.1 400 Bad Request\r\n",   "!" },
        {"*100000\r\n",                    "!" },
        {"*2000000000\r\n",                "!" },
        {"$-5\r\n",                        "!" },
        {":12x\r\n",                       "!" },
        {"+OK\r\n\x01\x02",                "t!"},
    };
    static const char letters[] = {
        [KV_NOTHING] = 'x', [KV_NIL] = '0', [KV_TEXT] = 't', [KV_NUMBER] = 'n', [KV_LIST] = 'l'};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct replies *replies = replies_new();
        char seen[8] = "";
        size_t count = 0;
        for (const char *at = cases[i].bytes; *at != '\0' && (count == 0 || seen[count - 1] != '!');
             at++) {
            const struct kv_answer *answer = NULL;
            bool good = replies_feed(replies, (str){at, 1}) && replies_next(replies, &answer);
            if (!good || answer != NULL)
                seen[count++] = (char)(good ? letters[answer->kind] : '!');
        }
        assert_string_equal(seen, cases[i].want);
        replies_free(&replies);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_says_where_redis_is),
        cmocka_unit_test(other_urls_are_refused_with_a_reason),
        cmocka_unit_test(answers_are_read_however_they_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
