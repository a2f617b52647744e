/* Answers of curated routes, by key, with age, ETag and single flight. One per worker, bounded
 * (CACHE_BYTES_MAX, the least recently used leaves first). Pure: knows no sockets; who waits is
 * a function pointer.
 * Source: RFC 9111, RFC 9211 (Cache-Status), RFC 9110 8.8.3 (ETag). */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "base/arena.h"
#include "base/list.h"
#include "base/metrics.h"
#include "cache/etag.h"

enum {
    CACHE_BYTES_MAX = 8 << 20,
    CACHE_ANSWER_MAX = 1 << 20, /* a larger one is used once and not kept */
    CACHE_PATIENCE_US = 1000000 /* longer than this nobody waits who could have an old answer */
};

struct cache;
struct cache_entry;
struct fail;

struct cache *cache_new(struct metrics *metrics);
void cache_free(struct cache **cache); /* seats that are still taken are emptied, nobody is woken */

/* Forgets every entry that depends on one of the comma-separated relations
 * ("private.dashboard_stats"); "" forgets all. The bytes stay for stale service until they are
 * replaced. */
void cache_drop(struct cache *cache, str relations);

/* An answer: immutable, counted, never leaves its worker. */
struct cached {
    int refs;
    str body;
    str etag; /* with its quotes */
    int64_t made_us;
};
const struct cached *cached_ref(const struct cached *cached);
void cached_unref(const struct cached **cached); /* NULLs it */

/* A request's place at an entry: it leads (it makes the answer) or it follows (it waits).
 * Belongs to the caller, who must call cache_leave before it dies. */
struct cache_seat {
    struct list node;          /* among the followers */
    struct cache_entry *entry; /* NULL: no seat */
    /* To a follower, once: the answer, and the failure when making it failed (then `cached` is an
     * old answer or NULL). Neither: the leader has left, and this seat leads now. A reference
     * is the callee's to take. */
    void (*wake)(void *arg, const struct cached *cached, const struct fail *fail);
    void *arg;
};

enum cache_found {
    CACHE_HIT,   /* *cached is fresh */
    CACHE_STALE, /* *cached is old, but a new one has failed or takes long: use it */
    CACHE_LEAD,  /* nobody makes it: the caller does, then cache_put or cache_fail */
    CACHE_FOLLOW /* somebody makes it: seat->wake will be called */
};

struct cache_found_answer {
    /* Fresh or old, whatever is there; NULL: nothing. Valid until the cache is used again: take a
     * reference. */
    const struct cached *cached;
    int64_t left_us; /* until it is no longer fresh; below 0 for an old one */
};

/* Looks up a key, and takes a seat when there is no answer to be had at once. */
enum cache_found cache_ask(struct cache *cache, str key, struct cache_seat *seat,
                           struct cache_found_answer *answer);

/* What a new answer is. Everything is copied. */
struct cache_new_answer {
    str body;
    str reads;      /* comma list of relations, for cache_drop */
    int64_t ttl_us; /* from when it was made */
    int64_t age_us; /* made so long ago, elsewhere */
};

/* The leader's answer: kept, and given to all who follow. The reference returned is the caller's.
 */
const struct cached *cache_put(struct cache *cache, struct cache_seat *seat,
                               const struct cache_new_answer *answer);

/* The leader failed: all who follow hear of it. With CACHE_KEEP (the database is away) they get
 * the old answer too, and for CACHE_PATIENCE_US it is given without asking; with CACHE_FORGET the
 * failure is the new answer and the old one is wrong. Returns the old answer when it is kept and
 * there is one; the reference is the caller's. */
enum cache_old { CACHE_KEEP, CACHE_FORGET };
const struct cached *cache_fail(struct cache *cache, struct cache_seat *seat,
                                const struct fail *fail, enum cache_old what);

/* The request is gone. Safe without a seat. When a leader leaves, the first follower leads. */
void cache_leave(struct cache *cache, struct cache_seat *seat);

#endif
