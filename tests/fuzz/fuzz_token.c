/* Any bytes as a token are refused: nobody guesses a signature. Any bytes as header and payload
 * under a good signature are refused, or give claims that are one object with an allowed role, and
 * only when the header names the algorithm. */
#include <assert.h>
#include <openssl/hmac.h>
#include <stdint.h>

#include "auth/base64.h"
#include "auth/token.h"
#include "base/json.h"

static str sign(arena *mem, const struct keys *keys, str header, str payload)
{
    unsigned char mac[32];
    unsigned len = sizeof(mac);
    str secret = keys_secret(keys);
    str head = base64url_encode(mem, header), body = base64url_encode(mem, payload);
    str text = arena_printf(mem, "%.*s.%.*s", STR_ARG(head), STR_ARG(body));

    HMAC(EVP_sha256(), secret.at, (int)secret.len, (const unsigned char *)text.at, text.len, mac,
         &len);
    str signature = base64url_encode(mem, (str){(const char *)mac, len});
    return arena_printf(mem, "%.*s.%.*s", STR_ARG(text), STR_ARG(signature));
}

static void check_claims(const struct claims *claims)
{
    assert(str_eq(claims->role, STR("anon")) || str_eq(claims->role, STR("authenticated")));
    assert(json_check(claims->json) == JSON_OBJECT);
    assert(memmem(claims->json.at, claims->json.len, "role", 4) != NULL ||
           str_find(claims->json, '\\') >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    struct config config = {
        .jwt_secret = STR("a-secret-for-tests-only-that-is-long-enough"),
        .db_anon_role = STR("anon"),
        .db_allowed_roles = STR("authenticated"),
        .mem = mem,
    };
    const struct claims *claims = NULL;
    str why, bytes = {(const char *)data, size}, header = bytes, payload = STR("{}");
    const struct keys *keys = keys_new(mem, &config, &why);

    assert(token_verify(mem, &config, keys, bytes, &claims) != NULL);
    if (size > 0 && data[0] % 2 == 0) { /* a good header, so that the payload is reached */
        header = STR("{\"alg\":\"HS256\"}");
        payload = str_skip(bytes, 1);
    }
    if (token_verify(mem, &config, keys, sign(mem, keys, header, payload), &claims) == NULL) {
        assert(memmem(header.at, header.len, "alg", 3) != NULL || str_find(header, '\\') >= 0);
        check_claims(claims);
        claims_unref(&claims);
    }
    keys_unref(&keys);
    arena_close(&mem);
    return 0;
}
