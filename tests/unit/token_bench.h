/* Tokens for the tests of server/auth/: settings with a secret, and a good signature over any
 * header and payload. Included once a program. */
#ifndef TESTS_UNIT_TOKEN_BENCH_H
#define TESTS_UNIT_TOKEN_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/hmac.h>

#include "auth/base64.h"
#include "auth/token.h"

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define USER "{\"role\":\"authenticated\",\"sub\":\"ada\"}"
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct config settings = {
    .jwt_secret = STR_ROW("a-secret-for-tests-only-that-is-long-enough"),
    .db_anon_role = STR_ROW("anon"),
    .db_allowed_roles = STR_ROW("anon,authenticated,service_role"),
    .jwt_cache_max_entries = 4096,
};

struct bench {
    arena *mem;
    struct config config;
    const struct keys *keys;
    struct metrics metrics;
};

static int set_up(void **state)
{
    arena *mem = arena_open();
    struct bench *bench = arena_new(mem, struct bench);
    str why = {NULL, 0};

    bench->mem = mem;
    bench->config = settings;
    bench->config.mem = mem;
    bench->keys = keys_new(mem, &bench->config, &why);
    assert_non_null(bench->keys);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    arena *mem = bench->mem;
    keys_unref(&bench->keys);
    arena_close(&mem);
    return 0;
}

/* A token with a good HS256 signature over any header and payload. */
static str sign(struct bench *bench, str header, str payload)
{
    unsigned char mac[32];
    unsigned len = sizeof(mac);
    str secret = keys_secret(bench->keys);
    str text = arena_printf(bench->mem, "%.*s.%.*s", STR_ARG(base64url_encode(bench->mem, header)),
                            STR_ARG(base64url_encode(bench->mem, payload)));
    HMAC(EVP_sha256(), secret.at, (int)secret.len, (const unsigned char *)text.at, text.len, mac,
         &len);
    str signature = base64url_encode(bench->mem, (str){(const char *)mac, len});
    return arena_printf(bench->mem, "%.*s.%.*s", STR_ARG(text), STR_ARG(signature));
}

static void assert_answer(str message, const char *want, const char *what)
{
    if (!str_eq(message, str_from(want)))
        fail_msg("%s: \"%.*s\", not \"%s\"", what, STR_ARG(message), want);
}

#endif
