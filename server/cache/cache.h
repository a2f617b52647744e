/* Answers of curated routes, by key, with age, ETag and single flight. One per worker, bounded
 * (CACHE_BYTES_MAX). Pure: knows no sockets; who waits is a function pointer.
 * Source: RFC 9111, RFC 9211 (Cache-Status), RFC 9110 8.8.3 (ETag). */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "base/arena.h"
#include "base/metrics.h"

enum { CACHE_BYTES_MAX = 32 << 20 };

struct cache;

struct cache *cache_new(struct metrics *metrics);
void cache_free(struct cache **cache);

/* Forgets every entry that depends on one of the comma-separated relations
 * ("private.dashboard_stats");
 * "" forgets all. The bytes stay for stale service until they are replaced. */
void cache_drop(struct cache *cache, str relations);

#endif
