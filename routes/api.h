/* What the files of /api share: one call of a curated route on its way to an answer. */
#ifndef API_H
#define API_H

#include "base/reply.h"
#include "base/statement.h"
#include "cache/cache.h"
#include "pg/rows.h"
#include "route/ask.h"
#include "shared.h"

struct call {
    struct request *req;
    const struct book *book; /* held: it may be replaced while the database is asked */
    struct route_ask ask;
    struct cache_seat seat; /* api_cache.c's */
    struct shared_place place;
    int64_t wait_ms;
};

/* Answers a call, now or later; or returns why not. */
typedef const struct fail *call_fn(struct call *call);

/* The handler that a file names with "by:"; NULL: there is none of this name. */
call_fn *api_handler(str name);

/* The statement of a call, as the role of curated routes; the book is held from now on. */
void api_statement(struct call *call, struct statement *statement);

/* The body of a buffered answer; the failure is the 404 that the file promises. */
const struct fail *api_body(const struct call *call, const struct rows *rows, str *body);

/* api_cache.c: answers from the cache, or asks the database once for all who want the same. */
const struct fail *api_cache_handle(struct call *call);

/* A failure of another request, for this one. */
const struct fail *api_fail_copy(arena *mem, const struct fail *fail);

/* api_watch.c: the answer, and again whenever it has changed: for who accepts events. */
const struct fail *api_watch_handle(struct call *call);

/* api_events.c: answers that do not end. */
const struct fail *api_events_handle(struct call *call);

/* api_fleet.c: answers from memory; the statement runs when memory does not know. */
call_fn api_beat_handle, api_fleet_handle, api_snapshot_handle;

/* api_fleet_behind.c: reads the table for the fleet in memory; nobody waits for it. After
 * fleet_seed_due, for a request that has asked for the fleet. */
void api_fleet_read_behind(const struct request *req);

/* api_stream.c: answers row by row. */
const struct fail *api_stream_handle(struct call *call);

#endif
