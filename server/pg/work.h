/* A unit of work: one statement under one identity, and the requests that wait for its result.
 * Owned by a pool. A request may leave before it; identical reads may share one. */
#ifndef PG_WORK_H
#define PG_WORK_H

#include <libpq-fe.h>

#include "base/fail.h"
#include "base/list.h"
#include "pg/db.h"
#include "pg/shape.h"

struct pool;
struct segment;

/* What else a unit competes with. Each lane has connections of its own while it is busy, so
 * that a slow statement blocks nobody. */
enum lane {
    LANE_READ,  /* reads known to be quick: batched, one connection, few backends */
    LANE_WRITE, /* one unit a transaction, spread over connections, pipelined when they are all busy
                 */
    LANE_NEW,   /* shapes never measured: one unit, alone on a connection */
    LANE_SLOW,  /* shapes that are slow, and streams: one unit, alone on a connection */
    LANES
};

/* One result, or a portion of rows in single-row mode. Shared by the requests it answers. */
struct rows {
    size_t refs;
    int count;          /* of results */
    PGresult *first;    /* the only one, unless it is a portion */
    PGresult **portion; /* one row each */
    struct rows *after[AFTERS];
};

struct waiter {
    struct list node; /* work->waiters, or alone when it is over */
    struct request *req;
    struct work *work; /* NULL when it is over */
    rows_fn *done;
    const struct portion_fns *stream; /* instead of done */
    void *arg;
};

struct work {
    struct list node;    /* its lane's queue, or its segment's works */
    struct list waiters; /* empty: everybody left */
    struct pool *pool;
    struct segment *segment; /* NULL while it is in the queue */
    enum lane lane;
    struct statement statement; /* a copy of our own */
    const struct claims *claims;
    struct shape *shape;
    uint64_t shape_hash;
    int64_t queued_us;
    int64_t wait_ms; /* at most this long in the queue */
    int retries;
    bool alone; /* never in a batch: see work_is_solitary, or a mate failed it */

    /* single flight, see flight.c */
    bool shared;
    uint64_t key;
    struct work *flight_next; /* others in the same bucket */
    struct work *after;       /* identical requests that came after this one was sent */

    /* what came back, until the segment's Sync */
    PGresult *result, *error;
    PGresult *behind[AFTERS]; /* of the statements after it */
    bool aborted;             /* not run: somebody else in the segment failed */
    bool reparse;             /* the prepared statement is gone or stale */

    /* streaming */
    bool streaming, started;
    PGresult **portion;
    int nportion, portion_room;
    size_t portion_bytes;
};

struct work *work_new(struct pool *pool, const struct request *req,
                      const struct statement *statement);
void work_wait(struct work *work, struct waiter *waiter);
void work_forget_results(struct work *work); /* it runs again, or is over */
void work_free(struct work *work);

/* It could tell its mates' doings from its own, or they could suffer from its: a transaction for
 * itself, and nobody joins it. */
bool work_is_solitary(const struct statement *statement);

/* Both may share one transaction: same role, claims, search path and settings. */
bool work_mates(const struct work *a, const struct work *b);

/* Same identity and the same statement to the letter: one result answers both. */
bool work_identical(const struct work *a, const struct work *b);

/* The role the unit runs as. */
static inline str work_role(const struct work *work)
{
    return work->statement.role.at != NULL ? work->statement.role : work->claims->role;
}

struct rows *rows_new(PGresult *result);
struct rows *rows_new_portion(PGresult **portion, int count);
void rows_hold(struct rows *rows, arena *mem); /* alive at least as long as mem */
void rows_unref(struct rows **rows);

#endif
