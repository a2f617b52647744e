/* The verified tokens of one worker, and who a request is; see token.h. Only what verified is
 * kept, so nobody without the key can fill it; the least recently used leaves first. */
#include <stdlib.h>
#include <sys/random.h>

#include "auth/api_key.h"
#include "auth/payload.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/list.h"

enum { BUCKETS = 8192 /* a power of two, twice the usual size of the cache */ };

struct entry {
    struct list used;   /* on cache->used, the latest first */
    struct entry *next; /* in its bucket */
    uint64_t hash;
    const struct claims *claims;
    size_t len;
    char token[];
};

struct token_cache {
    const struct config *config;
    const struct keys *keys;
    const struct api_keys *api_keys;
    struct metrics *metrics;
    const struct claims *anonymous; /* NULL: requests without a token are refused */
    uint64_t seed;
    int count;
    struct list used;
    struct entry *buckets[BUCKETS];
};

static const struct api_keys *no_api_keys(const struct config *config)
{
    str why;
    return api_keys_read(config, (str){NULL, 0}, &why);
}

struct token_cache *token_cache_new(const struct config *config, const struct keys *keys,
                                    struct metrics *metrics)
{
    struct token_cache *cache = h2o_mem_alloc(sizeof(*cache));

    *cache = (struct token_cache){
        .config = config,
        .keys = keys_ref(keys),
        .api_keys = no_api_keys(config),
        .metrics = metrics,
        .anonymous = payload_anonymous(config),
    };
    if (getrandom(&cache->seed, sizeof(cache->seed), 0) != sizeof(cache->seed))
        cache->seed = (uint64_t)clock_wall_us();
    list_init(&cache->used);
    return cache;
}

static void drop(struct token_cache *cache, struct entry *entry)
{
    struct entry **at = &cache->buckets[entry->hash % BUCKETS];

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    list_remove(&entry->used);
    claims_unref(&entry->claims);
    free(entry);
    cache->count--;
}

static struct entry *entry_of(struct list *node)
{
    return LIST_ENTRY(node, struct entry, used);
}

static void drop_all(struct token_cache *cache)
{
    while (!list_empty(&cache->used))
        drop(cache, entry_of(cache->used.next));
}

void token_cache_take(struct token_cache *cache, const struct config *config,
                      const struct keys *keys)
{
    drop_all(cache);
    keys_unref(&cache->keys);
    claims_unref(&cache->anonymous);
    cache->config = config;
    cache->keys = keys_ref(keys);
    cache->anonymous = payload_anonymous(config);
}

void token_cache_take_api_keys(struct token_cache *cache, const struct api_keys *keys)
{
    api_keys_unref(&cache->api_keys);
    cache->api_keys = api_keys_ref(keys);
}

bool token_cache_counts_usage(const struct token_cache *cache)
{
    return api_keys_count_usage(cache->api_keys);
}

void token_cache_free(struct token_cache **cache)
{
    if (*cache == NULL)
        return;
    drop_all(*cache);
    keys_unref(&(*cache)->keys);
    api_keys_unref(&(*cache)->api_keys);
    claims_unref(&(*cache)->anonymous);
    free(*cache);
    *cache = NULL;
}

/* The end of a token is its signature, which is as good as random: 16 characters of it are
 * a hash already. The whole token is compared afterwards. */
static uint64_t hash_of(const struct token_cache *cache, str token)
{
    uint64_t ends[2] = {0, 0};
    size_t len = token.len < sizeof(ends) ? token.len : sizeof(ends);

    memcpy(ends, token.at + token.len - len, len);
    uint64_t hash = (ends[0] ^ cache->seed) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 32 ^ ends[1]) * UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}

static const struct claims *find(struct token_cache *cache, str token, uint64_t hash)
{
    struct entry *entry = cache->buckets[hash % BUCKETS];

    while (entry != NULL &&
           !(entry->hash == hash && str_eq((str){entry->token, entry->len}, token)))
        entry = entry->next;
    if (entry == NULL)
        return NULL;
    int64_t expires = entry->claims->expires;
    if (expires != 0 && expires <= clock_now() - TOKEN_LEEWAY_S) {
        drop(cache, entry); /* and let it be refused as any expired one */
        return NULL;
    }
    list_remove(&entry->used);
    list_prepend(&cache->used, &entry->used);
    return entry->claims;
}

static void keep(struct token_cache *cache, str token, uint64_t hash, const struct claims *claims)
{
    if (cache->config->jwt_cache_max_entries == 0)
        return;
    if (cache->count >= cache->config->jwt_cache_max_entries) {
        drop(cache, entry_of(cache->used.prev));
        metric_add(cache->metrics, METRIC_TOKEN_EVICTIONS, 1);
    }
    struct entry *entry = h2o_mem_alloc(sizeof(*entry) + token.len);
    struct entry **bucket = &cache->buckets[hash % BUCKETS];
    *entry = (struct entry){
        .next = *bucket, .hash = hash, .claims = claims_ref(claims), .len = token.len};
    memcpy(entry->token, token.at, token.len);
    *bucket = entry;
    list_prepend(&cache->used, &entry->used);
    cache->count++;
}

static void unref(void *held)
{
    claims_unref(held);
}

/* The request's arena takes over the caller's reference. */
static const struct fail *set_claims(struct request *req, const struct claims *claims)
{
    req->claims = claims;
    const struct claims **held = arena_new(req->mem, const struct claims *);
    *held = claims;
    arena_on_death(req->mem, unref, held);
    return NULL;
}

/* The reference in *claims is the caller's. */
static const struct fail *look_up(arena *mem, struct token_cache *cache, str token,
                                  const struct claims **claims)
{
    uint64_t hash = hash_of(cache, token);
    const struct claims *known = find(cache, token, hash);

    if (known != NULL) {
        metric_add(cache->metrics, METRIC_TOKEN_HITS, 1);
        *claims = claims_ref(known);
        return NULL;
    }
    metric_add(cache->metrics, METRIC_TOKEN_MISSES, 1);
    TRY(token_verify(mem, cache->config, cache->keys, token, claims));
    keep(cache, token, hash, *claims);
    return NULL;
}

static const struct fail *admit_token(struct request *req, struct token_cache *cache, str token)
{
    const struct claims *claims;

    TRY(look_up(req->mem, cache, token, &claims));
    return set_claims(req, claims);
}

/* *key: NULL for one that is nobody's; lent by the set. */
static const struct fail *look_up_key(arena *mem, struct token_cache *cache,
                                      const struct api_key_use *use, const struct api_key **key,
                                      const struct claims **claims)
{
    TRY(api_key_find(mem, cache->api_keys, use, key));
    *claims = *key != NULL ? (*key)->claims : cache->anonymous;
    if (*claims == NULL)
        return token_required(mem);
    claims_ref(*claims);
    return NULL;
}

const struct fail *admit_text(arena *mem, struct token_cache *cache, const struct api_key_use *use,
                              const struct claims **claims)
{
    const struct api_key *key;

    return api_key_looks(use->key) ? look_up_key(mem, cache, use, &key, claims)
                                   : look_up(mem, cache, use->key, claims);
}

/* The token behind "Bearer ", which is empty when nothing is there; false: another scheme. */
static bool bearer(str authorization, str *token)
{
    size_t len = 0;

    while (len < authorization.len && authorization.at[len] != ' ' && authorization.at[len] != '\t')
        len++;
    *token = str_trim(str_skip(authorization, len));
    return str_ieq((str){authorization.at, len}, STR("bearer"));
}

static bool looks_like_token(str key)
{
    long first = str_find(key, '.');
    return first > 0 && str_find(str_skip(key, (size_t)first + 1), '.') > 0;
}

bool token_brought(const struct request *req)
{
    str authorization = request_header(req, STR("authorization")), token;
    str key = request_header(req, STR("apikey"));

    if (authorization.at != NULL && bearer(authorization, &token))
        return true;
    return api_key_looks(key) || (authorization.at == NULL && looks_like_token(key));
}

/* What the headers hold. Clients that know the newer keys send them as apikey, alone or beside
 * the token of a user; others repeat them behind "Bearer", and then they must be the same. */
struct credentials {
    str token, key; /* absent: none */
};

static const struct fail *read_credentials(struct request *req, struct credentials *with)
{
    str authorization = request_header(req, STR("authorization"));
    str key = request_header(req, STR("apikey"));
    bool is_bearer = authorization.at != NULL && bearer(authorization, &with->token);

    if (!is_bearer)
        with->token = (str){NULL, 0};
    with->key = api_key_looks(key) ? key : (str){NULL, 0};
    if (is_bearer && api_key_looks(with->token)) {
        if (with->key.at != NULL && !str_eq(with->key, with->token))
            return token_fail(req->mem, FAIL_BAD_TOKEN, "Two API keys that are not the same");
        with->key = with->token;
        with->token = (str){NULL, 0};
    } else if (authorization.at == NULL && looks_like_token(key)) {
        with->token = key;
    }
    return NULL;
}

static void unref_keys(void *held)
{
    api_keys_unref(held);
}

/* The request's arena keeps the set, which may be replaced meanwhile. */
static void set_key(struct request *req, struct token_cache *cache, const struct api_key *key)
{
    if (key == NULL)
        return;
    const struct api_keys **held = arena_new(req->mem, const struct api_keys *);
    *held = api_keys_ref(cache->api_keys);
    arena_on_death(req->mem, unref_keys, held);
    req->key = key;
}

/* The key lets in; a token beside it says who it is. */
static const struct fail *admit_key(struct request *req, struct token_cache *cache,
                                    const struct credentials *with)
{
    const struct api_key_use use = {with->key, request_header(req, STR("user-agent")), req->scope};
    const struct claims *claims = NULL;
    const struct api_key *key;

    TRY(look_up_key(req->mem, cache, &use, &key, &claims));
    set_key(req, cache, key);
    if (with->token.at == NULL)
        return set_claims(req, claims);
    claims_unref(&claims);
    TRY(admit_token(req, cache, with->token));
    return key == NULL ? NULL : api_key_fits(req->mem, key, req->claims);
}

const struct fail *admit(struct request *req, struct token_cache *cache)
{
    struct credentials with;

    TRY(read_credentials(req, &with));
    if (with.key.at != NULL)
        return admit_key(req, cache, &with);
    if (with.token.at != NULL)
        return admit_token(req, cache, with.token);
    if (cache->anonymous == NULL)
        return token_required(req->mem);
    return set_claims(req, claims_ref(cache->anonymous));
}
