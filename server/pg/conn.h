/* One connection in pipeline mode: opened and cancelled in a work thread (libpq 15 blocks there),
 * watched on the loop. It is on exactly one of its pool's lists, which is its state. */
#ifndef PG_CONN_H
#define PG_CONN_H

#include "loop/loop.h"
#include "pg/prepared.h"
#include "pg/work.h"

enum conn_state {
    CONN_OPENING, /* in a work thread */
    CONN_IDLE,    /* in PQTRANS_IDLE, nothing in flight */
    CONN_BUSY,    /* segments in flight */
    CONN_CLOSING, /* a cancel is under way in a work thread; then it is closed */
    CONN_STATES
};

/* What the next result belongs to. */
enum step_kind {
    STEP_CLAIMS,
    STEP_DEALLOCATE,
    STEP_PARSE,
    STEP_ASIDE, /* its rows are of no interest: a guard, an isolation, an ending */
    STEP_MAIN,
    STEP_AFTER,
    STEP_SYNC
};

struct step {
    enum step_kind kind;
    enum after after;  /* which, of STEP_AFTER */
    unsigned prepared; /* number of the statement that is parsed or run, 0: unnamed */
    struct segment *segment;
    struct work *work; /* NULL for claims and Sync */
};

/* Units under one Sync: one implicit transaction, one identity. */
struct segment {
    struct list node; /* conn->segments, the oldest first */
    struct conn *conn;
    struct list works; /* in the order sent */
    int nworks;
    int64_t sent_us;
    int64_t expected_us; /* what the shapes of its units promise together */
    PGresult *error;     /* of the claims, or at Sync (a deferred constraint) */
    bool reparse;        /* the name of the claims' statement is gone */
    bool poisoned;       /* the session must not be used again */
};

struct conn {
    struct list node;
    enum conn_state state;
    struct pool *pool;
    PGconn *pg;
    struct watch *watch;
    enum lane lane; /* while busy */
    struct list segments;
    int nsegments, nworks;
    struct step *steps; /* a ring, in the order of results */
    unsigned step_head, step_count, step_room;
    struct prepareds prepared;
    int id;
    int64_t pinged_us;
    int64_t opened_us, lives_us, idle_us, head_us; /* head_us: the oldest segment began to run */
    bool cancelling;                               /* a cancel is under way: nothing new is sent */
    bool cancelled;  /* one was sent since the connection was last idle */
    bool pooled;     /* set by the work thread, see pool_on_pooler */
    bool paused;     /* a streaming client is behind: nothing is read */
    bool delivering; /* inside its callback just now */
    int64_t paused_us;
    char *open_error; /* set by the work thread */
};

struct conn *conn_open(struct pool *pool);
void conn_retire(struct conn *conn, const char *reason); /* as planned, with nothing in flight */
void conn_close(struct conn *conn, const char *reason);  /* units in flight are retried or failed */
void conn_set_state(struct conn *conn, enum conn_state state, const char *reason);

/* Sends the units as one segment. They leave their queue. */
void conn_send(struct conn *conn, struct list *works);

/* Asks an idle connection for a sign of life: a Sync with nothing before it. */
void conn_ping(struct conn *conn);

/* Stops what the oldest segment runs, if nobody waits for it any more. */
void conn_cancel_abandoned(struct conn *conn);

/* Reads on after a pause. */
void conn_resume(struct conn *conn);

/* segment.c puts one on the wire; pipeline.c reads what has come. False: the connection is broken.
 */
bool pipeline_send(struct conn *conn, struct segment *segment) __attribute__((warn_unused_result));
bool pipeline_read(struct conn *conn) __attribute__((warn_unused_result));

#endif
