/* The HS256 secret, checked once at the start and kept as a keyed OpenSSL context; see keys.h. */
#include "auth/keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "auth/base64.h"

struct keys {
    str secret;         /* absent: none */
    EVP_MAC_CTX *hs256; /* keyed; copied for each token, because keying costs two SHA-256 blocks */
};

static void free_context(void *context)
{
    EVP_MAC_CTX_free(context);
}

static EVP_MAC_CTX *keyed_context(str secret)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);

    EVP_MAC_free(mac);
    if (context == NULL ||
        EVP_MAC_init(context, (const unsigned char *)secret.at, secret.len, params) != 1)
        die(1, "OpenSSL has no HMAC-SHA-256");
    return context;
}

const struct keys *keys_new(arena *mem, const struct config *config, str *why)
{
    struct keys *keys = arena_new(mem, struct keys);
    str secret = config->jwt_secret;

    if (secret.at == NULL)
        return keys;
    if (str_starts(secret, STR("{"))) {
        *why = STR("JWT_SECRET is a JSON Web Key; only the text of an HS256 secret is supported.");
        return NULL;
    }
    if (config->jwt_secret_is_base64 && !base64_decode(mem, secret, &secret)) {
        *why = STR("JWT_SECRET is not base64, as JWT_SECRET_IS_BASE64 says.");
        return NULL;
    }
    if (secret.len < SECRET_MIN) {
        *why = arena_printf(mem, "JWT_SECRET has %zu bytes; it must have at least %d.", secret.len,
                            SECRET_MIN);
        return NULL;
    }
    keys->secret = arena_copy(mem, secret);
    keys->hs256 = keyed_context(keys->secret);
    arena_on_death(mem, free_context, keys->hs256);
    return keys;
}

bool keys_any(const struct keys *keys)
{
    return keys->secret.at != NULL;
}

str keys_secret(const struct keys *keys)
{
    return keys->secret;
}

void keys_mac(const struct keys *keys, str text, unsigned char mac[MAC_BYTES])
{
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(keys->hs256);
    size_t len = 0;

    if (context == NULL || EVP_MAC_update(context, (const unsigned char *)text.at, text.len) != 1 ||
        EVP_MAC_final(context, mac, &len, MAC_BYTES) != 1 || len != MAC_BYTES)
        h2o_fatal("HMAC-SHA-256 failed"); /* out of memory, as for any allocation */
    EVP_MAC_CTX_free(context);
}
