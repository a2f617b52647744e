/* The second level of the cache: answers that one gateway has made, in Redis for the others. One a
 * worker, only where Redis is configured; while Redis is away there is simply nothing in it.
 *
 * An answer is kept with the stamps of the relations it reads, as they were before the database was
 * asked. Whoever hears that a relation was refreshed gives it a new stamp: what was made before, or
 * is being made, is then nobody's answer, wherever it comes from. */
#ifndef SHARED_H
#define SHARED_H

#include "base/config.h"
#include "base/metrics.h"
#include "kv/kv.h"

enum {
    SHARED_ANSWER_MAX = 256 << 10,   /* bytes; a larger one stays in the memory of its gateway */
    SHARED_RELATIONS_MAX = 8,        /* an answer that reads more does, too */
    SHARED_TTL_MAX_MS = 3600 * 1000, /* what is fresh for longer, the same */
    SHARED_STAMP_S = 2 * 3600        /* how long a stamp is kept: longer than any answer */
};

struct shared;

/* NULL when kv is. */
struct shared *shared_new(const struct config *config, struct kv *kv, struct metrics *metrics);
void shared_free(struct shared **shared); /* when its kv is closed */

/* body is lent; at == NULL: there is no answer to be had. left_ms: how long it stays fresh. */
typedef void shared_fn(void *arg, str body, int64_t left_ms);

/* One answer that is looked for, and put there when it has been made. Belongs to the caller, who
 * calls shared_forget before it dies. */
struct shared_place {
    str key;   /* at == NULL: not one that is shared */
    str stamp; /* at == NULL: Redis has not told */
    struct shared *shared;
    struct kv_call *asked;
    shared_fn *fn;
    void *arg;
    arena *mem;
    int nreads;
};

/* What an answer is made from: equal here are equal answers, at every gateway. */
struct shared_question {
    str statement, role, key;
    str reads; /* comma list of relations */
};

/* Looks an answer up; shared is not NULL. fn is called once, later; false: never. place->mem, fn
 * and arg are set by the caller, the rest is 0. */
bool shared_ask(struct shared *shared, struct shared_place *place,
                const struct shared_question *question);
void shared_forget(struct shared_place *place);

/* The answer that was not there. Nothing when Redis has told no stamps, or the answer is large. */
void shared_put(struct shared *shared, const struct shared_place *place, str body, int64_t ttl_ms);

/* The relations were refreshed. */
void shared_drop(struct shared *shared, str relations);

#endif
