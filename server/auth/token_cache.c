/* The verified tokens of one worker, and who a request is; see token.h. Only what verified is
 * kept, so nobody without the key can fill it; the least recently used leaves first. */
#include <stdlib.h>
#include <sys/random.h>

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
    struct metrics *metrics;
    const struct claims *anonymous; /* NULL: requests without a token are refused */
    uint64_t seed;
    int count;
    struct list used;
    struct entry *buckets[BUCKETS];
};

struct token_cache *token_cache_new(const struct config *config, const struct keys *keys,
                                    struct metrics *metrics)
{
    struct token_cache *cache = h2o_mem_alloc(sizeof(*cache));

    *cache = (struct token_cache){
        .config = config,
        .keys = keys_ref(keys),
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

void token_cache_free(struct token_cache **cache)
{
    if (*cache == NULL)
        return;
    drop_all(*cache);
    keys_unref(&(*cache)->keys);
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

static const struct fail *admit_token(struct request *req, struct token_cache *cache, str token)
{
    uint64_t hash = hash_of(cache, token);
    const struct claims *claims = find(cache, token, hash);

    if (claims != NULL) {
        metric_add(cache->metrics, METRIC_TOKEN_HITS, 1);
        return set_claims(req, claims_ref(claims));
    }
    metric_add(cache->metrics, METRIC_TOKEN_MISSES, 1);
    TRY(token_verify(req->mem, cache->config, cache->keys, token, &claims));
    keep(cache, token, hash, claims);
    return set_claims(req, claims);
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

/* Supabase's newer keys (sb_publishable_...) are no tokens: who sends one is anonymous. */
static bool looks_like_token(str key)
{
    long first = str_find(key, '.');
    return first > 0 && str_find(str_skip(key, (size_t)first + 1), '.') > 0;
}

const struct fail *admit(struct request *req, struct token_cache *cache)
{
    str authorization = request_header(req, STR("authorization"));
    str key = request_header(req, STR("apikey")), token;

    if (authorization.at != NULL && bearer(authorization, &token))
        return admit_token(req, cache, token);
    if (authorization.at == NULL && key.at != NULL && looks_like_token(key))
        return admit_token(req, cache, key);
    if (cache->anonymous == NULL)
        return token_required(req->mem);
    return set_claims(req, claims_ref(cache->anonymous));
}
