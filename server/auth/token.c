/* One token: its three parts, the algorithm, the signature; see token.h. What the claims say is
 * payload.c's. Signatures are checked with OpenSSL on loaded keys: libjwt takes the algorithm
 * from the token, and would have to be fenced by all that stands here; it mints. */
#include "auth/token.h"

#include <jansson.h>
#include <jwt.h>
#include <stdlib.h>

#include "auth/base64.h"
#include "auth/payload.h"
#include "base/clock.h"

struct parts {
    str header, payload, signature;
    str signed_text; /* header.payload */
};

static const struct fail *cut_parts(arena *mem, str token, struct parts *parts)
{
    str rest = token,
        part[3] =
            {
                {NULL, 0}
    },
        piece;
    int count = 0;

    for (; str_cut(&rest, '.', &piece); count++)
        if (count < 3)
            part[count] = piece;
    if (count != 3)
        return token_fail(mem, FAIL_BAD_TOKEN,
                          arena_printf(mem, "Expected 3 parts in JWT; got %d", count).at);
    *parts = (struct parts){
        part[0], part[1], part[2], {token.at, token.len - part[2].len - 1}
    };
    return NULL;
}

static const struct fail *bad_token(arena *mem, const char *message, str details)
{
    struct fail *fail = token_fail(mem, FAIL_BAD_TOKEN, message);
    fail->details = details;
    return fail;
}

/* PostgREST's word for whatever is not a token at all. */
static const struct fail *no_token(arena *mem)
{
    return bad_token(mem, "JWT cryptographic operation failed", (str){NULL, 0});
}

static str text_of(const json_t *string)
{
    return (str){json_string_value(string), json_string_length(string)};
}

/* What jku, x5u, jwk and typ say is not looked at: the key is ours, not the token's. crit names
 * extensions that must be understood (RFC 7515, 4.1.11), and none is. */
static const struct fail *check_header(arena *mem, const json_t *header, struct signed_text *what)
{
    const json_t *alg = json_object_get(header, "alg"), *kid = json_object_get(header, "kid");

    if (!json_is_string(alg) || json_object_get(header, "crit") != NULL ||
        (kid != NULL && !json_is_string(kid)))
        return no_token(mem);
    if (str_eq(text_of(alg), STR("none")))
        return bad_token(mem, "Wrong or unsupported encoding algorithm",
                         STR("JWT is unsecured but expected 'alg' was not 'none'"));
    what->algorithm = algorithm_find(text_of(alg));
    if (what->algorithm == NULL)
        return no_token(mem);
    if (kid != NULL)
        what->kid = arena_copy(mem, text_of(kid));
    return NULL;
}

static const struct fail *read_header(arena *mem, str encoded, struct signed_text *what)
{
    str text = STR("");

    /* jansson overlooks a NUL byte behind a number. */
    if (!base64url_decode(mem, encoded, &text) || str_find(text, '\0') >= 0)
        return no_token(mem);
    json_t *header = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    const struct fail *fail = check_header(mem, header, what);
    json_decref(header);
    return fail;
}

/* Not the client's fault, so it must not throw its session away. */
static const struct fail *keys_away(arena *mem)
{
    return fail_new(mem, FAIL_UNAVAILABLE,
                    "The keys that tokens are verified with are not there yet");
}

static const struct fail *check_signature(arena *mem, const struct keys *keys, str encoded,
                                          struct signed_text *what)
{
    static const char message[] = "No suitable key or wrong key type";

    if (!base64url_decode(mem, encoded, &what->signature))
        return no_token(mem);
    switch (keys_check(keys, what)) {
    case KEYS_ACCEPT:
        return NULL;
    case KEYS_NONE:
        if (keys_wait(keys))
            return keys_away(mem);
        return bad_token(mem, message, STR("No suitable key was found to decode the JWT"));
    case KEYS_REFUSE:
        break;
    }
    return bad_token(mem, message, STR("None of the keys was able to decode the JWT"));
}

const struct fail *token_verify(arena *mem, const struct config *config, const struct keys *keys,
                                str token, const struct claims **claims)
{
    struct parts parts = {
        .header = {NULL, 0}
    };
    struct signed_text what = {.algorithm = NULL};
    str payload = STR("");

    if (!keys_any(keys) && !keys_wait(keys))
        return fail_new(mem, FAIL_NO_SECRET, "Server lacks JWT secret");
    if (token.len == 0)
        return token_fail(mem, FAIL_BAD_TOKEN, "Empty JWT is sent in Authorization header");
    if (token.len > TOKEN_MAX)
        return token_fail(mem, FAIL_BAD_TOKEN, "JWT is too long");
    TRY(cut_parts(mem, token, &parts));
    TRY(read_header(mem, parts.header, &what));
    what.text = parts.signed_text;
    TRY(check_signature(mem, keys, parts.signature, &what));
    if (!base64url_decode(mem, parts.payload, &payload))
        return no_token(mem);
    const struct payload read = {
        .json = payload, .config = config, .role_path = keys_role_path(keys), .now = clock_now()};
    return payload_read(mem, &read, claims);
}

str token_mint(arena *mem, const struct keys *keys, str claims_json)
{
    const unsigned char *secret = (const unsigned char *)keys_secret(keys).at;
    str token = {NULL, 0};
    jwt_t *jwt = NULL;
    char *text = NULL;

    /* libjwt with a NULL key would make an unsigned token. */
    if (secret == NULL || jwt_new(&jwt) != 0)
        return token;
    if (jwt_add_grants_json(jwt, arena_cstr(mem, claims_json)) == 0 &&
        jwt_set_alg(jwt, JWT_ALG_HS256, secret, (int)keys_secret(keys).len) == 0)
        text = jwt_encode_str(jwt);
    if (text != NULL)
        token = arena_copy(mem, str_from(text));
    free(text);
    jwt_free(jwt);
    return token;
}
