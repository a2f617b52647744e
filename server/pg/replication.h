/* One connection that streams committed changes: logical replication with pgoutput. It comes back
 * by itself with growing pauses; with a temporary slot what was committed meanwhile is lost to it,
 * which `up` tells. Source: PostgreSQL 55.4 "Streaming Replication Protocol". */
#ifndef PG_REPLICATION_H
#define PG_REPLICATION_H

#include "base/str.h"
#include "loop/loop.h"

struct replication;

struct replication_options {
    str url;         /* of a role with REPLICATION, on the primary, without a pooler */
    str publication; /* must exist */
    str slot;        /* a permanent one, made if it is not there; absent: a temporary one */
};

struct replication_fns {
    /* Streaming, from now on or (with a permanent slot that was there) from where it was: of what
     * was committed behind `from` nothing is left out. */
    void (*up)(void *arg, bool continued, uint64_t from);
    void (*down)(void *arg, const char *why); /* once for each time it was up */
    /* One message of pgoutput. NULL, or why it is not understood: the connection starts anew. */
    const char *(*message)(void *arg, str message);
    /* Nothing that concerns us lies before this place in the log, but what was given already. */
    void (*idle)(void *arg, uint64_t lsn);
};

struct replication *replication_open(struct loop *loop, const struct replication_options *options,
                                     const struct replication_fns *fns, void *arg);
void replication_close(struct replication **replication);

/* Everything up to here has reached whom it concerns: PostgreSQL may forget it. */
void replication_confirm(struct replication *replication, uint64_t lsn);

#endif
