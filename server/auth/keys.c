/* Reads the secret of the settings, in each form it may have, into a set of keys; see keys.h. */
#include "auth/keys.h"

#include <ctype.h>
#include <jansson.h>
#include <stdatomic.h>

#include "auth/base64.h"
#include "auth/key.h"
#include "auth/role_path.h"

struct keys {
    atomic_int refs;
    atomic_bool missed; /* a token named a key that is not here */
    bool waits;         /* for a fetched set that has not come yet */
    arena *mem;         /* holds this too */
    int count;
    const struct key *keys[KEYS_MAX];
    const struct role_path *role_path;
};

static void add_secret(struct keys *keys, str secret, str *why)
{
    if (secret.len < SECRET_MIN)
        *why = arena_printf(keys->mem, "JWT_SECRET has %zu bytes; it must have at least %d.",
                            secret.len, SECRET_MIN);
    else
        keys->keys[keys->count++] = key_of_secret(keys->mem, secret);
}

static void add_jwk(struct keys *keys, const json_t *jwk, str *why)
{
    str flaw;
    const struct key *key = key_of_jwk(keys->mem, jwk, &flaw);

    if (key == NULL)
        *why = arena_printf(keys->mem, "JWT_SECRET is a JSON Web Key that %.*s.", STR_ARG(flaw));
    else
        keys->keys[keys->count++] = key;
}

/* RFC 7517, 5: a key of a kind that is not known here is passed over. */
static void add_set(struct keys *keys, const json_t *set, str *why)
{
    const json_t *jwk;
    size_t i;
    str flaw = STR("there is none in it");

    if (json_array_size(set) > KEYS_MAX) {
        *why = arena_printf(keys->mem,
                            "JWT_SECRET is a JSON Web Key Set of %zu keys; %d are the most.",
                            json_array_size(set), KEYS_MAX);
        return;
    }
    json_array_foreach(set, i, jwk)
    {
        str no;
        const struct key *key = key_of_jwk(keys->mem, jwk, &no);
        if (key != NULL)
            keys->keys[keys->count++] = key;
        else
            flaw = arena_printf(keys->mem, "key %zu %.*s", i + 1, STR_ARG(no));
    }
    if (keys->count == 0)
        *why =
            arena_printf(keys->mem, "JWT_SECRET is a JSON Web Key Set without a usable key: %.*s.",
                         STR_ARG(flaw));
}

/* What is published for everybody is no secret, so a shared key in it verifies nothing. Others of
 * its keys that cannot be used here are passed over, as in any set. */
static void add_fetched(struct keys *keys, str text)
{
    json_t *json = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL), *jwk;
    size_t i;
    str no;

    json_array_foreach(json_object_get(json, "keys"), i, jwk)
    {
        const struct key *key = key_of_jwk(keys->mem, jwk, &no);
        if (key != NULL && !key_is_shared(key) && keys->count < KEYS_MAX)
            keys->keys[keys->count++] = key;
    }
    json_decref(json);
}

bool key_set_check(str text, str *why)
{
    json_t *json = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL), *jwk;
    const json_t *set = json_object_get(json, "keys");
    size_t i;

    *why = (str){NULL, 0};
    if (json == NULL || !json_is_array(set))
        *why = STR("it is not a JSON Web Key Set");
    else if (json_array_size(set) > KEYS_MAX)
        *why = STR("it has too many keys");
    json_array_foreach(set, i, jwk)
    {
        if (!json_is_string(json_object_get(jwk, "kty")))
            *why = STR("one of its keys has no \"kty\"");
    }
    json_decref(json);
    return why->at == NULL;
}

static void add_json(struct keys *keys, str text, str *why)
{
    json_error_t error;
    json_t *json = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &error);
    const json_t *set = json_object_get(json, "keys");

    if (json == NULL)
        *why =
            arena_printf(keys->mem, "JWT_SECRET starts as JSON does, but is none: %s.", error.text);
    else if (json_is_array(set))
        add_set(keys, set, why);
    else
        add_jwk(keys, json, why);
    json_decref(json);
}

static void read_keys(struct keys *keys, const struct config *config, str *why)
{
    str secret = config->jwt_secret;

    if (config->jwt_secret_is_base64 && !base64_decode(keys->mem, secret, &secret))
        *why = STR("JWT_SECRET is not base64, as JWT_SECRET_IS_BASE64 says.");
    else if (str_starts(secret, STR("{")))
        add_json(keys, secret, why);
    else
        add_secret(keys, secret, why);
}

static size_t hex_digits(str text)
{
    size_t count = 0;
    while (count < text.len && isxdigit((unsigned char)text.at[count]))
        count++;
    return count;
}

/* RFC 7519, 2: a StringOrURI with a colon in it is a URI: a scheme, and no byte beyond RFC 3986. */
static bool is_audience(str text)
{
    long colon = str_find(text, ':');

    if (colon < 0)
        return true;
    bool ok = colon > 0 && isalpha((unsigned char)text.at[0]);
    for (long i = 0; ok && i < colon; i++)
        ok = isalnum((unsigned char)text.at[i]) || str_find(STR("+-."), text.at[i]) >= 0;
    for (size_t i = (size_t)colon; ok && i < text.len; i++)
        ok = text.at[i] == '%' ? hex_digits(str_skip(text, i + 1)) >= 2
                               : isalnum((unsigned char)text.at[i]) ||
                                     str_find(STR("-._~:/?#[]@!$&'()*+,;="), text.at[i]) >= 0;
    return ok;
}

const struct keys *keys_new(arena *mem, const struct config *config, str *why)
{
    static const struct key_set none = {.is_wanted = false};
    return keys_with_set(mem, config, &none, why);
}

const struct keys *keys_with_set(arena *mem, const struct config *config, const struct key_set *set,
                                 str *why)
{
    arena *own = arena_open();
    struct keys *keys = arena_new(own, struct keys);

    *why = (str){NULL, 0};
    keys->refs = 1;
    keys->mem = own;
    keys->role_path = role_path_parse(own, config->jwt_role_claim_key, why);
    if (why->at == NULL && !is_audience(config->jwt_aud))
        *why = STR("JWT_AUD is not valid: jwt-aud should be a string or a valid URI.");
    if (why->at == NULL && config->jwt_secret.at != NULL)
        read_keys(keys, config, why);
    if (why->at == NULL && set->text.at != NULL)
        add_fetched(keys, set->text);
    keys->waits = set->is_wanted && set->text.at == NULL;
    if (why->at == NULL && str_eq(config->auth, STR("builtin")) && keys_secret(keys).at == NULL)
        *why = STR("AUTH=builtin signs tokens: JWT_SECRET must hold an HS256 secret.");
    if (why->at == NULL)
        return keys;
    *why = arena_copy(mem, *why);
    arena_close(&own);
    return NULL;
}

const struct keys *keys_ref(const struct keys *keys)
{
    atomic_fetch_add_explicit(&((struct keys *)(uintptr_t)keys)->refs, 1, memory_order_relaxed);
    return keys;
}

void keys_unref(const struct keys **keys)
{
    struct keys *last = (struct keys *)(uintptr_t)*keys;

    *keys = NULL;
    if (last == NULL || atomic_fetch_sub(&last->refs, 1) != 1)
        return;
    arena *mem = last->mem;
    arena_close(&mem);
}

bool keys_any(const struct keys *keys)
{
    return keys->count > 0;
}

bool keys_wait(const struct keys *keys)
{
    return keys->waits;
}

bool keys_take_missed(const struct keys *keys)
{
    struct keys *own = (struct keys *)(uintptr_t)keys;
    return atomic_load_explicit(&own->missed, memory_order_relaxed) &&
           atomic_exchange(&own->missed, false);
}

static void note_missed(const struct keys *keys)
{
    struct keys *own = (struct keys *)(uintptr_t)keys;

    if (!atomic_load_explicit(&own->missed, memory_order_relaxed))
        atomic_store(&own->missed, true);
}

str keys_secret(const struct keys *keys)
{
    for (int i = 0; i < keys->count; i++) {
        str secret = key_secret(keys->keys[i]);
        if (secret.at != NULL)
            return secret;
    }
    return (str){NULL, 0};
}

const struct role_path *keys_role_path(const struct keys *keys)
{
    return keys->role_path;
}

enum keys_verdict keys_check(const struct keys *keys, const struct signed_text *what)
{
    enum keys_verdict verdict = KEYS_NONE;

    for (int i = 0; i < keys->count; i++) {
        if (!key_fits(keys->keys[i], what->algorithm, what->kid))
            continue;
        verdict = KEYS_REFUSE;
        if (key_verify(keys->keys[i], what->algorithm, what->text, what->signature))
            return KEYS_ACCEPT;
    }
    if (verdict == KEYS_NONE)
        note_missed(keys);
    return verdict;
}
