/* The table of metrics, and their text for /metrics; see metrics.h. */
#include "base/metrics.h"

/* One line a metric. Lines of one family stand together: HELP and TYPE are written once, with
 * the first of them. */
static const struct {
    const char *family, *type, *labels, *help;
} metrics_table[METRICS] = {
    [METRIC_REQUESTS_2XX] = {"postern_http_requests_total",            "counter", "{class=\"2xx\"}",
                             "HTTP requests answered, by status class"                                                           },
    [METRIC_REQUESTS_3XX] = {"postern_http_requests_total",            "counter", "{class=\"3xx\"}",      ""                     },
    [METRIC_REQUESTS_4XX] = {"postern_http_requests_total",            "counter", "{class=\"4xx\"}",      ""                     },
    [METRIC_REQUESTS_5XX] = {"postern_http_requests_total",            "counter", "{class=\"5xx\"}",      ""                     },
    [METRIC_REQUESTS_GONE] = {"postern_http_requests_total",            "counter", "{class=\"gone\"}",     ""                     },
    [METRIC_CONNECTIONS] = {"postern_http_connections",               "gauge",   "",                     "Open HTTP connections"},
    [METRIC_TOKEN_HITS] = {"postern_token_cache_total",              "counter", "{result=\"hit\"}",
                             "Tokens looked up among the verified ones"                                                          },
    [METRIC_TOKEN_MISSES] = {"postern_token_cache_total",              "counter", "{result=\"miss\"}",    ""                     },
    [METRIC_TOKEN_EVICTIONS] = {"postern_token_cache_evictions_total",    "counter", "",
                             "Verified tokens that were forgotten to make room"                                                  },
    [METRIC_CACHE_HITS] = {"postern_cache_requests_total",           "counter", "{result=\"hit\"}",
                             "Curated answers looked up in the cache"                                                            },
    [METRIC_CACHE_MISSES] = {"postern_cache_requests_total",           "counter", "{result=\"miss\"}",    ""                     },
    [METRIC_CACHE_STALE] = {"postern_cache_requests_total",           "counter", "{result=\"stale\"}",   ""                     },
    [METRIC_SHARED_HITS] = {"postern_shared_cache_requests_total",    "counter", "{result=\"hit\"}",
                             "Curated answers that memory did not have, looked up in Redis"                                      },
    [METRIC_SHARED_MISSES] = {"postern_shared_cache_requests_total",    "counter", "{result=\"miss\"}",
                             ""                                                                                                  },
    [METRIC_SHARED_AWAY] = {"postern_shared_cache_requests_total",    "counter", "{result=\"away\"}",
                             ""                                                                                                  },
    [METRIC_DB_UNITS] = {"postern_db_statements_total",            "counter", "",
                             "Statements given to PostgreSQL"                                                                    },
    [METRIC_DB_SEGMENTS] = {"postern_db_round_trips_total",           "counter", "",
                             "Round trips to PostgreSQL; several statements may share one"                                       },
    [METRIC_DB_JOINED] = {"postern_db_joined_total",                "counter", "",
                             "Requests answered by an identical query that was already running"                                  },
    [METRIC_DB_RETRIES] = {"postern_db_retries_total",               "counter", "",
                             "Reads run again on a fresh connection"                                                             },
    [METRIC_DB_CANCELS] = {"postern_db_cancels_total",               "counter", "",
                             "Statements cancelled because their client left"                                                    },
    [METRIC_DB_TIMEOUTS] = {"postern_db_pool_timeouts_total",         "counter", "",
                             "Requests that waited too long for a connection"                                                    },
    [METRIC_DB_OPEN] = {"postern_db_connections",                 "gauge",   "{state=\"open\"}",
                             "Database connections: open, of them busy"                                                          },
    [METRIC_DB_BUSY] = {"postern_db_connections",                 "gauge",   "{state=\"busy\"}",     ""                     },
    [METRIC_DB_MAX] = {"postern_db_connections_max",             "gauge",   "",
                             "Database connections that may be open"                                                             },
    [METRIC_DB_WAITING] = {"postern_db_waiting",                     "gauge",   "",
                             "Statements that wait for a connection"                                                             },
    [METRIC_DB_OPENED] = {"postern_db_connections_opened_total",    "counter", "",
                             "Database connections opened"                                                                       },
    [METRIC_DB_DISCARDED] = {"postern_db_connections_discarded_total", "counter", "",
                             "Database connections closed for another reason than idleness"                                      },
    [METRIC_SCHEMA_LOADS] = {"postern_schema_loads_total",             "counter", "{result=\"ok\"}",
                             "Loads of the schema snapshot"                                                                      },
    [METRIC_SCHEMA_FAILURES] = {"postern_schema_loads_total",             "counter", "{result=\"failed\"}",  ""                     },
    [METRIC_AUDIT_WRITTEN] = {"postern_audit_requests_total",           "counter", "{result=\"written\"}",
                             "Requests of the audit"                                                                             },
    [METRIC_AUDIT_DROPPED] = {"postern_audit_requests_total",           "counter", "{result=\"dropped\"}",
                             ""                                                                                                  },
    [METRIC_USAGE_DROPPED] =
        {"postern_usage_dropped_total",            "counter", "",
                             "Requests that no record of usage counts, as there were too many at once"                           },
    [METRIC_JWKS_LOADS] = {"postern_jwks_loads_total",               "counter", "{result=\"ok\"}",
                             "Fetches of the issuer's keys"                                                                      },
    [METRIC_JWKS_FAILURES] = {"postern_jwks_loads_total",               "counter", "{result=\"failed\"}",  ""                     },
    [METRIC_SCHEMA_US] = {"postern_schema_load_microseconds",       "gauge",   "",
                             "How long the last load of the schema snapshot took"                                                },
};

/* The upper ends of the histogram's buckets, as PostgreSQL answers in fractions of
 * a millisecond and people wait in seconds. */
static const struct {
    int64_t us;
    const char *seconds;
} buckets[METRIC_BUCKETS] = {
    {500,     "0.0005"},
    {1000,    "0.001" },
    {2500,    "0.0025"},
    {5000,    "0.005" },
    {10000,   "0.01"  },
    {25000,   "0.025" },
    {50000,   "0.05"  },
    {100000,  "0.1"   },
    {250000,  "0.25"  },
    {500000,  "0.5"   },
    {1000000, "1"     },
    {5000000, "5"     },
};

static enum metric class_of(int status)
{
    static const enum metric classes[] = {METRIC_REQUESTS_2XX, METRIC_REQUESTS_3XX,
                                          METRIC_REQUESTS_4XX, METRIC_REQUESTS_5XX};
    return status < 200 || status > 599 ? METRIC_REQUESTS_5XX : classes[status / 100 - 2];
}

void metric_request(struct metrics *metrics, int status, int64_t us)
{
    int bucket = 0;

    metric_add(metrics, class_of(status), 1);
    while (bucket < METRIC_BUCKETS && us > buckets[bucket].us)
        bucket++;
    atomic_fetch_add_explicit(&metrics->request_seconds[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->request_us_sum, us, memory_order_relaxed);
}

static int64_t sum(struct metrics *const *workers, int nworkers, enum metric metric)
{
    int64_t total = 0;
    for (int i = 0; i < nworkers; i++)
        total += atomic_load_explicit(&workers[i]->values[metric], memory_order_relaxed);
    return total;
}

static void put_head(struct buf *buf, const char *family, const char *type, const char *help)
{
    buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", family, help, family, type);
}

static void put_histogram(struct buf *buf, struct metrics *const *workers, int nworkers)
{
    int64_t count = 0, us = 0;

    put_head(buf, "postern_http_request_seconds", "histogram",
             "Time from a whole request to its answer");
    for (int bucket = 0; bucket <= METRIC_BUCKETS; bucket++) {
        for (int i = 0; i < nworkers; i++)
            count +=
                atomic_load_explicit(&workers[i]->request_seconds[bucket], memory_order_relaxed);
        buf_printf(buf, "postern_http_request_seconds_bucket{le=\"%s\"} %lld\n",
                   bucket == METRIC_BUCKETS ? "+Inf" : buckets[bucket].seconds, (long long)count);
    }
    for (int i = 0; i < nworkers; i++)
        us += atomic_load_explicit(&workers[i]->request_us_sum, memory_order_relaxed);
    buf_printf(buf, "postern_http_request_seconds_sum %lld.%06lld\n", (long long)us / 1000000,
               (long long)us % 1000000);
    buf_printf(buf, "postern_http_request_seconds_count %lld\n", (long long)count);
}

void metrics_put(struct buf *buf, struct metrics *const *workers, int nworkers)
{
    const char *family = "";

    for (int i = 0; i < METRICS; i++) {
        if (strcmp(family, metrics_table[i].family) != 0)
            put_head(buf, metrics_table[i].family, metrics_table[i].type, metrics_table[i].help);
        family = metrics_table[i].family;
        buf_printf(buf, "%s%s %lld\n", family, metrics_table[i].labels,
                   (long long)sum(workers, nworkers, (enum metric)i));
    }
    put_histogram(buf, workers, nworkers);
}
