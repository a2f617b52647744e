/* One thread of the server: its loop, HTTP, pools and caches. Workers share nothing but
 * counted immutable things (settings, keys, schema snapshots). */
#ifndef WORKER_H
#define WORKER_H

#include <pthread.h>

#include "auth/keys.h"
#include "auth/token.h"
#include "base/config.h"
#include "base/metrics.h"
#include "cache/cache.h"
#include "http/http.h"
#include "loop/loop.h"
#include "pg/pool.h"
#include "route/book.h"
#include "schema/schema.h"

struct worker {
    int index, count; /* this one, and how many there are */
    const struct config *config;
    struct loop *loop;
    struct http *http;
    struct db *db;
    struct cache *cache;
    struct token_cache *tokens;
    const struct keys *keys;
    const struct schema *schema; /* the current snapshot; NULL until the first is loaded */
    const struct book *book;     /* the curated routes, counted like a snapshot */
    struct metrics metrics;
    struct worker *const *all; /* for /metrics and cache drops */
    struct door *door;
    bool stopping;
    pthread_t thread;
};

#endif
