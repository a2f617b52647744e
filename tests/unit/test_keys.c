/* server/auth/keys.c and base64.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/base64.h"
#include "auth/keys.h"

static const struct keys *keys_of(arena *mem, str secret, bool is_base64, str *why)
{
    struct config config = {.jwt_secret = secret, .jwt_secret_is_base64 = is_base64, .mem = mem};
    *why = (str){NULL, 0};
    return keys_new(mem, &config, why);
}

static void a_secret_is_long_enough_or_the_start_is_refused(void **state)
{
    static const struct {
        const char *secret;
        bool is_base64;
        const char *why; /* NULL: taken */
    } cases[] = {
        {"0123456789abcdef0123456789abcdef",                     false, NULL                                               },
        {"0123456789abcdef0123456789abcde",                      false,
         "JWT_SECRET has 31 bytes; it must have at least 32."                                                              },
        {"",                                                     false, "JWT_SECRET has 0 bytes; it must have at least 32."},
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",         true,  NULL                                               },
        {"+/+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",          true,  NULL                                               },
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",             true,
         "JWT_SECRET has 30 bytes; it must have at least 32."                                                              },
        {"not base64 at all, not base64 at all",                 true,
         "JWT_SECRET is not base64, as JWT_SECRET_IS_BASE64 says."                                                         },
        {"{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAA\"}", false,
         "JWT_SECRET is a JSON Web Key; only the text of an HS256 secret is supported."                                    },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        str why;
        const struct keys *keys = keys_of(mem, str_from(cases[i].secret), cases[i].is_base64, &why);
        assert_int_equal(keys == NULL, cases[i].why != NULL);
        assert_true(str_eq(why, str_from(cases[i].why)));
        if (keys != NULL)
            assert_true(keys_any(keys));
        arena_close(&mem);
    }
}

static void no_secret_is_possible(void **state)
{
    arena *mem = arena_open();
    str why;
    (void)state;

    const struct keys *keys = keys_of(mem, (str){NULL, 0}, false, &why);
    assert_non_null(keys);
    assert_false(keys_any(keys));
    arena_close(&mem);
}

/* RFC 4231, test case 6 has a key of 131 bytes, longer than a block. */
static void the_mac_is_hmac_sha_256(void **state)
{
    static const unsigned char want[MAC_BYTES] = {0x60, 0xe4, 0x31, 0x59, 0x1e, 0xe0, 0xb6, 0x7f,
                                                  0x0d, 0x8a, 0x26, 0xaa, 0xcb, 0xf5, 0xb7, 0x7f,
                                                  0x8e, 0x0b, 0xc6, 0x21, 0x37, 0x28, 0xc5, 0x14,
                                                  0x05, 0x46, 0x04, 0x0f, 0x0e, 0xe3, 0x7f, 0x54};
    arena *mem = arena_open();
    char key[131];
    unsigned char mac[MAC_BYTES];
    str why;
    (void)state;

    memset(key, 0xaa, sizeof(key));
    const struct keys *keys = keys_of(mem, (str){key, sizeof(key)}, false, &why);
    for (int again = 0; again < 3; again++) { /* the keyed context is not used up */
        memset(mac, 0, sizeof(mac));
        keys_mac(keys, STR("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
        assert_memory_equal(mac, want, MAC_BYTES);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_long_enough_or_the_start_is_refused),
        cmocka_unit_test(no_secret_is_possible),
        cmocka_unit_test(the_mac_is_hmac_sha_256),
        cmocka_unit_test(base64url_has_one_spelling),
        cmocka_unit_test(any_bytes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
