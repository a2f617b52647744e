/* See api_key.h. */
#include "auth/api_key.h"

#include <jansson.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "auth/base64.h"
#include "auth/claims_json.h"
#include "auth/payload.h"
#include "base/clock.h"

enum { CHANCE_BYTES = 16, SUM_BYTES = 6, ROW_BYTES_MAX = 128 };

struct api_key {
    unsigned char hash[API_KEY_HASH_BYTES];
    str id;
    const struct claims *claims;
    _Atomic int64_t used; /* seconds since the epoch; 0: never */
    int64_t told;         /* the last that api_keys_take_used has said */
};

struct api_keys {
    atomic_int refs;
    arena *mem;   /* holds this too */
    bool managed; /* there is or was a key: unknown ones are refused */
    int count;
    struct api_key *keys; /* by their hash */
};

static const str prefixes[] = {
    [API_KEY_PUBLISHABLE] = STR_ROW("sb_publishable_"), [API_KEY_SECRET] = STR_ROW("sb_secret_")};

bool api_key_looks(str text)
{
    return str_starts(text, prefixes[API_KEY_PUBLISHABLE]) ||
           str_starts(text, prefixes[API_KEY_SECRET]);
}

void api_key_hash(str key, unsigned char hash[API_KEY_HASH_BYTES])
{
    SHA256((const unsigned char *)key.at, key.len, hash);
}

/* ---- the set ---- */

static void drop_claims(void *arg)
{
    const struct claims *claims = arg;
    claims_unref(&claims);
}

/* Only who is somebody has a name in the claims: the anonymous may share their transactions. */
static const struct claims *claims_of(arena *mem, const struct config *config, str id, str role)
{
    bool anonymous = str_eq(role, config->db_anon_role);
    str named = anonymous ? STR("{}") : arena_printf(mem, "{\"key_id\":\"%.*s\"}", STR_ARG(id));
    struct claims *claims = claims_new(role, STR(""), claims_json_with_role(mem, named, role), 0);

    claims->anonymous = anonymous;
    arena_on_death(mem, drop_claims, claims);
    return claims;
}

static str member(const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    return (str){json_string_value(value), json_string_length(value)};
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool read_hash(str hex, unsigned char hash[API_KEY_HASH_BYTES])
{
    if (hex.len != 2 * (size_t)API_KEY_HASH_BYTES)
        return false;
    for (size_t i = 0; i < API_KEY_HASH_BYTES; i++) {
        int high = hex_digit(hex.at[2 * i]), low = hex_digit(hex.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        hash[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static void add(struct api_keys *keys, const struct config *config, const json_t *row)
{
    struct api_key *key = &keys->keys[keys->count];
    str role = member(row, "role"), id = member(row, "id");

    if (role.at == NULL || id.at == NULL || !payload_allows_role(config, role) ||
        !read_hash(member(row, "hash"), key->hash))
        return;
    key->id = arena_copy(keys->mem, id);
    key->claims = claims_of(keys->mem, config, id, role);
    keys->count++;
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, API_KEY_HASH_BYTES); /* the hash is their first member */
}

static void add_all(struct api_keys *keys, const struct config *config, const json_t *all)
{
    const json_t *rows = json_object_get(all, "keys"), *row;
    size_t i, count = json_array_size(rows);

    keys->managed = json_is_true(json_object_get(all, "any"));
    keys->keys =
        arena_array(keys->mem, struct api_key, (count < API_KEYS_MAX ? count : API_KEYS_MAX) + 1);
    json_array_foreach(rows, i, row)
    {
        if (keys->count < API_KEYS_MAX)
            add(keys, config, row);
    }
    qsort(keys->keys, (size_t)keys->count, sizeof(struct api_key), by_hash);
}

const struct api_keys *api_keys_read(const struct config *config, str json, str *why)
{
    arena *own = arena_open();
    struct api_keys *keys = arena_new(own, struct api_keys);

    *keys = (struct api_keys){.refs = 1, .mem = own};
    if (json.at == NULL)
        return keys;
    json_t *all = json_loadb(json.at, json.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(all)) {
        add_all(keys, config, all);
        json_decref(all);
        return keys;
    }
    *why = STR("postern.read_api_keys() answers something else than keys");
    json_decref(all);
    arena_close(&own);
    return NULL;
}

const struct api_keys *api_keys_ref(const struct api_keys *keys)
{
    atomic_fetch_add_explicit(&((struct api_keys *)(uintptr_t)keys)->refs, 1, memory_order_relaxed);
    return keys;
}

void api_keys_unref(const struct api_keys **keys)
{
    struct api_keys *last = (struct api_keys *)(uintptr_t)*keys;

    *keys = NULL;
    if (last == NULL || atomic_fetch_sub(&last->refs, 1) != 1)
        return;
    arena *mem = last->mem;
    arena_close(&mem);
}

static struct api_key *find(const struct api_keys *keys, const unsigned char *hash)
{
    return bsearch(hash, keys->keys, (size_t)keys->count, sizeof(struct api_key), by_hash);
}

bool api_keys_have(const struct api_keys *keys, const unsigned char hash[API_KEY_HASH_BYTES])
{
    return !keys->managed || (keys->count > 0 && find(keys, hash) != NULL);
}

/* ---- a request ---- */

static const struct fail *refuse(arena *mem, const char *message, str hint)
{
    struct fail *fail = token_fail(mem, FAIL_BAD_TOKEN, message);
    fail->hint = hint;
    return fail;
}

/* Every browser's begins so, and no library's for servers. */
static bool is_browser(str user_agent)
{
    return memmem(user_agent.at == NULL ? "" : user_agent.at, user_agent.len, "Mozilla/",
                  strlen("Mozilla/")) != NULL;
}

const struct fail *api_key_find(arena *mem, const struct api_keys *keys,
                                const struct api_key_use *use, const struct claims **claims)
{
    unsigned char hash[API_KEY_HASH_BYTES];
    bool is_secret = str_starts(use->key, prefixes[API_KEY_SECRET]);

    *claims = NULL;
    if (is_secret && is_browser(use->user_agent))
        return refuse(mem, "Forbidden use of secret API key in browser",
                      STR("Everybody who sees the page can read it: revoke it, and give the page "
                          "a publishable key"));
    if (!is_secret && !keys->managed)
        return NULL;
    api_key_hash(use->key, hash);
    struct api_key *key = keys->count == 0 ? NULL : find(keys, hash);
    if (key == NULL)
        return refuse(mem, "Invalid API key",
                      STR("It is unknown or revoked; postern key list shows those that are good"));
    atomic_store_explicit(&key->used, clock_now(), memory_order_relaxed);
    *claims = key->claims;
    return NULL;
}

/* ---- when they were used ---- */

str api_keys_take_used(arena *mem, const struct api_keys *keys)
{
    struct buf list;

    buf_init(&list, mem, (size_t)ROW_BYTES_MAX * API_KEYS_MAX);
    for (int i = 0; i < keys->count; i++) {
        struct api_key *key = &keys->keys[i];
        int64_t used = atomic_load_explicit(&key->used, memory_order_relaxed);
        if (used == key->told)
            continue;
        key->told = used;
        buf_put(&list, list.len == 0 ? STR("[") : STR(","));
        buf_printf(&list, "{\"id\":\"%.*s\",\"at\":%lld}", STR_ARG(key->id), (long long)used);
    }
    if (list.len == 0)
        return (str){NULL, 0};
    buf_putc(&list, ']');
    return buf_str(&list);
}

void api_keys_remember(const struct api_keys *keys, const struct api_keys *before)
{
    for (int i = 0; i < before->count; i++) {
        struct api_key *old = &before->keys[i],
                       *key = keys->count == 0 ? NULL : find(keys, old->hash);
        if (key == NULL)
            continue;
        atomic_store_explicit(&key->used, atomic_load(&old->used), memory_order_relaxed);
        key->told = old->told;
    }
}

/* ---- a new one ---- */

str api_key_make(arena *mem, enum api_key_kind kind)
{
    unsigned char hash[API_KEY_HASH_BYTES];
    char chance[CHANCE_BYTES];

    if (getrandom(chance, sizeof(chance), 0) != sizeof(chance))
        return (str){NULL, 0};
    str body = arena_printf(mem, "%.*s%.*s", STR_ARG(prefixes[kind]),
                            STR_ARG(base64url_encode(mem, (str){chance, sizeof(chance)})));
    api_key_hash(body, hash);
    str sum = base64url_encode(mem, (str){(const char *)hash, SUM_BYTES});
    return arena_printf(mem, "%.*s_%.*s", STR_ARG(body), STR_ARG(sum));
}
