/* Counters and histograms of one worker; /metrics sums over the workers. Adding one is one
 * line in metrics.c. Source: Prometheus text exposition format 0.0.4. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdatomic.h>

#include "base/buf.h"

enum metric {
    METRIC_REQUESTS_2XX,
    METRIC_REQUESTS_3XX,
    METRIC_REQUESTS_4XX,
    METRIC_REQUESTS_5XX,
    METRIC_REQUESTS_GONE, /* the client left first */
    METRIC_CONNECTIONS,   /* gauge: open HTTP connections */
    METRIC_TOKEN_HITS,
    METRIC_TOKEN_MISSES,
    METRIC_TOKEN_EVICTIONS,
    METRIC_CACHE_HITS,
    METRIC_CACHE_MISSES,
    METRIC_CACHE_STALE,
    METRIC_SHARED_HITS,
    METRIC_SHARED_MISSES,
    METRIC_SHARED_AWAY,
    METRIC_DB_UNITS,    /* statements given to PostgreSQL */
    METRIC_DB_SEGMENTS, /* round trips: several units may share one */
    METRIC_DB_JOINED,   /* requests answered by another's identical query */
    METRIC_DB_RETRIES,
    METRIC_DB_CANCELS,
    METRIC_DB_TIMEOUTS, /* waited too long for a connection: PGRST003 */
    METRIC_DB_OPEN,     /* gauge: connections that are up */
    METRIC_DB_BUSY,     /* gauge */
    METRIC_DB_MAX,      /* gauge: connections that may be open */
    METRIC_DB_WAITING,  /* gauge: units in queues */
    METRIC_DB_OPENED,
    METRIC_DB_DISCARDED, /* closed for a reason other than idleness */
    METRIC_SCHEMA_LOADS,
    METRIC_SCHEMA_FAILURES,
    METRIC_AUDIT_WRITTEN,
    METRIC_AUDIT_DROPPED,
    METRIC_USAGE_DROPPED,
    METRIC_JWKS_LOADS,
    METRIC_JWKS_FAILURES,
    METRIC_SCHEMA_US, /* gauge: how long the last load took */
    METRICS           /* keep last */
};

enum { METRIC_BUCKETS = 12 };

struct metrics {
    _Atomic int64_t values[METRICS];
    _Atomic int64_t request_seconds[METRIC_BUCKETS + 1]; /* counts per bucket, the last is +Inf */
    _Atomic int64_t request_us_sum;
};

static inline void metric_add(struct metrics *metrics, enum metric metric, int64_t by)
{
    atomic_fetch_add_explicit(&metrics->values[metric], by, memory_order_relaxed);
}

static inline void metric_set(struct metrics *metrics, enum metric metric, int64_t value)
{
    atomic_store_explicit(&metrics->values[metric], value, memory_order_relaxed);
}

void metric_request(struct metrics *metrics, int status, int64_t us);

/* Appends all metrics, summed over the workers, in text exposition format. */
void metrics_put(struct buf *buf, struct metrics *const *workers, int nworkers);

#endif
