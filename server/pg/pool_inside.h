/* The pool as its own files see it. Outside of pg/ there is only pool.h and db.h. */
#ifndef PG_POOL_INSIDE_H
#define PG_POOL_INSIDE_H

#include "pg/conn.h"
#include "pg/flight.h"
#include "pg/pace.h"
#include "pg/pool.h"

enum {
    SEGMENT_WORKS_MAX = 32, /* reads of one identity under one Sync */
    SEGMENT_US_MAX = 8000,  /* that are expected to take no longer than this together */
    SEARCH_MAX = 64,        /* how far the queue is searched for mates */
    READ_SEGMENTS_MAX = 2,  /* in flight on a connection, when they are batches */
    MIXED_SEGMENTS_MAX = 8, /* in flight, when every unit has an identity of its own */
    WRITE_SEGMENTS_MAX = 4,
    WRITE_CONNS_MAX = 8,
    LONG_US = 100000, /* what runs longer is not counted among the slow that run at a time */
    STUCK_US = 20000, /* a segment that runs so much longer than STUCK_TIMES what its shapes */
    STUCK_TIMES = 4,  /* promise keeps nobody else waiting behind it */
    QUEUE_MAX = 8192, /* units that wait, a pool of a worker; above it: refused at once */
    RETRIES_MAX = 3,
    BACKOFF_FIRST_MS = 25,
    BACKOFF_MAX_MS = 400,
    SWEEP_MS = 50,
    LIFETIME_JITTER = 10, /* percent */
    PORTION_BYTES = 64 << 10,
    PORTION_ROWS = 1024,
    FRESH_US = 50000,  /* a sign of life counts for so long before a use */
    PING_US = 5000000, /* an idle connection is asked for a sign of life so often */
    DEAD_US = 3000000, /* and given up when there is none for so long */
    SAID_US = 5000000, /* requests without a connection are logged so often */
    STALL_MS = 30000   /* a streaming client that takes nothing for so long is given up */
};

struct pool {
    struct db *db;
    const char *name; /* "write" or "read", in application_name and logs */
    char *conninfo;
    int max, min, size;
    bool prepared_on;
    bool pre_ping;  /* a connection is asked for a sign of life before it is used */
    bool pooled;    /* a transaction-mode pooler may stand in between */
    int lost_names; /* how often a session had lost our prepared statements */
    struct list conns[CONN_STATES];
    int nconns[CONN_STATES];
    struct list queues[LANES];
    int waiting;
    bool pumping; /* a pump is due at the end of this turn */
    bool down;    /* the last attempt to connect failed */
    int64_t down_us, retry_us, backoff_ms, calm_us;
    int64_t expired, said_us; /* waited in vain since that was last logged, and when it was */
    int next_id;
    struct flights flights;
    struct shapes shapes;
    struct pace pace;
};

struct db {
    struct db_options options;
    struct pool primary, replica;
    bool has_replica;
    struct timer *sweep;
    bool closing;
};

/* Dies when the URL cannot be read: settings were checked before. */
void pool_init(struct pool *pool, struct db *db, const char *name, str url);
void pool_take(struct pool *pool);    /* the settings may have changed */
void pool_release(struct pool *pool); /* those that are opening close when they have opened */
void pool_free(struct pool *pool);    /* after the loop has ended: nobody connects any more */
void pool_enqueue(struct pool *pool, struct work *work);
void pool_submit(struct pool *pool, struct work *work);
void pool_pump_soon(struct pool *pool);
void pool_sweep(struct pool *pool, int64_t now_us);
int pool_open_count(const struct pool *pool); /* those being opened included */
bool pool_may_open(const struct pool *pool);
/* A unit ran alone on its connection and took so long: what its shape, and the pool, learn of it.
 */
void pool_learn(const struct conn *conn, const struct work *work, int64_t us);
struct work *pool_head(const struct pool *pool, enum lane lane); /* NULL: its queue is empty */

/* lanes.c: NULL if its units have to wait. */
enum lane pool_lane_of(const struct work *work);
struct conn *pool_find_conn(struct pool *pool, enum lane lane);

/* Called by connections. */
/* The backend is not the one we connected to. PgBouncer in transaction mode hands it on at the
 * first Sync, so what is sent behind it may answer somebody else: from now on one segment at a
 * time, and no prepared statements unless the setting insists. */
void pool_on_pooler(struct pool *pool, const char *reason);
void pool_on_open(struct pool *pool, struct conn *conn);
void pool_on_open_failed(struct pool *pool, const char *why);
void pool_requeue(struct pool *pool, struct work *work); /* at the front: it has waited already */

/* The end of a unit: every request that still waits gets the rows or the failure. db.c. */
void work_finish(struct work *work, const PGresult *error);
void work_fail(struct work *work, enum fail_kind kind, const char *why);
/* The client of a stream has taken nothing for too long: it gets no more. */
void work_stall(struct work *work);
/* Rows of a stream have come; true: stop reading until db_more. */
bool work_deliver(struct work *work);

/* The connection that runs the unit; NULL while it is queued. */
static inline struct conn *pool_conn_of(const struct work *work)
{
    return work->segment == NULL ? NULL : work->segment->conn;
}

static inline struct metrics *pool_metrics(const struct pool *pool)
{
    return pool->db->options.metrics;
}

#endif
