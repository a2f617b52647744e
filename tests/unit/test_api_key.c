/* server/auth/api_key.c: which keys are good, and for whom */
#include "token_bench.h"

#include "auth/api_key.h"

#define BROWSER "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"

static str hex_of(arena *mem, str key)
{
    unsigned char hash[API_KEY_HASH_BYTES];
    struct buf hex;

    api_key_hash(key, hash);
    buf_init(&hex, mem, 100);
    for (size_t i = 0; i < sizeof(hash); i++)
        buf_printf(&hex, "%02x", hash[i]);
    return buf_str(&hex);
}

static str row(arena *mem, const char *key, const char *id, const char *role)
{
    return arena_printf(mem, "{\"id\":\"%s\",\"hash\":\"%.*s\",\"role\":\"%s\"}", id,
                        STR_ARG(hex_of(mem, str_from(key))), role);
}

static const struct api_keys *keys_of(struct bench *bench)
{
    arena *mem = bench->mem;
    str why = {NULL, 0};
    str json = arena_printf(
        mem, "{\"any\":true,\"keys\":[%.*s,%.*s,%.*s,%.*s,{\"id\":\"x\",\"hash\":\"00\"}]}",
        STR_ARG(row(mem, "sb_publishable_page", "1", "anon")),
        STR_ARG(row(mem, "sb_secret_server", "2", "service_role")),
        STR_ARG(row(mem, "sb_secret_user", "3", "authenticated")),
        STR_ARG(row(mem, "sb_secret_owner", "4", "postgres")));
    const struct api_keys *keys = api_keys_read(&bench->config, json, &why);
    assert_non_null(keys);
    return keys;
}

/* The role, "-" for nobody in particular, or the refusal. */
static str ask(struct bench *bench, const struct api_keys *keys, const char *key, const char *agent)
{
    const struct api_key_use use = {str_from(key), str_from(agent), SCOPE_REST_READ};
    const struct api_key *found = NULL;
    const struct fail *fail = api_key_find(bench->mem, keys, &use, &found);

    if (fail != NULL)
        return fail->message;
    return found == NULL ? STR("-") : found->claims->role;
}

static void a_key_is_known_by_its_hash(void **state)
{
    static const struct {
        const char *key, *agent, *want;
    } cases[] = {
        {"sb_publishable_page",   NULL,     "anon"                                      },
        {"sb_publishable_page",   BROWSER,  "anon"                                      },
        {"sb_secret_server",      NULL,     "service_role"                              },
        {"sb_secret_server",      "node",   "service_role"                              },
        {"sb_secret_user",        "curl/8", "authenticated"                             },
        {"sb_secret_server",      BROWSER,  "Forbidden use of secret API key in browser"},
        {"sb_secret_unknown",     BROWSER,  "Forbidden use of secret API key in browser"},
        {"sb_secret_server2",     NULL,     "Invalid API key"                           },
        {"sb_secret_serve",       NULL,     "Invalid API key"                           },
        {"sb_secret_",            NULL,     "Invalid API key"                           },
        {"sb_publishable_server", NULL,     "Invalid API key"                           },
        {"sb_secret_owner",       NULL,     "Invalid API key"                           }, /* a role not allowed */
    };
    struct bench *bench = *state;
    const struct api_keys *keys = keys_of(bench);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_answer(ask(bench, keys, cases[i].key, cases[i].agent), cases[i].want, cases[i].key);
    }
    api_keys_unref(&keys);
}

static void before_the_first_key_publishable_ones_are_nobodys(void **state)
{
    struct bench *bench = *state;
    const str texts[] = {
        {NULL, 0},
        STR("{\"any\":false,\"keys\":[]}")
    };

    for (size_t i = 0; i < 2; i++) {
        str why = {NULL, 0};
        unsigned char hash[API_KEY_HASH_BYTES];
        const struct api_keys *keys = api_keys_read(&bench->config, texts[i], &why);
        api_key_hash(STR("sb_publishable_x"), hash);
        assert_answer(ask(bench, keys, "sb_publishable_x", NULL), "-", "sb_publishable_x");
        assert_answer(ask(bench, keys, "sb_secret_x", NULL), "Invalid API key", "sb_secret_x");
        assert_true(api_keys_have(keys, hash));
        api_keys_unref(&keys);
    }
}

static void when_all_are_revoked_none_passes(void **state)
{
    struct bench *bench = *state;
    str why = {NULL, 0};
    unsigned char hash[API_KEY_HASH_BYTES];
    const struct api_keys *keys =
        api_keys_read(&bench->config, STR("{\"any\":true,\"keys\":[]}"), &why);

    api_key_hash(STR("sb_publishable_x"), hash);
    assert_answer(ask(bench, keys, "sb_publishable_x", NULL), "Invalid API key",
                  "sb_publishable_x");
    assert_false(api_keys_have(keys, hash));
    api_keys_unref(&keys);
}

static void an_answer_that_is_no_set_is_refused(void **state)
{
    struct bench *bench = *state;
    const str texts[] = {STR(""), STR("[]"), STR("{\"any\":true,\"any\":false}"), STR("null")};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        str why = {NULL, 0};
        assert_null(api_keys_read(&bench->config, texts[i], &why));
        assert_non_null(why.at);
    }
}

static void only_somebody_has_a_name_in_the_claims(void **state)
{
    struct bench *bench = *state;
    const struct api_keys *keys = keys_of(bench);
    const struct api_key *key;

    (void)api_key_find(bench->mem, keys, &(struct api_key_use){.key = STR("sb_publishable_page")},
                       &key);
    assert_true(key->claims->anonymous);
    assert_true(str_eq(key->claims->json, STR("{\"role\":\"anon\"}")));
    (void)api_key_find(bench->mem, keys, &(struct api_key_use){.key = STR("sb_secret_server")},
                       &key);
    assert_false(key->claims->anonymous);
    assert_true(str_eq(key->claims->json, STR("{\"role\":\"service_role\",\"key_id\":\"2\"}")));
    api_keys_unref(&keys);
}

static const struct api_keys *keys_with(struct bench *bench, const char *terms)
{
    str why = {NULL, 0};
    str json = arena_printf(bench->mem,
                            "{\"any\":true,\"keys\":[{\"id\":\"1\",\"role\":\"anon\",\"hash\":"
                            "\"%.*s\"%s}]}",
                            STR_ARG(hex_of(bench->mem, STR("sb_secret_x"))), terms);
    const struct api_keys *keys = api_keys_read(&bench->config, json, &why);
    assert_non_null(keys);
    return keys;
}

static void a_key_is_for_its_scopes(void **state)
{
    static const struct {
        const char *terms;
        unsigned scope;
        bool good;
    } cases[] = {
        {"",                                          SCOPE_LIVE,       true },
        {",\"scopes\":null",                          SCOPE_REST_WRITE, true },
        {",\"scopes\":[\"rest:read\"]",               SCOPE_REST_READ,  true },
        {",\"scopes\":[\"rest:read\"]",               SCOPE_NONE,       true },
        {",\"scopes\":[\"rest:read\"]",               SCOPE_REST_WRITE, false},
        {",\"scopes\":[\"rest:read\"]",               SCOPE_REST_CALL,  false},
        {",\"scopes\":[\"rest:read\",\"api:write\"]", SCOPE_API_WRITE,  true },
        {",\"scopes\":[\"rest:read\",\"api:write\"]", SCOPE_API_READ,   false},
        {",\"scopes\":[\"live\"]",                    SCOPE_LIVE,       true },
        {",\"scopes\":[\"of another time\"]",         SCOPE_REST_READ,  false},
        {",\"scopes\":[7]",                           SCOPE_REST_READ,  false},
        {",\"scopes\":[]",                            SCOPE_REST_READ,  false},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct api_keys *keys = keys_with(bench, cases[i].terms);
        const struct api_key_use use = {.key = STR("sb_secret_x"), .scope = cases[i].scope};
        const struct api_key *key;
        const struct fail *fail = api_key_find(bench->mem, keys, &use, &key);
        assert_int_equal(fail == NULL ? 200 : fail->status, cases[i].good ? 200 : 403);
        assert_true(cases[i].good || fail->hint.len > 0);
        api_keys_unref(&keys);
    }
}

static void a_key_ends_when_it_expires(void **state)
{
    static const struct {
        int64_t expires_s; /* from now */
        bool good;
    } cases[] = {
        {-3600, false},
        {0,     false},
        {100,   true },
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t end = clock_now() + cases[i].expires_s;
        const struct api_keys *keys =
            keys_with(bench, arena_printf(bench->mem, ",\"expires\":%lld", (long long)end).at);
        unsigned char hash[API_KEY_HASH_BYTES];
        api_key_hash(STR("sb_secret_x"), hash);
        assert_answer(ask(bench, keys, "sb_secret_x", NULL),
                      cases[i].good ? "anon" : "Invalid API key", "expires");
        assert_int_equal(api_keys_have(keys, hash), cases[i].good);
        assert_int_equal(api_keys_next_end(keys), end);
        api_keys_unref(&keys);
    }
}

static void a_key_of_a_tenant_goes_with_its_own_users(void **state)
{
    static const struct {
        const char *token;
        bool good;
    } cases[] = {
        {"{}",                                          true },
        {"{\"tenant_id\":\"ant\"}",                     true },
        {"{\"tenant_id\":\"bee\"}",                     false},
        {"{\"app_metadata\":{\"tenant_id\":\"bee\"}}",  false},
        {"{\"user_metadata\":{\"tenant_id\":\"bee\"}}", true },
    };
    struct bench *bench = *state;
    const struct api_keys *keys = keys_with(bench, ",\"tenant\":\"ant\"");
    const struct api_key *key;

    assert_null(
        api_key_find(bench->mem, keys, &(struct api_key_use){.key = STR("sb_secret_x")}, &key));
    assert_true(str_eq(key->claims->json, STR("{\"role\":\"anon\",\"tenant_id\":\"ant\"}")));
    assert_true(str_eq(key->claims->tenant, STR("ant")));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct claims *claims =
            claims_new(STR("authenticated"), STR("x"), str_from(cases[i].token), 0);
        claims_find_tenant(claims, STR("tenant_id"));
        const struct fail *fail = api_key_fits(bench->mem, key, claims);
        assert_int_equal(fail == NULL ? 200 : fail->status, cases[i].good ? 200 : 403);
        const struct claims *held = claims;
        claims_unref(&held);
    }
    api_keys_unref(&keys);
}

static void scopes_are_read_and_written(void **state)
{
    static const struct {
        const char *list, *text; /* NULL: refused */
    } cases[] = {
        {"rest:read",            "rest:read"            },
        {" live ,rest:read",     "rest:read, live"      },
        {"api:write,api:read",   "api:read, api:write"  },
        {"rest:read,rest:read",  "rest:read"            },
        {"rest:write,rest:call", "rest:write, rest:call"},
        {"",                     NULL                   },
        {"rest",                 NULL                   },
        {"rest:read,",           NULL                   },
        {"rest:read live",       NULL                   },
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned scopes;
        bool good = scopes_parse(str_from(cases[i].list), &scopes);
        assert_int_equal(good, cases[i].text != NULL);
        if (good)
            assert_answer(scopes_text(bench->mem, scopes), cases[i].text, cases[i].list);
    }
}

static void each_use_is_told_once_also_by_the_next_set(void **state)
{
    struct bench *bench = *state;
    const struct api_keys *keys = keys_of(bench), *next = keys_of(bench);

    assert_null(api_keys_take_used(bench->mem, keys).at);
    ask(bench, keys, "sb_secret_user", NULL);
    api_keys_remember(next, keys);
    str told = api_keys_take_used(bench->mem, next);
    assert_true(str_starts(told, STR("[{\"id\":\"3\",\"at\":")));
    assert_null(api_keys_take_used(bench->mem, next).at);
    api_keys_unref(&keys);
    api_keys_unref(&next);
}

static void a_new_key_is_formed_as_supabase_forms_them(void **state)
{
    struct bench *bench = *state;
    str page = api_key_make(bench->mem, API_KEY_PUBLISHABLE);
    str secret = api_key_make(bench->mem, API_KEY_SECRET);

    assert_int_equal(page.len, strlen("sb_publishable_") + 22 + 1 + 8);
    assert_int_equal(secret.len, strlen("sb_secret_") + 22 + 1 + 8);
    assert_true(api_key_looks(page) && api_key_looks(secret));
    assert_false(str_eq(secret, api_key_make(bench->mem, API_KEY_SECRET)));
    assert_false(api_key_looks(sign(bench, STR(HS256), STR(USER))));
    assert_false(api_key_looks(STR("sb_temp_x")) || api_key_looks(STR("sb_")) ||
                 api_key_looks(STR("")) || api_key_looks((str){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_known_by_its_hash),
        TEST(before_the_first_key_publishable_ones_are_nobodys),
        TEST(when_all_are_revoked_none_passes),
        TEST(an_answer_that_is_no_set_is_refused),
        TEST(a_key_is_for_its_scopes),
        TEST(a_key_ends_when_it_expires),
        TEST(a_key_of_a_tenant_goes_with_its_own_users),
        TEST(scopes_are_read_and_written),
        TEST(only_somebody_has_a_name_in_the_claims),
        TEST(each_use_is_told_once_also_by_the_next_set),
        TEST(a_new_key_is_formed_as_supabase_forms_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
