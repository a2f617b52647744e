/* Answers by key. An entry has at most one leader (a request that makes its answer) and any
 * number of followers who wait for the leader's; an old answer stays until a new one replaces it.
 */
#include "cache/cache.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"

enum { BUCKETS_FIRST = 64, ENTRY_BYTES = 256 /* what an entry costs beside its text */ };

struct cache_entry {
    struct cache_entry *next; /* in its bucket */
    struct list age;          /* the least recently used is first */
    uint64_t hash;
    str key, reads; /* allocated with the entry, and alone */
    const struct cached *cached;
    int64_t fresh_until_us, lead_since_us, failed_us;
    bool dropped; /* while the leader was making it */
    struct cache_seat *leader;
    struct list followers;
    size_t bytes;
};

struct cache {
    struct metrics *metrics;
    struct cache_entry **buckets;
    size_t nbuckets, count, bytes;
    struct list ages;
};

struct cache *cache_new(struct metrics *metrics)
{
    struct cache *cache = h2o_mem_alloc(sizeof(*cache));
    size_t size = sizeof(struct cache_entry *) * BUCKETS_FIRST;

    *cache = (struct cache){.metrics = metrics, .nbuckets = BUCKETS_FIRST};
    cache->buckets = memset(h2o_mem_alloc(size), 0, size);
    list_init(&cache->ages);
    return cache;
}

const struct cached *cached_ref(const struct cached *cached)
{
    ((struct cached *)(uintptr_t)cached)->refs++;
    return cached;
}

void cached_unref(const struct cached **cached)
{
    struct cached *last = (struct cached *)(uintptr_t)*cached;

    *cached = NULL;
    if (last != NULL && --last->refs == 0)
        free(last);
}

static struct cached *cached_new(str body, int64_t age_us)
{
    struct cached *cached = h2o_mem_alloc(sizeof(*cached) + ETAG_LEN + body.len);
    char *etag = (char *)(cached + 1), *bytes = etag + ETAG_LEN;

    if (body.len > 0)
        memcpy(bytes, body.at, body.len);
    etag_make(body, etag);
    *cached = (struct cached){
        1, {bytes, body.len},
         {etag,  ETAG_LEN},
         clock_us() - age_us
    };
    return cached;
}

static struct cache_entry **bucket_of(struct cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & (cache->nbuckets - 1)];
}

static struct cache_entry *find(struct cache *cache, str key, uint64_t hash)
{
    struct cache_entry *entry = *bucket_of(cache, hash);
    while (entry != NULL && (entry->hash != hash || !str_eq(entry->key, key)))
        entry = entry->next;
    return entry;
}

static void grow(struct cache *cache)
{
    struct cache_entry **old = cache->buckets;
    size_t count = cache->nbuckets, size = sizeof(struct cache_entry *) * count * 2;

    cache->nbuckets = count * 2;
    cache->buckets = memset(h2o_mem_alloc(size), 0, size);
    for (size_t i = 0; i < count; i++) {
        for (struct cache_entry *entry = old[i], *next; entry != NULL; entry = next) {
            struct cache_entry **bucket = bucket_of(cache, entry->hash);
            next = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    free(old);
}

static void charge(struct cache *cache, struct cache_entry *entry)
{
    cache->bytes -= entry->bytes;
    entry->bytes = ENTRY_BYTES + entry->key.len + entry->reads.len +
                   (entry->cached == NULL ? 0 : entry->cached->body.len);
    cache->bytes += entry->bytes;
}

static struct cache_entry *add(struct cache *cache, str key, uint64_t hash)
{
    struct cache_entry *entry = h2o_mem_alloc(sizeof(*entry) + key.len);
    char *text = (char *)(entry + 1);

    if (cache->count == cache->nbuckets)
        grow(cache);
    if (key.len > 0)
        memcpy(text, key.at, key.len);
    *entry = (struct cache_entry){
        .hash = hash, .key = {text, key.len}
    };
    entry->next = *bucket_of(cache, hash);
    *bucket_of(cache, hash) = entry;
    list_init(&entry->followers);
    list_append(&cache->ages, &entry->age);
    cache->count++;
    charge(cache, entry);
    return entry;
}

static void drop_entry(struct cache *cache, struct cache_entry *entry)
{
    struct cache_entry **at = bucket_of(cache, entry->hash);

    assert(entry->leader == NULL && list_empty(&entry->followers));
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    list_remove(&entry->age);
    cache->count--;
    cache->bytes -= entry->bytes;
    cached_unref(&entry->cached);
    free((char *)(uintptr_t)entry->reads.at);
    free(entry);
}

/* Who still waits when the server stops waits for nothing: the requests outlive the cache. */
static void empty_seats(struct cache_entry *entry)
{
    if (entry->leader != NULL)
        entry->leader->entry = NULL;
    entry->leader = NULL;
    LIST_EACH (node, &entry->followers) {
        LIST_ENTRY(node, struct cache_seat, node)->entry = NULL;
        list_remove(node);
    }
}

void cache_free(struct cache **cache)
{
    struct cache *last = *cache;

    *cache = NULL;
    if (last == NULL)
        return;
    LIST_EACH (node, &last->ages) {
        struct cache_entry *entry = LIST_ENTRY(node, struct cache_entry, age);
        empty_seats(entry);
        drop_entry(last, entry);
    }
    free(last->buckets);
    free(last);
}

/* Entries with a leader stay: somebody is about to fill them. */
static void make_room(struct cache *cache)
{
    LIST_EACH (node, &cache->ages) {
        struct cache_entry *entry = LIST_ENTRY(node, struct cache_entry, age);
        if (cache->bytes <= CACHE_BYTES_MAX)
            return;
        if (entry->leader == NULL)
            drop_entry(cache, entry);
    }
}

static void lead(struct cache_entry *entry, struct cache_seat *seat)
{
    list_init(&seat->node);
    seat->entry = entry;
    entry->leader = seat;
    entry->lead_since_us = clock_us();
    entry->dropped = false;
}

static enum cache_found take_seat(struct cache_entry *entry, struct cache_seat *seat)
{
    if (entry->leader == NULL) {
        lead(entry, seat);
        return CACHE_LEAD;
    }
    seat->entry = entry;
    list_append(&entry->followers, &seat->node);
    return CACHE_FOLLOW;
}

/* An old answer now is better than a new one that may never come. */
static bool out_of_patience(const struct cache_entry *entry, int64_t now)
{
    if (entry->leader != NULL)
        return now - entry->lead_since_us > CACHE_PATIENCE_US;
    return entry->failed_us > 0 && now - entry->failed_us < CACHE_PATIENCE_US;
}

enum cache_found cache_ask(struct cache *cache, str key, struct cache_seat *seat,
                           struct cache_found_answer *answer)
{
    uint64_t hash = str_hash(key, STR_HASH_SEED);
    struct cache_entry *entry = find(cache, key, hash);
    int64_t now = clock_us();

    if (entry == NULL)
        entry = add(cache, key, hash);
    *answer = (struct cache_found_answer){entry->cached, entry->fresh_until_us - now};
    if (entry->cached != NULL) {
        list_remove(&entry->age);
        list_append(&cache->ages, &entry->age);
        if (answer->left_us > 0) {
            metric_add(cache->metrics, METRIC_CACHE_HITS, 1);
            return CACHE_HIT;
        }
        if (out_of_patience(entry, now)) {
            metric_add(cache->metrics, METRIC_CACHE_STALE, 1);
            return CACHE_STALE;
        }
    }
    metric_add(cache->metrics, METRIC_CACHE_MISSES, 1);
    return take_seat(entry, seat);
}

/* Followers are woken from a list of their own, when the entry is settled: a woken one may ask
 * again, or leave. */
static void take_followers(struct cache_entry *entry, struct list *woken)
{
    list_init(woken);
    LIST_EACH (node, &entry->followers) {
        LIST_ENTRY(node, struct cache_seat, node)->entry = NULL;
        list_remove(node);
        list_append(woken, node);
    }
}

static void wake_all(struct list *woken, const struct cached *cached, const struct fail *fail)
{
    while (!list_empty(woken)) {
        struct cache_seat *seat = LIST_ENTRY(woken->next, struct cache_seat, node);
        list_remove(&seat->node);
        seat->wake(seat->arg, cached, fail);
    }
}

static str copy(str text)
{
    char *bytes = h2o_mem_alloc(text.len + 1);
    if (text.len > 0)
        memcpy(bytes, text.at, text.len);
    return (str){bytes, text.len};
}

const struct cached *cache_put(struct cache *cache, struct cache_seat *seat,
                               const struct cache_new_answer *answer)
{
    struct cache_entry *entry = seat->entry;
    const struct cached *cached = cached_new(answer->body, answer->age_us);
    struct list woken;

    assert(entry->leader == seat);
    cached_unref(&entry->cached);
    if (answer->body.len <= CACHE_ANSWER_MAX)
        entry->cached = cached_ref(cached);
    /* Dropped while it was made: it may be from before the change. */
    entry->fresh_until_us = entry->dropped ? 0 : cached->made_us + answer->ttl_us;
    entry->failed_us = 0;
    free((char *)(uintptr_t)entry->reads.at);
    entry->reads = copy(answer->reads);
    entry->leader = NULL;
    seat->entry = NULL;
    charge(cache, entry);
    take_followers(entry, &woken);
    make_room(cache);
    wake_all(&woken, cached, NULL);
    return cached;
}

const struct cached *cache_fail(struct cache *cache, struct cache_seat *seat,
                                const struct fail *fail, enum cache_old what)
{
    struct cache_entry *entry = seat->entry;
    struct list woken;

    assert(entry->leader == seat);
    entry->leader = NULL;
    seat->entry = NULL;
    entry->failed_us = clock_us();
    take_followers(entry, &woken);
    if (what == CACHE_FORGET)
        cached_unref(&entry->cached);
    const struct cached *old = entry->cached;
    if (old == NULL)
        drop_entry(cache, entry);
    else
        cached_ref(old);
    wake_all(&woken, old, fail);
    return old;
}

void cache_leave(struct cache *cache, struct cache_seat *seat)
{
    struct cache_entry *entry = seat->entry;
    bool was_leader = entry != NULL && entry->leader == seat;

    if (seat->node.next != NULL)
        list_remove(&seat->node); /* a follower, or one that is about to be woken */
    seat->entry = NULL;
    if (!was_leader)
        return;
    entry->leader = NULL;
    if (!list_empty(&entry->followers)) {
        struct cache_seat *next = LIST_ENTRY(entry->followers.next, struct cache_seat, node);
        list_remove(&next->node);
        lead(entry, next);
        next->wake(next->arg, NULL, NULL);
    } else if (entry->cached == NULL) {
        drop_entry(cache, entry);
    }
}

static bool is_in(str name, str list)
{
    str piece;
    while (str_cut(&list, ',', &piece))
        if (str_eq(str_trim(piece), name))
            return true;
    return false;
}

static bool share_one(str a, str b)
{
    str piece;
    while (str_cut(&a, ',', &piece))
        if (is_in(str_trim(piece), b))
            return true;
    return false;
}

void cache_drop(struct cache *cache, str relations)
{
    LIST_EACH (node, &cache->ages) {
        struct cache_entry *entry = LIST_ENTRY(node, struct cache_entry, age);
        /* What a new entry reads is known when it has been made: drop it to be safe. */
        bool unknown = entry->reads.at == NULL;
        if (relations.len == 0 || unknown || share_one(relations, entry->reads)) {
            entry->fresh_until_us = 0;
            entry->dropped = true;
        }
    }
}
