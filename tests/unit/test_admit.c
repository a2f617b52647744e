/* server/auth/token_cache.c: who a request is */
#include "token_bench.h"

#include "base/clock.h"

/* What admit makes of a request with these headers: the role, or the code of the failure. */
static str ask(struct bench *bench, struct token_cache *cache, str authorization, str apikey)
{
    struct header headers[2];
    struct request req = {.mem = arena_open(), .headers = headers};
    str answer;

    if (authorization.at != NULL)
        headers[req.nheaders++] = (struct header){STR("authorization"), authorization};
    if (apikey.at != NULL)
        headers[req.nheaders++] = (struct header){STR("apikey"), apikey};
    const struct fail *fail = admit(&req, cache);
    answer = arena_copy(bench->mem, fail == NULL ? req.claims->role : str_from(fail->code));
    arena_close(&req.mem);
    return answer;
}

static void a_request_is_who_its_headers_say(void **state)
{
    struct bench *bench = *state;
    str user = sign(bench, STR(HS256), STR(USER));
    str service = sign(bench, STR(HS256), STR("{\"role\":\"service_role\"}"));
    const str none = {NULL, 0};
    str bearer = arena_printf(bench->mem, "Bearer %.*s", STR_ARG(user));
    str lower = arena_printf(bench->mem, "bearer %.*s", STR_ARG(user));
    str blanks = arena_printf(bench->mem, "BEARER \t%.*s ", STR_ARG(user));
    str joined = arena_printf(bench->mem, "Bearer%.*s", STR_ARG(user));
    const struct {
        str authorization, apikey;
        const char *want;
    } cases[] = {
        {none,                           none,                         "anon"         },
        {bearer,                         none,                         "authenticated"},
        {lower,                          none,                         "authenticated"},
        {blanks,                         none,                         "authenticated"},
        {bearer,                         service,                      "authenticated"},
        {none,                           service,                      "service_role" },
        {none,                           STR("sb_publishable_abcdef"), "anon"         },
        {none,                           STR("sb_secret_abcdef"),      "PGRST301"     },
        {STR("Bearer sb_publishable_a"), none,                         "anon"         },
        {STR("Bearer sb_publishable_a"), STR("sb_publishable_a"),      "anon"         },
        {STR("Bearer sb_publishable_a"), STR("sb_publishable_b"),      "PGRST301"     },
        {bearer,                         STR("sb_publishable_abcdef"), "authenticated"},
        {bearer,                         STR("sb_secret_abcdef"),      "PGRST301"     },
        {none,                           STR("a.b"),                   "anon"         },
        {none,                           STR("a.b.c"),                 "PGRST301"     },
        {STR("Basic dXNlcjpwYXNz"),      none,                         "anon"         },
        {STR("Basic dXNlcjpwYXNz"),      service,                      "anon"         },
        {STR(""),                        none,                         "anon"         },
        {STR("Bearer"),                  none,                         "PGRST301"     },
        {STR("Bearer "),                 service,                      "PGRST301"     },
        {STR("Bearer x"),                service,                      "PGRST301"     },
        {joined,                         none,                         "anon"         },
    };
    struct token_cache *cache = token_cache_new(&bench->config, bench->keys, &bench->metrics);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_answer(ask(bench, cache, cases[i].authorization, cases[i].apikey), cases[i].want,
                      arena_cstr(bench->mem, cases[i].authorization));
    token_cache_free(&cache);
    assert_null(cache);
}

static void with_the_anonymous_role_off_a_token_is_needed(void **state)
{
    struct bench bench = *(struct bench *)*state;
    bench.config.db_anon_role = STR("");
    struct token_cache *cache = token_cache_new(&bench.config, bench.keys, &bench.metrics);
    str no_role = sign(&bench, STR(HS256), STR("{\"sub\":\"ada\"}"));

    assert_answer(ask(&bench, cache, (str){NULL, 0}, (str){NULL, 0}), "PGRST302", "no token");
    assert_answer(ask(&bench, cache, (str){NULL, 0}, no_role), "PGRST302", "a token without role");
    assert_answer(ask(&bench, cache, (str){NULL, 0}, sign(&bench, STR(HS256), STR(USER))),
                  "authenticated", "a token");
    token_cache_free(&cache);
}

static int64_t metric(const struct bench *bench, enum metric which)
{
    return bench->metrics.values[which];
}

static void a_verified_token_is_verified_once(void **state)
{
    struct bench *bench = *state;
    struct token_cache *cache = token_cache_new(&bench->config, bench->keys, &bench->metrics);
    str user = sign(bench, STR(HS256), STR(USER)), none = {NULL, 0};

    for (int i = 0; i < 5; i++)
        assert_answer(ask(bench, cache, none, user), "authenticated", "user");
    assert_int_equal(metric(bench, METRIC_TOKEN_MISSES), 1);
    assert_int_equal(metric(bench, METRIC_TOKEN_HITS), 4);
    token_cache_free(&cache);
}

/* The signature of a good token under another payload falls on the same bucket and hash. */
static void a_cached_signature_does_not_vouch_for_another_payload(void **state)
{
    struct bench *bench = *state;
    struct token_cache *cache = token_cache_new(&bench->config, bench->keys, &bench->metrics);
    str user = sign(bench, STR(HS256), STR(USER)), none = {NULL, 0};
    str service = sign(bench, STR(HS256), STR("{\"role\":\"service_role\"}"));
    str forged = arena_printf(bench->mem, "%.*s%.*s", (int)service.len - 43, service.at, 43,
                              user.at + user.len - 43);

    assert_answer(ask(bench, cache, none, user), "authenticated", "user");
    for (int i = 0; i < 3; i++) /* and failures are not kept */
        assert_answer(ask(bench, cache, none, forged), "PGRST301", "forged");
    assert_answer(ask(bench, cache, none, user), "authenticated", "user");
    assert_int_equal(metric(bench, METRIC_TOKEN_HITS), 1);
    token_cache_free(&cache);
}

static void a_cached_token_dies_with_its_expiry(void **state)
{
    struct bench *bench = *state;
    struct token_cache *cache = token_cache_new(&bench->config, bench->keys, &bench->metrics);
    int64_t second = clock_now();
    int64_t expires = second - TOKEN_LEEWAY_S + 1;
    str token =
        sign(bench, STR(HS256),
             arena_printf(bench->mem, "{\"role\":\"anon\",\"exp\":%lld}", (long long)expires));
    str none = {NULL, 0};

    str first = ask(bench, cache, none, token);
    while (clock_now() <= second)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_answer(first, "anon", "before it expires");
    assert_answer(ask(bench, cache, none, token), "PGRST303", "after it has expired");
    assert_answer(ask(bench, cache, none, token), "PGRST303", "and again");
    token_cache_free(&cache);
}

static void the_cache_is_bounded_and_forgets_the_oldest(void **state)
{
    enum { CACHE_MAX = 64 };
    struct bench *bench = *state;
    bench->config.jwt_cache_max_entries = CACHE_MAX;
    struct token_cache *cache = token_cache_new(&bench->config, bench->keys, &bench->metrics);
    str first = sign(bench, STR(HS256), STR(USER)), none = {NULL, 0};

    ask(bench, cache, none, first);
    for (int i = 0; i < CACHE_MAX; i++) {
        str claims = arena_printf(bench->mem, "{\"role\":\"anon\",\"n\":%d}", i);
        assert_answer(ask(bench, cache, none, sign(bench, STR(HS256), claims)), "anon", "filler");
        if (i == CACHE_MAX / 2)
            ask(bench, cache, none, first); /* used: stays */
    }
    int64_t misses = metric(bench, METRIC_TOKEN_MISSES);
    ask(bench, cache, none, first);
    assert_int_equal(metric(bench, METRIC_TOKEN_MISSES), misses);
    ask(bench, cache, none, sign(bench, STR(HS256), STR("{\"role\":\"anon\",\"n\":0}")));
    assert_int_equal(metric(bench, METRIC_TOKEN_MISSES), misses + 1);
    assert_int_equal(metric(bench, METRIC_TOKEN_EVICTIONS), 2);
    token_cache_free(&cache);
}

static void a_cache_of_no_entries_keeps_none(void **state)
{
    struct bench *bench = *state;
    bench->config.jwt_cache_max_entries = 0;
    struct token_cache *cache = token_cache_new(&bench->config, bench->keys, &bench->metrics);
    str token = sign(bench, STR(HS256), STR(USER)), none = {NULL, 0};

    for (int i = 0; i < 3; i++)
        assert_answer(ask(bench, cache, none, token), "authenticated", "not from the cache");
    assert_int_equal(metric(bench, METRIC_TOKEN_HITS), 0);
    token_cache_free(&cache);
}

static void other_keys_forget_what_the_old_ones_verified(void **state)
{
    struct bench *bench = *state, other = *bench;
    struct token_cache *cache = token_cache_new(&bench->config, bench->keys, &bench->metrics);
    str token = sign(bench, STR(HS256), STR(USER)), none = {NULL, 0}, why;

    other.config.jwt_secret = STR("another-secret-that-is-long-enough-too");
    other.config.db_anon_role = STR("");
    other.keys = keys_new(bench->mem, &other.config, &why);
    assert_answer(ask(bench, cache, none, token), "authenticated", "the old keys");
    token_cache_take(cache, &other.config, other.keys);
    assert_answer(ask(bench, cache, none, token), "PGRST301", "a token of the old keys");
    assert_answer(ask(bench, cache, none, none), "PGRST302", "nobody is let in any more");
    assert_answer(ask(bench, cache, none, sign(&other, STR(HS256), STR(USER))), "authenticated",
                  "a token of the new keys");
    token_cache_free(&cache);
    keys_unref(&other.keys);
}

/* A request may outlive the cache's entry, and the cache. */
static void a_request_holds_its_claims(void **state)
{
    struct bench *bench = *state;
    struct token_cache *cache = token_cache_new(&bench->config, bench->keys, &bench->metrics);
    struct header header = {STR("apikey"), sign(bench, STR(HS256), STR(USER))};
    struct request req = {.mem = arena_open(), .headers = &header, .nheaders = 1};

    assert_null(admit(&req, cache));
    token_cache_free(&cache);
    assert_answer(req.claims->subject, "ada", "after the cache");
    arena_close(&req.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_who_its_headers_say),
        TEST(with_the_anonymous_role_off_a_token_is_needed),
        TEST(a_verified_token_is_verified_once),
        TEST(a_cached_signature_does_not_vouch_for_another_payload),
        TEST(a_cached_token_dies_with_its_expiry),
        TEST(the_cache_is_bounded_and_forgets_the_oldest),
        TEST(a_cache_of_no_entries_keeps_none),
        TEST(other_keys_forget_what_the_old_ones_verified),
        TEST(a_request_holds_its_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
