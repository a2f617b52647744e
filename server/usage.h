/* Usage: how many requests API keys and tenants make, and whether the plan of a key allows one more
 * this month. Counted in memory (limit/tally.h), written to the database a moment later, many at
 * once; what several servers count adds up there. A stop loses nothing, a kill at most what came in
 * the last USAGE_EVERY_MS; a connection that breaks while it commits may count a batch twice. */
#ifndef USAGE_H
#define USAGE_H

#include "base/buf.h"
#include "base/config.h"
#include "base/fail.h"
#include "base/request.h"
#include "loop/loop.h"

enum { USAGE_EVERY_MS = 2000 };

struct usage;

struct usage *usage_new(const struct config *config);
void usage_start(struct usage *usage, struct loop *loop);

/* From any thread: counts a request that is let through, if it has a key or a tenant and the
 * database takes notes of them. 429 when the plan of its key has none left. */
const struct fail *usage_count(struct request *req);

/* The same for one that a rate limit has refused. */
void usage_refused(const struct request *req);

/* Appends the requests by tenant for /metrics, when the settings ask for it. */
void usage_put(const struct usage *usage, struct buf *text);

/* When no worker runs any more: writes what is left, blocking for two seconds at most. usage_free
 * comes when the loop is gone. */
void usage_stop(struct usage *usage);
void usage_free(struct usage **usage);

#endif
