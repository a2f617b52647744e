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

enum { CHANCE_BYTES = 16, SUM_BYTES = 6, ROW_BYTES_MAX = 128, TOLD_EVERY_S = 60 };

struct slot {
    unsigned char hash[API_KEY_HASH_BYTES];
    struct api_key key;
    _Atomic int64_t used; /* seconds since the epoch; 0: never */
    int64_t told;         /* the last that api_keys_take_used has said */
};

struct api_keys {
    atomic_int refs;
    arena *mem;    /* holds this too */
    bool managed;  /* there is or was a key: unknown ones are refused */
    bool counts;   /* usage */
    int64_t month; /* of what was spent */
    int count;
    struct slot *slots; /* by their hash */
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

static void put(json_t *object, const char *name, str value)
{
    if (name[0] != '\0' && value.at != NULL)
        json_object_set_new(object, name, json_stringn(value.at, value.len));
}

/* Only who is somebody has a name in the claims: the anonymous may share their transactions. The
 * tenant stands under the name that auth.tenant_id() reads, and under that of the settings. */
static str claims_json(arena *mem, const struct config *config, const struct api_key *key, str role)
{
    json_t *named = json_object();

    if (!str_eq(role, config->db_anon_role))
        put(named, "key_id", key->id);
    put(named, "tenant_id", key->tenant);
    put(named, arena_cstr(mem, config->tenant_claim), key->tenant);
    char *text = json_dumps(named, JSON_COMPACT);
    json_decref(named);
    if (text == NULL)
        abort();
    str json = claims_json_with_role(mem, str_from(text), role);
    free(text);
    return json;
}

static const struct claims *claims_of(arena *mem, const struct config *config,
                                      const struct api_key *key, str role)
{
    struct claims *claims = claims_new(role, STR(""), claims_json(mem, config, key, role), 0);

    claims_find_tenant(claims, STR("tenant_id"));
    claims->anonymous = str_eq(role, config->db_anon_role);
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

/* A scope that a newer database knows, and we do not, lets nothing in. */
static unsigned read_scopes(const json_t *list)
{
    unsigned scopes = SCOPE_NONE;
    const json_t *name;
    size_t i;

    if (!json_is_array(list))
        return SCOPE_ALL;
    json_array_foreach(list, i, name)
    {
        scopes |= scope_named((str){json_string_value(name), json_string_length(name)});
    }
    return scopes;
}

static int64_t number(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static str copy(arena *mem, str text)
{
    return text.at == NULL ? text : arena_copy(mem, text);
}

static void add(struct api_keys *keys, const struct config *config, const json_t *row)
{
    struct slot *slot = &keys->slots[keys->count];
    struct api_key *key = &slot->key;
    str role = member(row, "role"), id = member(row, "id");

    if (role.at == NULL || id.at == NULL || !payload_allows_role(config, role) ||
        !read_hash(member(row, "hash"), slot->hash))
        return;
    key->id = arena_copy(keys->mem, id);
    key->tenant = copy(keys->mem, member(row, "tenant"));
    key->plan = copy(keys->mem, member(row, "plan"));
    key->rate = number(row, "rate");
    key->quota = number(row, "quota");
    key->spent = number(row, "spent");
    key->spent_month = keys->month;
    key->scopes = read_scopes(json_object_get(row, "scopes"));
    key->expires = number(row, "expires");
    key->claims = claims_of(keys->mem, config, key, role);
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
    keys->counts = json_is_true(json_object_get(all, "usage"));
    keys->month = number(all, "month");
    keys->slots =
        arena_array(keys->mem, struct slot, (count < API_KEYS_MAX ? count : API_KEYS_MAX) + 1);
    json_array_foreach(rows, i, row)
    {
        if (keys->count < API_KEYS_MAX)
            add(keys, config, row);
    }
    qsort(keys->slots, (size_t)keys->count, sizeof(struct slot), by_hash);
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

static bool is_over(const struct api_key *key)
{
    return key->expires != 0 && key->expires <= clock_now();
}

/* NULL: unknown, revoked or expired. */
static struct slot *find(const struct api_keys *keys, const unsigned char *hash)
{
    if (keys->count == 0)
        return NULL;
    struct slot *slot =
        bsearch(hash, keys->slots, (size_t)keys->count, sizeof(struct slot), by_hash);
    return slot == NULL || is_over(&slot->key) ? NULL : slot;
}

bool api_keys_have(const struct api_keys *keys, const unsigned char hash[API_KEY_HASH_BYTES])
{
    return !keys->managed || find(keys, hash) != NULL;
}

bool api_keys_count_usage(const struct api_keys *keys)
{
    return keys->counts;
}

int64_t api_keys_next_end(const struct api_keys *keys)
{
    int64_t first = 0;

    for (int i = 0; i < keys->count; i++) {
        int64_t end = keys->slots[i].key.expires;
        if (end != 0 && (first == 0 || end < first))
            first = end;
    }
    return first;
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

/* Known to the last moment: a key that has expired is told apart from one that never was by nobody
 * but its owner, who has the list. */
static const struct fail *refuse_unknown(arena *mem)
{
    return refuse(mem, "Invalid API key",
                  STR("It is unknown, revoked or expired; postern key list shows those that are "
                      "good"));
}

static const struct fail *refuse_scope(arena *mem, const struct api_key *key, unsigned scope)
{
    struct fail *fail = fail_new(mem, FAIL_FORBIDDEN, "The API key is not for such a request");

    fail->hint = arena_printf(
        mem,
        "It takes the scope %.*s, and the key has %.*s; postern key create --scopes makes others",
        STR_ARG(scopes_text(mem, scope)), STR_ARG(scopes_text(mem, key->scopes)));
    return fail;
}

const struct fail *api_key_find(arena *mem, const struct api_keys *keys,
                                const struct api_key_use *use, const struct api_key **key)
{
    unsigned char hash[API_KEY_HASH_BYTES];
    bool is_secret = str_starts(use->key, prefixes[API_KEY_SECRET]);

    *key = NULL;
    if (is_secret && is_browser(use->user_agent))
        return refuse(mem, "Forbidden use of secret API key in browser",
                      STR("Everybody who sees the page can read it: revoke it, and give the page "
                          "a publishable key"));
    if (!is_secret && !keys->managed)
        return NULL;
    api_key_hash(use->key, hash);
    struct slot *slot = find(keys, hash);
    if (slot == NULL)
        return refuse_unknown(mem);
    atomic_store_explicit(&slot->used, clock_now(), memory_order_relaxed);
    if ((slot->key.scopes & use->scope) != use->scope)
        return refuse_scope(mem, &slot->key, use->scope);
    *key = &slot->key;
    return NULL;
}

const struct fail *api_key_fits(arena *mem, const struct api_key *key, const struct claims *claims)
{
    if (key->tenant.at == NULL || claims->tenant.len == 0 || str_eq(key->tenant, claims->tenant))
        return NULL;
    struct fail *fail = fail_new(mem, FAIL_FORBIDDEN, "The API key is of another tenant");
    fail->hint = STR("A key that belongs to a tenant goes with the tokens of its users only");
    return fail;
}

/* ---- when they were used ---- */

str api_keys_take_used(arena *mem, const struct api_keys *keys)
{
    struct buf list;

    buf_init(&list, mem, (size_t)ROW_BYTES_MAX * API_KEYS_MAX);
    for (int i = 0; i < keys->count; i++) {
        struct slot *slot = &keys->slots[i];
        int64_t used = atomic_load_explicit(&slot->used, memory_order_relaxed);
        if (used < slot->told + TOLD_EVERY_S)
            continue;
        slot->told = used;
        buf_put(&list, list.len == 0 ? STR("[") : STR(","));
        buf_printf(&list, "{\"id\":\"%.*s\",\"at\":%lld}", STR_ARG(slot->key.id), (long long)used);
    }
    if (list.len == 0)
        return (str){NULL, 0};
    buf_putc(&list, ']');
    return buf_str(&list);
}

void api_keys_remember(const struct api_keys *keys, const struct api_keys *before)
{
    for (int i = 0; i < before->count; i++) {
        struct slot *old = &before->slots[i], *slot = find(keys, old->hash);
        if (slot == NULL)
            continue;
        atomic_store_explicit(&slot->used, atomic_load(&old->used), memory_order_relaxed);
        slot->told = old->told;
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
