/* Single flight: identical reads at the same time become one query. Strict: a request joins only
 * a query that PostgreSQL has not been given yet, so its snapshot is never older than the request.
 */
#ifndef PG_FLIGHT_H
#define PG_FLIGHT_H

#include "pg/work.h"

enum { FLIGHT_BUCKETS = 1024 };

struct flights {
    struct work
        *buckets[FLIGHT_BUCKETS]; /* the running unit of each key; its twin hangs on `after` */
};

uint64_t flight_key(const struct work *work);

/* Where the waiters of this fresh unit belong: the unit itself (queue it), one that is still
 * queued (join it), or `after` of one that is running (keep it there). */
enum flight { FLIGHT_FIRST, FLIGHT_JOINED, FLIGHT_AFTER };
enum flight flight_enter(struct flights *flights, struct work *fresh, struct work **joined);

/* The unit is over. Returns the one that waited behind it, now first of its key; NULL: none. */
struct work *flight_leave(struct flights *flights, struct work *work);

#endif
