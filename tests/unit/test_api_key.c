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
    const struct api_key_use use = {str_from(key), str_from(agent)};
    const struct claims *claims = NULL;
    const struct fail *fail = api_key_find(bench->mem, keys, &use, &claims);

    if (fail != NULL)
        return fail->message;
    return claims == NULL ? STR("-") : claims->role;
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
    const struct claims *claims;

    (void)api_key_find(bench->mem, keys, &(struct api_key_use){.key = STR("sb_publishable_page")},
                       &claims);
    assert_true(claims->anonymous);
    assert_true(str_eq(claims->json, STR("{\"role\":\"anon\"}")));
    (void)api_key_find(bench->mem, keys, &(struct api_key_use){.key = STR("sb_secret_server")},
                       &claims);
    assert_false(claims->anonymous);
    assert_true(str_eq(claims->json, STR("{\"role\":\"service_role\",\"key_id\":\"2\"}")));
    api_keys_unref(&keys);
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
        TEST(only_somebody_has_a_name_in_the_claims),
        TEST(each_use_is_told_once_also_by_the_next_set),
        TEST(a_new_key_is_formed_as_supabase_forms_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
