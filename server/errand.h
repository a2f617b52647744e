/* A short transaction of the server's own in a thread: on a connection of its own, as the role of
 * curated routes, as the login role itself may see nothing. Blocking. */
#ifndef ERRAND_H
#define ERRAND_H

#include "base/config.h"
#include "pg/sync.h"

/* Connects, at most within_ms, and begins; NULL with why. */
struct errand_options {
    const char *purpose;
    int64_t within_ms;
};
struct sync *errand_open(arena *mem, const struct config *config,
                         const struct errand_options *options, str *why);

/* Begins on a connection that is there already, for whoever must look around first, or begins anew
 * behind a commit of its own. */
bool errand_begin(struct sync *sync, arena *mem, const struct config *config, str *why);

/* One value of one row; absent: null, or no row. */
bool errand_ask(struct sync *sync, arena *mem, const struct statement *query, str *value, str *why);

/* Commits, then ends the connection. False: nothing of it has happened, or nobody knows. */
bool errand_close(struct sync **sync, arena *mem, str *why);

#endif
