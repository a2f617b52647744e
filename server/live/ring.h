/* The changes of the last minutes, in the order of PostgreSQL's log, for who comes back and asks
 * for what it has missed. They are kept whole, so that each is judged for who asks as if it were
 * new. Bounded by bytes and by age; what leaves first is what came first. One a worker: the
 * changes themselves are shared by all. Pure. */
#ifndef LIVE_RING_H
#define LIVE_RING_H

#include "live/change.h"

struct ring_options {
    size_t bytes_max;   /* of changes; 0: nothing is kept */
    int64_t age_max_us; /* since they came */
};

struct ring;

struct ring *ring_new(const struct ring_options *options);
void ring_free(struct ring **ring);

/* Everything behind this position will be put: what was there is forgotten. */
void ring_start(struct ring *ring, struct position from);
void ring_put(struct ring *ring, const struct change *change, int64_t now_us);
void ring_age(struct ring *ring, int64_t now_us); /* drops what is too old */

/* All that came behind ring_from(ring), up to ring_end(ring), is there. */
struct position ring_from(const struct ring *ring);
struct position ring_end(const struct ring *ring);

/* The first of what stands behind `after`, at most max: lent until the ring is used again. The
 * caller has seen that `after` is not before ring_from(ring). */
size_t ring_take(const struct ring *ring, struct position after, const struct change **changes,
                 size_t max);

size_t ring_bytes(const struct ring *ring);

#endif
