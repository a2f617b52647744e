/* server/auth/token.c and payload.c */
#include "token_bench.h"

#include "auth/payload.h"

#define CRYPTO "JWT cryptographic operation failed"
#define NO_KEY "No suitable key or wrong key type"

/* The message of the failure, or "" when the token is good. */
static str verify(struct bench *bench, str token, const char **code)
{
    const struct claims *claims = NULL;
    const struct fail *fail = token_verify(bench->mem, &bench->config, bench->keys, token, &claims);

    *code = fail == NULL ? "" : fail->code;
    claims_unref(&claims);
    if (fail != NULL && fail->kind != FAIL_NO_SECRET) {
        assert_int_equal(fail->status, 401);
        assert_true(str_starts(fail->authenticate, STR("Bearer")));
    }
    return fail == NULL ? STR("") : fail->message;
}

static void the_header_must_say_hs256_to_the_letter(void **state)
{
    static const struct {
        const char *header, *want;
    } cases[] = {
        {HS256,                                                                   ""                                       },
        {"{\"alg\":\"HS256\"}",                                                   ""                                       },
        {"{\"typ\":\"at+jwt\",\"alg\":\"HS256\"}",                                ""                                       },
        {"{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}",                        ""                                       },
        {"{\"alg\":\"HS256\",\"kid\":\"' or 1=1 --\"}",                           ""                                       },
        {"{\"alg\":\"HS256\",\"kid\":7}",                                         CRYPTO                                   },
        {"{\"alg\":\"HS256\",\"jku\":\"http://evil/\",\"x5u\":\"http://evil/\"}", ""                                       },
        {"{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}",          ""                                       },
        {"{\"alg\":\"none\"}",                                                    "Wrong or unsupported encoding algorithm"},
        {"{}",                                                                    CRYPTO                                   },
        {"{\"alg\":null}",                                                        CRYPTO                                   },
        {"{\"alg\":256}",                                                         CRYPTO                                   },
        {"{\"alg\":[\"HS256\"]}",                                                 CRYPTO                                   },
        {"{\"alg\":\"None\"}",                                                    CRYPTO                                   },
        {"{\"alg\":\"nOnE\"}",                                                    CRYPTO                                   },
        {"{\"alg\":\"\"}",                                                        CRYPTO                                   },
        {"{\"alg\":\"hs256\"}",                                                   CRYPTO                                   },
        {"{\"alg\":\"HS256 \"}",                                                  CRYPTO                                   },
        {"{\"alg\":\"HS384\"}",                                                   NO_KEY                                   },
        {"{\"alg\":\"HS512\"}",                                                   NO_KEY                                   },
        {"{\"alg\":\"RS256\"}",                                                   NO_KEY                                   },
        {"{\"alg\":\"ES256\"}",                                                   NO_KEY                                   },
        {"{\"alg\":\"PS256\"}",                                                   NO_KEY                                   },
        {"{\"alg\":\"EdDSA\"}",                                                   NO_KEY                                   },
        {"{\"alg\":\"HS256\",\"alg\":\"none\"}",                                  CRYPTO                                   },
        {"{\"alg\":\"none\",\"alg\":\"HS256\"}",                                  CRYPTO                                   },
        {"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",                                CRYPTO                                   },
        {"{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}",                  CRYPTO                                   },
        {"{\"alg\":\"HS256\",\"crit\":null}",                                     CRYPTO                                   },
        {"[\"alg\",\"HS256\"]",                                                   CRYPTO                                   },
        {"\"HS256\"",                                                             CRYPTO                                   },
        {"{\"alg\":\"HS256\"",                                                    CRYPTO                                   },
        {"{\"alg\":\"HS256\"} x",                                                 CRYPTO                                   },
        {"",                                                                      CRYPTO                                   },
    };
    const char *code;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_answer(verify(*state, sign(*state, str_from(cases[i].header), STR(USER)), &code),
                      cases[i].want, cases[i].header);
    assert_answer(
        verify(*state, sign(*state, (str){"{\"alg\":\"HS256\0\"}", 16}, STR(USER)), &code), CRYPTO,
        "a NUL in alg");
}

static void a_token_has_three_parts_in_one_spelling(void **state)
{
    struct bench *bench = *state;
    str good = sign(bench, STR(HS256), STR(USER));
    str head = {good.at, good.len - 44}; /* without ".signature" */
    str cut = {good.at, good.len - 3};
    const struct {
        str token;
        const char *want;
    } cases[] = {
        {good,                             ""                                         },
        {STR(""),                          "Empty JWT is sent in Authorization header"},
        {STR("x"),                         "Expected 3 parts in JWT; got 1"           },
        {head,                             "Expected 3 parts in JWT; got 2"           },
        {arena_printf(bench->mem,          "%.*s.AAAA.AAAA",                            STR_ARG(good)),
         "Expected 3 parts in JWT; got 5"},
        {arena_printf(bench->mem, "%.*s.",                                            STR_ARG(good)), "Expected 3 parts in JWT; got 4"},
        {arena_printf(bench->mem,                         "%.*s.",           STR_ARG(head)), NO_KEY},
        {arena_printf(bench->mem,                                "%.*s=",                                                     STR_ARG(good)), CRYPTO},
        {arena_printf(bench->mem,                  "%.*s ",                                             STR_ARG(good)), CRYPTO},
        {arena_printf(bench->mem,          "%.*sAAAA",               STR_ARG(good)), NO_KEY},
        {cut,                          NO_KEY                                                                    },
        {arena_printf(bench->mem,        " %.*s",STR_ARG(good)), CRYPTO},
        {STR(".."),                                CRYPTO                                                    },
        {STR("..."),                  "Expected 3 parts in JWT; got 4"                                        },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *code;
        assert_answer(verify(bench, cases[i].token, &code), cases[i].want, "parts");
        assert_string_equal(code, cases[i].want[0] == '\0' ? "" : "PGRST301");
    }
}

static void a_changed_byte_anywhere_is_refused(void **state)
{
    struct bench *bench = *state;
    str good = sign(bench, STR(HS256), STR(USER));
    char *token = h2o_mem_alloc_pool(bench->mem, good.len);
    const char *code;

    for (size_t i = 0; i < good.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(token, good.at, good.len);
            token[i] = (char)(token[i] ^ 1 << bit);
            assert_true(verify(bench, (str){token, good.len}, &code).len > 0);
        }
}

static void the_key_is_the_servers(void **state)
{
    static const char *const secrets[] = {
        "another-secret-that-is-long-enough-too",
        "a-secret-for-tests-only-that-is-long-enougH",
        "-----BEGIN PUBLIC KEY-----MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE-----END PUBLIC KEY-----",
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        struct bench other = *bench;
        const char *code;
        str why;
        other.config.jwt_secret = str_from(secrets[i]);
        other.keys = keys_new(bench->mem, &other.config, &why);
        assert_answer(verify(bench, sign(&other, STR(HS256), STR(USER)), &code), NO_KEY,
                      secrets[i]);
        keys_unref(&other.keys);
    }
}

static void without_a_secret_every_token_is_refused(void **state)
{
    struct bench *bench = *state, bare = *bench;
    const char *code;
    str why;

    bare.config.jwt_secret = (str){NULL, 0};
    bare.keys = keys_new(bench->mem, &bare.config, &why);
    assert_answer(verify(&bare, sign(bench, STR(HS256), STR(USER)), &code),
                  "Server lacks JWT secret", "no secret");
    assert_string_equal(code, "PGRST300");
    assert_null(token_mint(bench->mem, bare.keys, STR(USER)).at);
    keys_unref(&bare.keys);
}

static void long_tokens_are_refused(void **state)
{
    struct bench *bench = *state;
    char *name = h2o_mem_alloc_pool(bench->mem, 1 << 20);
    const char *code;

    memset(name, 'a', 1 << 20);
    str payload = arena_printf(bench->mem, "{\"role\":\"anon\",\"x\":\"%.*s\"}", 1 << 20, name);
    assert_answer(verify(bench, sign(bench, STR(HS256), payload), &code), "JWT is too long",
                  "a megabyte of claims");
}

/* The claims at a fixed time, so that every boundary can be hit to the second. */
enum { NOW = 1800000000 };

static const struct fail *read_payload(struct bench *bench, const char *json,
                                       const struct claims **claims)
{
    const struct payload payload = {.json = str_from(json),
                                    .config = &bench->config,
                                    .role_path = keys_role_path(bench->keys),
                                    .now = NOW};
    return payload_read(bench->mem, &payload, claims);
}

struct claim_case {
    const char *payload, *want; /* "" when it is accepted */
};

static void assert_claims(struct bench *bench, const struct claim_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct claims *claims = NULL;
        const struct fail *fail = read_payload(bench, cases[i].payload, &claims);
        assert_answer(fail == NULL ? STR("") : fail->message, cases[i].want, cases[i].payload);
        if (fail != NULL)
            assert_string_equal(fail->code, "PGRST303");
        claims_unref(&claims);
    }
}

#define EXP "JWT expired"
#define EXP_NUMBER "The JWT 'exp' claim must be a number"
#define NBF "JWT not yet valid"
#define IAT "JWT issued at future"

static void times_have_thirty_seconds_of_leeway(void **state)
{
    static const struct claim_case cases[] = {
        {"{\"exp\":1800000000}",           ""                                    },
        {"{\"exp\":1799999971}",           ""                                    }, /* now - 29 */
        {"{\"exp\":1799999970}",           EXP                                   }, /* now - 30: "on or after" */
        {"{\"exp\":1799999970.5}",         ""                                    },
        {"{\"exp\":1799999969}",           EXP                                   },
        {"{\"exp\":0}",                    EXP                                   },
        {"{\"exp\":-1}",                   EXP                                   },
        {"{\"exp\":-1e300}",               EXP                                   },
        {"{\"exp\":1e300}",                ""                                    },
        {"{\"exp\":99999999999999999999}", ""                                    },
        {"{\"exp\":\"1900000000\"}",       EXP_NUMBER                            },
        {"{\"exp\":true}",                 EXP_NUMBER                            },
        {"{\"exp\":null}",                 EXP_NUMBER                            },
        {"{\"exp\":[1900000000]}",         EXP_NUMBER                            },
        {"{\"nbf\":1800000030}",           ""                                    },
        {"{\"nbf\":1800000031}",           NBF                                   },
        {"{\"nbf\":1e300}",                NBF                                   },
        {"{\"nbf\":\"x\"}",                "The JWT 'nbf' claim must be a number"},
        {"{\"iat\":1800000030}",           ""                                    },
        {"{\"iat\":1800000031}",           IAT                                   },
        {"{\"iat\":{}}",                   "The JWT 'iat' claim must be a number"},
        {"{\"exp\":1,\"nbf\":1900000000}", EXP                                   }, /* the first that fails is named */
    };
    assert_claims(*state, cases, sizeof(cases) / sizeof(cases[0]));
}

static void the_audience_is_ours_if_it_is_named(void **state)
{
    static const struct claim_case cases[] = {
        {"{}",                                  ""                                                           },
        {"{\"aud\":null}",                      ""                                                           },
        {"{\"aud\":[]}",                        ""                                                           },
        {"{\"aud\":\"authenticated\"}",         ""                                                           },
        {"{\"aud\":[\"x\",\"authenticated\"]}", ""                                                           },
        {"{\"aud\":\"Authenticated\"}",         "JWT not in audience"                                        },
        {"{\"aud\":\"\"}",                      "JWT not in audience"                                        },
        {"{\"aud\":[\"x\"]}",                   "JWT not in audience"                                        },
        {"{\"aud\":7}",                         "The JWT 'aud' claim must be a string or an array of strings"},
        {"{\"aud\":[\"authenticated\",7]}",
         "The JWT 'aud' claim must be a string or an array of strings"                                       },
    };
    struct bench bench = *(struct bench *)*state;
    bench.config.jwt_aud = STR("authenticated");
    assert_claims(&bench, cases, sizeof(cases) / sizeof(cases[0]));

    static const struct claim_case any[] = {
        {"{\"aud\":\"anything\"}", ""                                                           },
        {"{\"aud\":7}",            "The JWT 'aud' claim must be a string or an array of strings"},
    };
    assert_claims(*state, any, sizeof(any) / sizeof(any[0]));
}

#define NOT_ALLOWED "The JWT 'role' claim is not allowed"
#define NOT_TEXT "The JWT 'role' claim must be a string"

static void a_role_is_one_of_the_allowed_ones(void **state)
{
    static const struct claim_case cases[] = {
        {"{\"role\":\"anon\"}",                                                             ""         },
        {"{\"role\":\"service_role\"}",                                                     ""         },
        {"{\"role\":\"\"}",                                                                 NOT_ALLOWED},
        {"{\"role\":\"none\"}",                                                             NOT_ALLOWED},
        {"{\"role\":\"NONE\"}",                                                             NOT_ALLOWED},
        {"{\"role\":\"postgres\"}",                                                         NOT_ALLOWED},
        {"{\"role\":\"authenticator\"}",                                                    NOT_ALLOWED},
        {"{\"role\":\"Authenticated\"}",                                                    NOT_ALLOWED},
        {"{\"role\":\"authenticated \"}",                                                   NOT_ALLOWED},
        {"{\"role\":\"authenticated,anon\"}",                                               NOT_ALLOWED},
        {"{\"role\":\"\\\"anon\\\"\"}",                                                     NOT_ALLOWED},
        {"{\"role\":\"an\xC3\xB6n\"}",                                                      NOT_ALLOWED},
        {"{\"role\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
         NOT_ALLOWED                                                                                   },
        {"{\"role\":null}",                                                                 NOT_TEXT   },
        {"{\"role\":7}",                                                                    NOT_TEXT   },
        {"{\"role\":[\"anon\"]}",                                                           NOT_TEXT   },
    };
    assert_claims(*state, cases, sizeof(cases) / sizeof(cases[0]));

    static const struct claim_case any[] = {
        {"{\"role\":\"web_user\"}",                                                         ""         },
        {"{\"role\":\"none\"}",                                                             NOT_ALLOWED},
        {"{\"role\":\"None\"}",                                                             NOT_ALLOWED},
        {"{\"role\":\"\"}",                                                                 NOT_ALLOWED},
        {"{\"role\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
         NOT_ALLOWED                                                                                   }, /* PostgreSQL would cut it to another name */
    };
    struct bench bench = *(struct bench *)*state;
    bench.config.db_allowed_roles = STR("*");
    bench.config.db_api_role = STR("postern_api");
    assert_claims(&bench, any, sizeof(any) / sizeof(any[0]));
}

static void claims_are_one_plain_object(void **state)
{
    static const struct claim_case cases[] = {
        {"{\"role\":\"anon\",\"role\":\"service_role\"}",       "Parsing claims failed"},
        {"{\"role\":\"anon\",\"r\\u006fle\":\"service_role\"}", "Parsing claims failed"},
        {"{\"a\":{\"b\":1,\"b\":2}}",                           "Parsing claims failed"},
        {"[]",                                                  "Parsing claims failed"},
        {"null",                                                "Parsing claims failed"},
        {"\"anon\"",                                            "Parsing claims failed"},
        {"",                                                    "Parsing claims failed"},
        {"{",                                                   "Parsing claims failed"},
        {"{} {}",                                               "Parsing claims failed"},
        {"{\"a\":\"\\u0000\"}",                                 "Parsing claims failed"},
        {"{\"a\":\"\xff\"}",                                    "Parsing claims failed"},
        {"{\"a\":\"\\ud800\"}",                                 "Parsing claims failed"},
        {" {\"role\" : \"anon\"} ",                             ""                     },
    };
    struct bench *bench = *state;
    assert_claims(bench, cases, sizeof(cases) / sizeof(cases[0]));

    struct buf deep; /* as deep as a token can be */
    buf_init(&deep, bench->mem, 1 << 16);
    buf_put(&deep, STR("{\"a\":"));
    for (int i = 0; i < 1000; i++)
        buf_putc(&deep, '[');
    for (int i = 0; i < 1000; i++)
        buf_putc(&deep, ']');
    buf_putc(&deep, '}');
    const struct claim_case nested = {arena_cstr(bench->mem, buf_str(&deep)),
                                      "Parsing claims failed"};
    assert_claims(bench, &nested, 1);
}

static void the_claims_are_passed_on_as_they_came(void **state)
{
    static const struct {
        const char *payload, *role, *subject, *json;
        int64_t expires;
        bool anonymous;
    } cases[] = {
        {"{ \"sub\":\"ada\",\"role\":\"authenticated\",\"exp\":1900000000.5,\"n\":1.50}",
         "authenticated",                                                                                  "ada",
         "{ \"sub\":\"ada\",\"role\":\"authenticated\",\"exp\":1900000000.5,\"n\":1.50}",                                                          1900000001,       false},
        {"{\"role\":\"anon\"}",                                                           "anon",          "",    "{\"role\":\"anon\"}",           0,                true },
        {"{\"sub\":7}",                                                                   "anon",          "",    "{\"role\":\"anon\",\"sub\":7}", 0,                true },
        {" { } ",                                                                         "anon",          "",    "{\"role\":\"anon\"}",           0,                true },
        {"{\"sub\":\"a\", \"x\":[1, 2]}",                                                 "anon",          "a",
         "{\"role\":\"anon\",\"sub\":\"a\",\"x\":[1, 2]}",                                                                                         0,                true },
        {"{\"role\":\"authenticated\",\"exp\":1e300}",                                    "authenticated", "",
         "{\"role\":\"authenticated\",\"exp\":1e300}",                                                                                             4000000000000000, false},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct claims *claims = NULL;
        assert_null(read_payload(bench, cases[i].payload, &claims));
        assert_answer(claims->role, cases[i].role, cases[i].payload);
        assert_answer(claims->subject, cases[i].subject, cases[i].payload);
        assert_answer(claims->json, cases[i].json, cases[i].payload);
        assert_true(claims->expires == cases[i].expires);
        assert_int_equal(claims->anonymous, cases[i].anonymous);
        claims_unref(&claims);
    }
}

static void what_is_minted_verifies(void **state)
{
    struct bench *bench = *state;
    const struct claims *claims = NULL;
    str token = token_mint(bench->mem, bench->keys, STR(USER));

    assert_null(token_verify(bench->mem, &bench->config, bench->keys, token, &claims));
    assert_answer(claims->subject, "ada", "subject");
    claims_unref(&claims);
    assert_null(token_mint(bench->mem, bench->keys, STR("no object")).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_header_must_say_hs256_to_the_letter),
        TEST(a_token_has_three_parts_in_one_spelling),
        TEST(a_changed_byte_anywhere_is_refused),
        TEST(the_key_is_the_servers),
        TEST(without_a_secret_every_token_is_refused),
        TEST(long_tokens_are_refused),
        TEST(times_have_thirty_seconds_of_leeway),
        TEST(the_audience_is_ours_if_it_is_named),
        TEST(a_role_is_one_of_the_allowed_ones),
        TEST(claims_are_one_plain_object),
        TEST(the_claims_are_passed_on_as_they_came),
        TEST(what_is_minted_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
