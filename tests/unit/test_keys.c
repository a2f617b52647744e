/* server/auth/keys.c, key.c, jwk.c, algorithm.c and base64.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/base64.h"
#include "auth/keys.h"

#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define JWK(members, flaw)                                                                         \
    {                                                                                              \
        "{" members "}", false, "JWT_SECRET is a JSON Web Key that " flaw "."                      \
    }

static const struct keys *keys_of(arena *mem, str secret, bool is_base64, str *why)
{
    struct config config = {.jwt_secret = secret, .jwt_secret_is_base64 = is_base64, .mem = mem};
    *why = (str){NULL, 0};
    return keys_new(mem, &config, why);
}

struct secret_case {
    const char *secret;
    bool is_base64;
    const char *why; /* NULL: taken */
};

static void check_secrets(const struct secret_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        arena *mem = arena_open();
        str why;
        const struct keys *keys = keys_of(mem, str_from(cases[i].secret), cases[i].is_base64, &why);
        if (!str_eq(why, str_from(cases[i].why)))
            fail_msg("%s: \"%.*s\"", cases[i].secret, STR_ARG(why));
        assert_int_equal(keys == NULL, cases[i].why != NULL);
        if (keys != NULL)
            assert_true(keys_any(keys));
        keys_unref(&keys);
        arena_close(&mem);
    }
}

static void a_secret_is_long_enough_or_the_start_is_refused(void **state)
{
    static const struct secret_case cases[] = {
        {"0123456789abcdef0123456789abcdef",             false, NULL                                               },
        {"0123456789abcdef0123456789abcde",              false,
         "JWT_SECRET has 31 bytes; it must have at least 32."                                                      },
        {"",                                             false, "JWT_SECRET has 0 bytes; it must have at least 32."},
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true,  NULL                                               },
        {"+/+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",  true,  NULL                                               },
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",     true,
         "JWT_SECRET has 30 bytes; it must have at least 32."                                                      },
        {"not base64 at all, not base64 at all",         true,
         "JWT_SECRET is not base64, as JWT_SECRET_IS_BASE64 says."                                                 },
    };
    (void)state;
    check_secrets(cases, sizeof(cases) / sizeof(cases[0]));
}

static void a_json_web_key_is_of_use_or_the_start_is_refused(void **state)
{
    static const struct secret_case cases[] = {
        JWK("\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAA\"",
            "has a secret of 18 bytes; it must have at least 32"),
        JWK("\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"use\":\"enc\"",
            "is not for signatures (\"use\")"),
        JWK("\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"key_ops\":["
            "\"sign\"]",
            "is not for verifying (\"key_ops\")"),
        JWK("\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"alg\":"
            "\"RS256\"",
            "has an \"alg\" that is not of its kind"),
        JWK("\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"alg\":"
            "\"none\"",
            "has an \"alg\" that is not of its kind"),
        JWK("\"kty\":\"oct\",\"k\":\"!\"", "has a \"k\" that is not base64url"),
        JWK("\"kty\":\"oct\"", "has no \"k\""),
        JWK("\"kty\":\"dsa\"", "has a \"kty\" other than oct, RSA, EC and OKP"),
        JWK("\"kty\":\"RSA\",\"e\":\"AQAB\"", "has no \"n\""),
        JWK("\"kty\":\"RSA\",\"n\":\"wQ\",\"e\":\"AQAB\"", "has 8 bits; RSA needs 2048 to 16384"),
        JWK("\"kty\":\"EC\",\"crv\":\"secp256k1\"",
            "has a curve other than P-256, P-384 and P-521"),
        JWK("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"",
            "has a \"x\" of 1 bytes, not 32"),
        JWK("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ZEROS "\",\"y\":\"" ZEROS "\"",
            "is no valid key"),
        JWK("\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ZEROS "\"",
            "has a curve other than Ed25519"),
        {"{\"keys\":[]}",                                                                        false,
           "JWT_SECRET is a JSON Web Key Set without a usable key: there is none in it."                      },
        {"{\"keys\":[{\"kty\":\"x\"},7]}",                                                       false,
           "JWT_SECRET is a JSON Web Key Set without a usable key: key 2 has a \"kty\" other than "
         "oct, RSA, EC and OKP."                                                                              },
        {"{\"keys\":[{\"kty\":\"x\"},{\"kty\":\"oct\",\"k\":\"" ZEROS "\"}]}",                   false, NULL},
        {"eyJrdHkiOiJvY3QiLCJrIjoiQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQSJ9",
           true,                                                                                          NULL}, /* a JWK in base64 */
    };
    (void)state;
    check_secrets(cases, sizeof(cases) / sizeof(cases[0]));
}

static void an_audience_is_a_text_or_a_uri(void **state)
{
    static const struct {
        const char *aud;
        bool ok;
    } cases[] = {
        {"ours",                        true },
        {"any text, 100% of it",        true },
        {"https://example.org/a?b=%20", true },
        {"urn:x:y",                     true },
        {"foo://%%$$^^.com",            false},
        {"http://%%localhorst.invalid", false},
        {"http://a b",                  false},
        {"a:%2",                        false},
        {"1a:b",                        false},
        {":x",                          false},
        {"a b:c",                       false},
    };
    arena *mem = arena_open();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct config config = {.jwt_aud = str_from(cases[i].aud)};
        str why;
        const struct keys *keys = keys_new(mem, &config, &why);
        if ((keys != NULL) != cases[i].ok)
            fail_msg("%s: %.*s", cases[i].aud, STR_ARG(why));
        keys_unref(&keys);
    }
    arena_close(&mem);
}

static void no_secret_is_possible(void **state)
{
    arena *mem = arena_open();
    str why;
    (void)state;

    const struct keys *keys = keys_of(mem, (str){NULL, 0}, false, &why);
    assert_non_null(keys);
    assert_false(keys_any(keys));
    keys_unref(&keys);
    arena_close(&mem);
}

/* RFC 4231, test case 6 has a key of 131 bytes, longer than a block. */
static void the_mac_is_hmac_sha_256(void **state)
{
    static const unsigned char mac[] = {0x60, 0xe4, 0x31, 0x59, 0x1e, 0xe0, 0xb6, 0x7f,
                                        0x0d, 0x8a, 0x26, 0xaa, 0xcb, 0xf5, 0xb7, 0x7f,
                                        0x8e, 0x0b, 0xc6, 0x21, 0x37, 0x28, 0xc5, 0x14,
                                        0x05, 0x46, 0x04, 0x0f, 0x0e, 0xe3, 0x7f, 0x54};
    struct signed_text what = {
        .algorithm = algorithm_find(STR("HS256")),
        .text = STR("Test Using Larger Than Block-Size Key - Hash Key First"),
        .signature = {(const char *)mac, sizeof(mac)}
    };
    arena *mem = arena_open();
    char key[131];
    str why;
    (void)state;

    memset(key, 0xaa, sizeof(key));
    const struct keys *keys = keys_of(mem, (str){key, sizeof(key)}, false, &why);
    for (int again = 0; again < 3; again++) /* the keyed context is not used up */
        assert_int_equal(keys_check(keys, &what), KEYS_ACCEPT);
    what.algorithm = algorithm_find(STR("HS512")); /* a written secret is HS256's alone */
    assert_int_equal(keys_check(keys, &what), KEYS_NONE);
    keys_unref(&keys);
    arena_close(&mem);
}

/* Made once with node:crypto. */
static const struct {
    const char *alg, *jwk, *token;
} vectors[] = {
    {"RS256",
     "{\"kty\":\"RSA\",\"n\":\"0ayJWnAUd02PMvSmNnt5Rgnx4O0i2nX8UknJa7D8xc_7kj5tiEHNQlQANWUaPz"
     "Tix_8XBkJ2PCBWifiWpaYaaaOLI08FvXrjuIwCmc2ucIH2bumVrziAbZKTjUQPqpRtBgZRYTVtBFf41T"
     "98pdT3tlEHUu3_0NMCDtXKeJFysoNhaAvHfw7kC8yrCjb7Jmj7ORjYsOTfBG7iiC0xkDvut8spYRy-hI"
     "Ur1MIbuHYjldMLcSRbKIQ3SMoVdOepU-gq_l4sr-zwHEVve9YakjvHuuOtujAOazRmiwxMOAtjUkYMj2"
     "9RJLoJN8LoR1tj1LmFeXgd4XlK22fx_z5ThnR1DQ\",\"e\":\"AQAB\"}",                                  "eyJhbGciOiJSUzI1NiJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.G_L2xgXbo0th_cvegKoMCKUpRJ"
     "G3_Equi1-mKam9Ct3oTulsl6UdwtopbbyuFvkl--adY2qxIyVVqlqkhgPusihiYY3SWOk-_KItTN5vK_"
     "1awVXVCGv-Ux4Hpg0Oib3T_ZAMrPCJ-2UydC41-4rKhVmtc9J2NNUn4hJIpe7KGOur3A6kSEiecYEiFf"
     "TcFp3bFHtsDQx8IqDcQW8_7IUTkIe8LVrq6wqqBN8ea-NF8m_PnMoCCtuEGLDDIcApFNNLRQwqFVgxAm"
     "h_pE6DTK5rUqKsDJSS_fm9UxHVAp876Rhd_-P58mO06nVNKtt9r97z0MiKhRs7anKKcZOOYtplkg"                 },
    {"PS384",
     "{\"kty\":\"RSA\",\"n\":\"0ayJWnAUd02PMvSmNnt5Rgnx4O0i2nX8UknJa7D8xc_7kj5tiEHNQlQANWUaPz"
     "Tix_8XBkJ2PCBWifiWpaYaaaOLI08FvXrjuIwCmc2ucIH2bumVrziAbZKTjUQPqpRtBgZRYTVtBFf41T"
     "98pdT3tlEHUu3_0NMCDtXKeJFysoNhaAvHfw7kC8yrCjb7Jmj7ORjYsOTfBG7iiC0xkDvut8spYRy-hI"
     "Ur1MIbuHYjldMLcSRbKIQ3SMoVdOepU-gq_l4sr-zwHEVve9YakjvHuuOtujAOazRmiwxMOAtjUkYMj2"
     "9RJLoJN8LoR1tj1LmFeXgd4XlK22fx_z5ThnR1DQ\",\"e\":\"AQAB\"}",                                  "eyJhbGciOiJQUzM4NCJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.hmo4tSPbaesAzRSYco1BW6nEXM"
     "PRapyLQzw25gl2h_hhH491jnjSktim_aS-vEMnffUPEZEIWuBtAXYtY2K3NpMP_5ANuUSfnB07TWTWYZ"
     "NY3Yb2j5U7QKQ_wNBAdLCm54EvpBvAYyV5-RYocwnxFVSRGyE0s64U4vLwRIRB5lu3RfSDT1HzBoYOyg"
     "5bMnMo2hIWzG92u5Cy0-f33d_NciSKog9qiXuXzmRcgpIujGbBdjQ_KTyD7tlSj-SLpf9uzBXXtxetlF"
     "B1Oassq0SgyZdzDGly0IMmiKcoWzzfhymBPSGxBRnvTqRG6eoZEQjGksPrZxaIqmMLA07ZDCglRw"                 },
    {"ES256",
     "{\"kty\":\"EC\",\"x\":\"Snghduiq2OblHbf3-utuY2Vt1RdnB0TID2M660rvK3M\",\"y\":\"rD9LUrMcALTEO"
     "w-xVvN-vD39-KLHxVvJP6qULQ-fygM\",\"crv\":\"P-256\"}",                                         "eyJhbGciOiJFUzI1NiJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.Hrr0S13Jtg9Zy9jlgevIbK9pYF"
     "t8sQV5qoNfbCGJRsU68CDixvlE87pgg4hj6GFee6L0AjorCCtq1PteJB1Itw"                                        },
    {"ES384",
     "{\"kty\":\"EC\",\"x\":\"-Gou74dT67eXDcceXgPJEtvM1macuoAVyykxfp3_z41yLVHBm5F8IFhg-wN09r6"
     "0\",\"y\":\"-6t-PsxMAY6bshi3Q9D9ZKAwBcUZtz_LiCm4hofoenxidSdB0OD4ug0OGKN3shOh\",\"crv\":"
     "\"P-384\"}",                                                                                  "eyJhbGciOiJFUzM4NCJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.K47h0OT916CJaa6VAONOdd8ZQo"
     "7KgFXXHhuYVA76daHuBN9x0R1EFgjxxy84XjNSaW2Hp26cztnAMuUEIdlVgLECryEYWAlASflPo5DYu1"
     "HUgBkNWMHL3U7EJNEsQB45"                                                                                                                       },
    {"ES512",
     "{\"kty\":\"EC\",\"x\":\"AOrgXZ7JW3alRzGmhhv2N6Iu_DhtKDLymFsoiE1a-IvDPW1aJZPkWmlxFQh4UHZ"
     "2moHTW41LUZELsHCdw5aQeMj2\",\"y\":\"AFbW4SmUlSr5E2rwuh_F5W5OmWASjS8ruzdWBPLLPxbceVLm"
     "_Mqgc3RDsE-8XZKw8eOunbkU7_P5KjJPEij-WciW\",\"crv\":\"P-521\"}",                               "eyJhbGciOiJFUzUxMiJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.ASTK8FWoZt4U52EXlbWvQg8chb"
     "tNmMTcc-wAwVbbGPINkCYCOVcD8C3BWqkT2vq328p20P8ZC_eAa6keFyXMipFLAP0DLc5EY_L4Q3padG"
     "EIv6YN_9Yve1VEMYJGGKE0jMpMfxZC37KtejdKDcDTyJq2eq6x-KHC5urAPjoVUZaSG1r2"                    },
    {"EdDSA",
     "{\"crv\":\"Ed25519\",\"x\":\"hSItZj4rc0BykdVV8CUQcUrOrlOyeo-Whk-5GOLWWoU\",\"kty\":\"OKP\"}", "eyJhbGciOiJFZERTQSJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.b4NgnM7YBBZon9VN6unFeHcVnT"
     "yHC0g9tLYYB4H_D0fKzltcDpHlbcGbqUEgaAqjKIcMtBOz9tYuUbxKyAehCg"},
    {"HS512",
     "{\"kty\":\"oct\",\"k\":\"06knh6DAXagzHcWRKJ621VW2OLU4ccdb_W8SPfI20tMIWkaGsYWDr5VgMS9bqp"
     "ixY1FsLwnFzj_lCMUYV1FHjw\"}",                                                                 "eyJhbGciOiJIUzUxMiJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.lfoq4m42NpULvJ_5bbwSd90ObQ"
     "SwMhuxc-CoLrtwjxwI2J5N-44gjSFG6Go7oKlnglrHSCf-IIT8ml9CZZyJEA"                                                                },
};
enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]) };

static enum keys_verdict check(arena *mem, const struct keys *keys, const char *alg, str token)
{
    struct signed_text what = {.algorithm = algorithm_find(str_from(alg)), .text = token};

    while (what.text.at[what.text.len - 1] != '.')
        what.text.len--;
    str encoded = str_skip(token, what.text.len--);
    assert_true(base64url_decode(mem, encoded, &what.signature));
    return keys_check(keys, &what);
}

static void a_key_takes_tokens_of_its_own_kind_only(void **state)
{
    arena *mem = arena_open();
    (void)state;

    for (size_t k = 0; k < VECTORS; k++) {
        str why;
        const struct keys *keys = keys_of(mem, str_from(vectors[k].jwk), false, &why);
        for (size_t t = 0; t < VECTORS; t++) {
            str token = str_from(vectors[t].token);
            bool rsa = strcmp(vectors[k].jwk, vectors[t].jwk) == 0;
            assert_int_equal(check(mem, keys, vectors[t].alg, token) == KEYS_ACCEPT, rsa);
            /* The algorithm that the key is for, and a signature by another. */
            if (k != t)
                assert_int_not_equal(check(mem, keys, vectors[k].alg, token), KEYS_ACCEPT);
        }
        keys_unref(&keys);
    }
    arena_close(&mem);
}

static void a_changed_signature_is_refused(void **state)
{
    arena *mem = arena_open();
    (void)state;

    for (size_t k = 0; k < VECTORS; k++) {
        str why, token = arena_copy(mem, str_from(vectors[k].token));
        const struct keys *keys = keys_of(mem, str_from(vectors[k].jwk), false, &why);
        char *bytes = (char *)(uintptr_t)token.at;
        for (size_t i = token.len - 20; i < token.len - 1; i++) {
            bytes[i] = bytes[i] == 'A' ? 'B' : 'A';
            assert_int_equal(check(mem, keys, vectors[k].alg, token), KEYS_REFUSE);
            bytes[i] = vectors[k].token[i];
        }
        assert_int_equal(check(mem, keys, vectors[k].alg, token), KEYS_ACCEPT);
        keys_unref(&keys);
    }
    arena_close(&mem);
}

static void a_key_id_is_honoured(void **state)
{
    static const char set[] =
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"" ZEROS "\"},"
        "{\"kty\":\"oct\",\"k\":\"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}";
    static const struct {
        const char *kid;
        enum keys_verdict want;
    } cases[] = {
        {NULL, KEYS_REFUSE},
        {"a",  KEYS_REFUSE},
        {"b",  KEYS_NONE  },
        {"",   KEYS_NONE  },
    };
    arena *mem = arena_open();
    str why;
    (void)state;

    const struct keys *keys = keys_of(mem, str_from(set), false, &why);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct signed_text what = {.algorithm = algorithm_find(STR("HS256")),
                                         .kid = str_from(cases[i].kid),
                                         .text = STR("x"),
                                         .signature = STR("y")};
        assert_int_equal(keys_check(keys, &what), cases[i].want);
    }
    keys_unref(&keys);
    arena_close(&mem);
}

static void base64url_has_one_spelling(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"",         true },
        {"AA",       true },
        {"AAA",      true },
        {"AAAA",     true },
        {"_-8",      true },
        {"A",        false},
        {"AAAAA",    false},
        {"AB",       false}, /* unused bits set */
        {"AAB",      false},
        {"AA==",     false},
        {"AA=",      false},
        {"+/8",      false},
        {"AA A",     false},
        {"AA\n",     false},
        {"AAA.",     false},
        {"\xC3\xA9", false},
    };
    arena *mem = arena_open();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str bytes;
        bool ok = base64url_decode(mem, str_from(cases[i].text), &bytes);
        assert_int_equal(ok, cases[i].ok);
        if (ok)
            assert_true(str_eq(base64url_encode(mem, bytes), str_from(cases[i].text)));
    }
    arena_close(&mem);
}

static void any_bytes_come_back(void **state)
{
    arena *mem = arena_open();
    char bytes[64];
    str back;
    (void)state;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 37 + 200);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        str text = base64url_encode(mem, (str){bytes, len});
        assert_true(base64url_decode(mem, text, &back));
        assert_true(str_eq(back, (str){bytes, len}));
    }
    arena_close(&mem);
}

#define EC_KEY                                                                                     \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\","                                             \
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","                                       \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}"

static void a_published_set_is_judged_before_it_is_taken(void **state)
{
    static const struct {
        const char *text;
        bool fine, any; /* any: it holds a key that verifies */
    } cases[] = {
        {"{\"keys\":[" EC_KEY "]}",                            true,  true },
        {"{\"keys\":[{\"kty\":\"AKP\"}," EC_KEY "]}",          true,  true },
        {"{\"keys\":[]}",                                      true,  false},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"" ZEROS "\"}]}", true,  false},
        {"{\"keys\":[{\"kty\":\"AKP\"}]}",                     true,  false},
        {"{\"keys\":[{}]}",                                    false, false},
        {"{\"keys\":[1]}",                                     false, false},
        {"{\"keys\":{}}",                                      false, false},
        {"{\"keys\":[],\"keys\":[]}",                          false, false},
        {"[]",                                                 false, false},
        {EC_KEY,                                               false, false},
        {"",                                                   false, false},
    };
    const struct config config = {
        .jwt_secret = {NULL, 0}
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct key_set set = {.is_wanted = true, .text = str_from(cases[i].text)};
        str why;
        if (key_set_check(set.text, &why) != cases[i].fine)
            fail_msg("%s", cases[i].text);
        if (!cases[i].fine)
            set.text = (str){NULL, 0};
        const struct keys *keys = keys_with_set(mem, &config, &set, &why);
        assert_int_equal(keys_any(keys), cases[i].any);
        assert_int_equal(keys_wait(keys), !cases[i].fine);
        keys_unref(&keys);
        arena_close(&mem);
    }
}

static void a_token_of_an_unknown_key_is_noted_once(void **state)
{
    const struct config config = {
        .jwt_secret = {NULL, 0}
    };
    const struct key_set set = {.is_wanted = true, .text = STR("{\"keys\":[" EC_KEY "]}")};
    struct signed_text what = {.algorithm = algorithm_find(STR("ES256")), .kid = STR("1")};
    arena *mem = arena_open();
    str why;
    const struct keys *keys = keys_with_set(mem, &config, &set, &why);

    (void)state;
    assert_int_equal(keys_check(keys, &what), KEYS_REFUSE);
    assert_false(keys_take_missed(keys));
    what.kid = STR("2");
    assert_int_equal(keys_check(keys, &what), KEYS_NONE);
    assert_true(keys_take_missed(keys));
    assert_false(keys_take_missed(keys));
    keys_unref(&keys);
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_long_enough_or_the_start_is_refused),
        cmocka_unit_test(a_json_web_key_is_of_use_or_the_start_is_refused),
        cmocka_unit_test(an_audience_is_a_text_or_a_uri),
        cmocka_unit_test(no_secret_is_possible),
        cmocka_unit_test(the_mac_is_hmac_sha_256),
        cmocka_unit_test(a_key_takes_tokens_of_its_own_kind_only),
        cmocka_unit_test(a_changed_signature_is_refused),
        cmocka_unit_test(a_key_id_is_honoured),
        cmocka_unit_test(base64url_has_one_spelling),
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(a_published_set_is_judged_before_it_is_taken),
        cmocka_unit_test(a_token_of_an_unknown_key_is_noted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
