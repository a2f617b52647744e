/* How often something may happen: so many times in a span, all at once or spread over it (the
 * generic cell rate algorithm: one number, the time at which nothing would be owed any more). Safe
 * for several threads. */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rate {
    atomic_llong even_us; /* 0: nothing has happened yet */
};

/* One more, now? count: how many fit into the span; 0: no limit. */
static inline bool rate_take(struct rate *rate, int64_t count, int64_t span_us, int64_t now_us)
{
    long long even = atomic_load(&rate->even_us), next;

    if (count == 0)
        return true;
    do {
        next = (even > now_us ? even : now_us) + span_us / count;
        if (next - now_us > span_us)
            return false;
    } while (!atomic_compare_exchange_weak(&rate->even_us, &even, next));
    return true;
}

#endif
