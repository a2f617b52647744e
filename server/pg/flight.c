/* See flight.h. */
#include "pg/flight.h"

uint64_t flight_key(const struct work *work)
{
    uint64_t hash = str_hash(work->statement.text, work->claims->hash);

    for (int i = 0; i < work->statement.nparams; i++)
        hash = str_hash(work->statement.params[i], hash + 1);
    return hash;
}

enum flight flight_enter(struct flights *flights, struct work *fresh, struct work **joined)
{
    struct work **bucket = &flights->buckets[fresh->key % FLIGHT_BUCKETS];

    for (struct work *work = *bucket; work != NULL; work = work->flight_next) {
        if (!work_identical(work, fresh))
            continue;
        if (work->segment == NULL) {
            *joined = work;
            return FLIGHT_JOINED;
        }
        if (work->after != NULL) {
            *joined = work->after;
            return FLIGHT_JOINED;
        }
        work->after = fresh;
        return FLIGHT_AFTER;
    }
    fresh->shared = true;
    fresh->flight_next = *bucket;
    *bucket = fresh;
    return FLIGHT_FIRST;
}

struct work *flight_leave(struct flights *flights, struct work *work)
{
    struct work *after = work->after;

    if (!work->shared)
        return NULL;
    struct work **at = &flights->buckets[work->key % FLIGHT_BUCKETS];
    while (*at != work)
        at = &(*at)->flight_next;
    *at = work->flight_next;
    work->shared = false;
    work->after = NULL;
    if (after == NULL)
        return NULL;
    after->shared = true;
    after->flight_next = flights->buckets[after->key % FLIGHT_BUCKETS];
    flights->buckets[after->key % FLIGHT_BUCKETS] = after;
    return after;
}
