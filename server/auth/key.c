/* Verifies signatures with OpenSSL on loaded keys, as libjwt would read the key again for every
 * token; see key.h. */
#include "auth/key.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "auth/key_inside.h"
#include "base/log.h"

enum { MAC_BYTES_MAX = 64 };

/* ---- shared secrets ---- */

static void free_mac(void *context)
{
    EVP_MAC_CTX_free(context);
}

static EVP_MAC_CTX *keyed_mac(arena *mem, str secret, const char *digest_name)
{
    str digest = arena_copy(mem, str_from(digest_name));
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest.at, 0),
        OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);

    EVP_MAC_free(mac);
    if (context == NULL ||
        EVP_MAC_init(context, (const unsigned char *)secret.at, secret.len, params) != 1)
        die(1, "OpenSSL has no HMAC with %s", digest_name);
    arena_on_death(mem, free_mac, context);
    return context;
}

static int mac_index(const struct algorithm *algorithm)
{
    static const char *const names[KEY_MACS] = {"HS256", "HS384", "HS512"};
    int i = 0;

    while (i < KEY_MACS - 1 && !str_eq(algorithm->name, str_from(names[i])))
        i++;
    return i;
}

void key_set_secret(struct key *key, arena *mem, str secret)
{
    static const char *const digests[KEY_MACS] = {"SHA256", "SHA384", "SHA512"};

    key->type = KEY_OCT;
    key->secret = arena_copy(mem, secret);
    for (int i = 0; i < KEY_MACS; i++)
        key->macs[i] = keyed_mac(mem, key->secret, digests[i]);
}

struct key *key_of_secret(arena *mem, str secret)
{
    struct key *key = arena_new(mem, struct key);

    key_set_secret(key, mem, secret);
    key->only = algorithm_find(STR("HS256"));
    key->any_kid = true;
    return key;
}

bool key_is_shared(const struct key *key)
{
    return key->type == KEY_OCT;
}

str key_secret(const struct key *key)
{
    bool signs =
        key->type == KEY_OCT && (key->only == NULL || str_eq(key->only->name, STR("HS256")));
    return signs ? key->secret : (str){NULL, 0};
}

static bool verify_mac(const struct key *key, const struct algorithm *algorithm, str text,
                       str signature)
{
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(key->macs[mac_index(algorithm)]);
    unsigned char mac[MAC_BYTES_MAX];
    size_t len = 0;

    if (context == NULL || EVP_MAC_update(context, (const unsigned char *)text.at, text.len) != 1 ||
        EVP_MAC_final(context, mac, &len, sizeof(mac)) != 1)
        h2o_fatal("HMAC failed"); /* out of memory, as for any allocation */
    EVP_MAC_CTX_free(context);
    return signature.len == len && CRYPTO_memcmp(signature.at, mac, len) == 0;
}

/* ---- public keys ---- */

/* A token has r and s side by side, OpenSSL wants them in DER. NULL: they have the wrong size. */
static unsigned char *der_of(const struct algorithm *algorithm, str signature, int *len)
{
    unsigned char *der = NULL;
    const unsigned char *at = (const unsigned char *)signature.at;
    int part = (int)algorithm->part;

    if (signature.len != algorithm->part * 2)
        return NULL;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(at, part, NULL), *s = BN_bin2bn(at + part, part, NULL);
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1)
        h2o_fatal("no memory for a signature");
    *len = i2d_ECDSA_SIG(pair, &der);
    ECDSA_SIG_free(pair);
    return der;
}

static bool set_padding(EVP_PKEY_CTX *context, enum padding padding)
{
    if (padding == PADDING_PSS) /* RFC 7518, 3.5: the salt is as long as the hash */
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    return padding == PADDING_NONE || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
}

static bool verify_public(const struct key *key, const struct algorithm *algorithm, str text,
                          str signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;

    if (context == NULL)
        h2o_fatal("no memory for a signature");
    bool good = EVP_DigestVerifyInit_ex(context, &options, algorithm->digest, NULL, NULL, key->pkey,
                                        NULL) == 1 &&
                set_padding(options, algorithm->padding) &&
                EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
                                 (const unsigned char *)text.at, text.len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static bool verify_curve(const struct key *key, const struct algorithm *algorithm, str text,
                         str signature)
{
    int len = 0;
    unsigned char *der = der_of(algorithm, signature, &len);

    if (der == NULL)
        return false;
    bool good =
        len > 0 && verify_public(key, algorithm, text, (str){(const char *)der, (size_t)len});
    OPENSSL_free(der);
    return good;
}

/* ---- both ---- */

bool key_fits(const struct key *key, const struct algorithm *algorithm, str kid)
{
    if (key->type != algorithm->type || !str_eq(key->curve, algorithm->curve))
        return false;
    if (key->only != NULL && key->only != algorithm)
        return false;
    return kid.at == NULL || key->any_kid || (key->kid.at != NULL && str_eq(key->kid, kid));
}

bool key_verify(const struct key *key, const struct algorithm *algorithm, str text, str signature)
{
    static bool (*const verify[])(const struct key *key, const struct algorithm *algorithm,
                                  str text, str signature) = {
        [KEY_OCT] = verify_mac,
        [KEY_RSA] = verify_public,
        [KEY_EC] = verify_curve,
        [KEY_OKP] = verify_public,
    };
    assert(key->type == algorithm->type);
    return verify[key->type](key, algorithm, text, signature);
}
