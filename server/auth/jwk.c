/* From a JSON Web Key to a loaded key; see key.h. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "auth/base64.h"
#include "auth/key_inside.h"

/* RFC 7517, 8.1.1 and RFC 8037: the kinds, each with its reader. */
struct reading {
    arena *mem;
    const json_t *jwk;
    struct key *key;
    str why; /* absent: fine so far */
};

static str member(const struct reading *in, const char *name)
{
    const json_t *value = json_object_get(in->jwk, name);

    if (!json_is_string(value))
        return (str){NULL, 0};
    return (str){json_string_value(value), json_string_length(value)};
}

/* A member that is base64url of at least one byte, or of exactly `len`. */
static bool read_bytes(struct reading *in, const char *name, size_t len, str *bytes)
{
    str text = member(in, name);

    if (text.at == NULL)
        in->why = arena_printf(in->mem, "has no \"%s\"", name);
    else if (!base64_decode(in->mem, text, bytes) || bytes->len == 0)
        in->why = arena_printf(in->mem, "has a \"%s\" that is not base64url", name);
    else if (len > 0 && bytes->len != len)
        in->why =
            arena_printf(in->mem, "has a \"%s\" of %zu bytes, not %zu", name, bytes->len, len);
    return in->why.at == NULL;
}

static void free_pkey(void *pkey)
{
    EVP_PKEY_free(pkey);
}

static void load(struct reading *in, const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        in->why = STR("is no valid key");
    else
        arena_on_death(in->mem, free_pkey, pkey);
    EVP_PKEY_CTX_free(context);
    in->key->pkey = pkey;
}

/* ---- by kind ---- */

static void read_oct(struct reading *in)
{
    str secret = STR("");

    if (!read_bytes(in, "k", 0, &secret))
        return;
    if (secret.len < SECRET_MIN)
        in->why = arena_printf(in->mem, "has a secret of %zu bytes; it must have at least %d",
                               secret.len, SECRET_MIN);
    else
        key_set_secret(in->key, in->mem, secret);
}

static void load_rsa(struct reading *in, const BIGNUM *n, const BIGNUM *e)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    if (build != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    if (params == NULL)
        h2o_fatal("no memory for a key");
    load(in, "RSA", params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
}

static void read_rsa(struct reading *in)
{
    str modulus = STR(""), exponent = STR("");

    if (!read_bytes(in, "n", 0, &modulus) || !read_bytes(in, "e", 0, &exponent))
        return;
    BIGNUM *n = BN_bin2bn((const unsigned char *)modulus.at, (int)modulus.len, NULL);
    BIGNUM *e = BN_bin2bn((const unsigned char *)exponent.at, (int)exponent.len, NULL);
    if (n == NULL || e == NULL)
        h2o_fatal("no memory for a key");
    if (BN_num_bits(n) < RSA_BITS_MIN || BN_num_bits(n) > RSA_BITS_MAX)
        in->why = arena_printf(in->mem, "has %d bits; RSA needs %d to %d", BN_num_bits(n),
                               RSA_BITS_MIN, RSA_BITS_MAX);
    else if (!BN_is_odd(e) || BN_is_one(e))
        in->why = STR("has an \"e\" that is no exponent");
    else
        load_rsa(in, n, e);
    BN_free(n);
    BN_free(e);
}

static void read_ec(struct reading *in)
{
    static const struct {
        str curve;
        const char *group;
        size_t len; /* of a coordinate */
    } curves[] = {
        {STR_ROW("P-256"), "P-256", 32},
        {STR_ROW("P-384"), "P-384", 48},
        {STR_ROW("P-521"), "P-521", 66},
    };
    size_t i = 0, count = sizeof(curves) / sizeof(curves[0]);
    unsigned char point[1 + SIGNATURE_PART_MAX * 2] = {4 /* uncompressed */};
    char group[8];
    str x = STR(""), y = STR("");

    while (i < count && !str_eq(member(in, "crv"), curves[i].curve))
        i++;
    if (i == count) {
        in->why = STR("has a curve other than P-256, P-384 and P-521");
        return;
    }
    size_t len = curves[i].len;
    if (!read_bytes(in, "x", len, &x) || !read_bytes(in, "y", len, &y))
        return;
    memcpy(point + 1, x.at, len);
    memcpy(point + 1 + len, y.at, len);
    memcpy(group, curves[i].group, sizeof("P-256"));
    in->key->curve = curves[i].curve;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + len * 2),
        OSSL_PARAM_construct_end()};
    load(in, "EC", params);
}

static void read_okp(struct reading *in)
{
    enum { PUBLIC_BYTES = 32 };
    str x = STR("");

    if (!str_eq(member(in, "crv"), STR("Ed25519"))) {
        in->why = STR("has a curve other than Ed25519");
        return;
    }
    if (!read_bytes(in, "x", PUBLIC_BYTES, &x))
        return;
    in->key->curve = STR("Ed25519");
    in->key->pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.at, x.len);
    if (in->key->pkey == NULL)
        in->why = STR("is no valid key");
    else
        arena_on_death(in->mem, free_pkey, in->key->pkey);
}

/* ---- what all have ---- */

static bool may_verify(const json_t *operations)
{
    const json_t *one;
    size_t i;

    if (operations == NULL)
        return true;
    json_array_foreach(operations, i,
                       one) if (json_is_string(one) &&
                                strcmp(json_string_value(one), "verify") == 0) return true;
    return false;
}

/* The key is for signatures, and for one algorithm if it says so. */
static void read_purpose(struct reading *in)
{
    str use = member(in, "use"), alg = member(in, "alg"), kid = member(in, "kid");
    struct key *key = in->key;

    if (use.at != NULL && !str_eq(use, STR("sig")))
        in->why = STR("is not for signatures (\"use\")");
    else if (!may_verify(json_object_get(in->jwk, "key_ops")))
        in->why = STR("is not for verifying (\"key_ops\")");
    if (in->why.at != NULL)
        return;
    if (kid.at != NULL)
        key->kid = arena_copy(in->mem, kid);
    if (alg.at == NULL)
        return;
    key->only = algorithm_find(alg);
    if (key->only == NULL || key->only->type != key->type || !str_eq(key->only->curve, key->curve))
        in->why = STR("has an \"alg\" that is not of its kind");
}

struct key *key_of_jwk(arena *mem, const json_t *jwk, str *why)
{
    static const struct {
        str name;
        enum key_type type;
        void (*read)(struct reading *in);
    } kinds[] = {
        {STR_ROW("oct"), KEY_OCT, read_oct},
        {STR_ROW("RSA"), KEY_RSA, read_rsa},
        {STR_ROW("EC"),  KEY_EC,  read_ec },
        {STR_ROW("OKP"), KEY_OKP, read_okp},
    };
    struct reading in = {.mem = mem, .jwk = jwk, .key = arena_new(mem, struct key)};
    size_t i = 0, count = sizeof(kinds) / sizeof(kinds[0]);
    str kty = member(&in, "kty");

    while (i < count && !str_eq(kty, kinds[i].name))
        i++;
    if (i == count) {
        *why = STR("has a \"kty\" other than oct, RSA, EC and OKP");
        return NULL;
    }
    in.key->type = kinds[i].type;
    kinds[i].read(&in);
    if (in.why.at == NULL)
        read_purpose(&in);
    *why = in.why;
    return in.why.at == NULL ? in.key : NULL;
}
