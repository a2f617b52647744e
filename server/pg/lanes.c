/* The lane of a unit, and the connection that takes it. See README.md for the lanes and why few
 * backends are best. */
#include "base/clock.h"
#include "pg/pool_inside.h"

enum lane pool_lane_of(const struct work *work)
{
    if (work->streaming || shape_slow(work->shape))
        return LANE_SLOW;
    if (!work->shape->known)
        return LANE_NEW; /* running alone is how it becomes known */
    return work->statement.access == ACCESS_WRITE ? LANE_WRITE : LANE_READ;
}

static bool is_stuck(const struct conn *conn)
{
    const struct segment *head = LIST_ENTRY(conn->segments.next, struct segment, node);

    return clock_us() - conn->head_us > STUCK_US + STUCK_TIMES * head->expected_us;
}

/* It has had its time: it sleeps, waits for a lock, or is starved by the kernel. */
static bool is_long(const struct conn *conn, enum lane lane)
{
    return lane == LANE_READ ? is_stuck(conn) : clock_us() - conn->head_us > LONG_US;
}

/* How many connections serve the lane; fresh_only: those that are not long. */
static int serving(const struct pool *pool, enum lane lane, bool fresh_only)
{
    int count = 0;

    LIST_EACH (node, &pool->conns[CONN_BUSY]) {
        const struct conn *conn = LIST_ENTRY(node, struct conn, node);
        count += conn->lane == lane && !(fresh_only && is_long(conn, lane));
    }
    return count;
}

static int at_least_one(int count)
{
    return count < 1 ? 1 : count;
}

/* Few backends that work beat many: with more of them than cores the kernel starves some, for more
 * than a second (pace.h). Those that are long may be asleep, so others go on beside them. */
static bool may_serve_more(const struct pool *pool, enum lane lane)
{
    int most = at_least_one(pool->max - 2);

    switch (lane) {
    case LANE_READ:
        return serving(pool, lane, true) < 1;
    case LANE_WRITE:
        most = at_least_one(pool->max - 1);
        return serving(pool, lane, false) < (most < WRITE_CONNS_MAX ? most : WRITE_CONNS_MAX);
    default:
        return serving(pool, lane, true) < pace_most(&pool->pace) &&
               serving(pool, lane, false) < most;
    }
}

void pool_learn(const struct conn *conn, const struct work *work, int64_t us)
{
    struct pool *pool = conn->pool;
    int at_once = serving(pool, LANE_SLOW, true) + serving(pool, LANE_NEW, true);

    if (conn->lane == LANE_READ || conn->lane == LANE_WRITE)
        at_once = 1;
    else if (work->shape->known && !work->streaming)
        pace_learn(&pool->pace, us, work->shape->least_us, at_once, at_least_one(pool->max - 2));
    shape_measure(work->shape, work->shape_hash, us, at_least_one(at_once));
}

static struct conn *idle_conn(const struct pool *pool)
{
    /* The last used first: the others grow old and are closed. */
    for (struct list *node = pool->conns[CONN_IDLE].prev; node != &pool->conns[CONN_IDLE];
         node = node->prev) {
        struct conn *conn = LIST_ENTRY(node, struct conn, node);
        if (!conn->cancelling)
            return conn;
    }
    return NULL;
}

/* A lane that has work, no connection and no prospect of one waits for a busy connection to
 * become idle: then nobody may pile more onto it. */
static bool somebody_starves(const struct pool *pool, enum lane but)
{
    if (pool_open_count(pool) < pool->max)
        return false;
    for (int lane = 0; lane < LANES; lane++)
        if (lane != (int)but && pool_head(pool, lane) != NULL &&
            serving(pool, lane, lane == LANE_READ) == 0)
            return true;
    return false;
}

static bool takes_more(const struct conn *conn, enum lane lane)
{
    if (conn->lane != lane || conn->cancelling || conn->paused)
        return false;
    if (conn->pool->pooled)
        return false; /* see pool_on_pooler */
    if (lane == LANE_WRITE)
        return conn->nsegments < WRITE_SEGMENTS_MAX;
    if (is_stuck(conn))
        return false;
    return conn->nsegments < READ_SEGMENTS_MAX ||
           (conn->nsegments < MIXED_SEGMENTS_MAX && conn->nworks < MIXED_SEGMENTS_MAX);
}

/* The busy connection of this lane with the least in flight. */
static struct conn *busy_conn(const struct pool *pool, enum lane lane)
{
    struct conn *best = NULL;

    if (lane == LANE_SLOW || lane == LANE_NEW || somebody_starves(pool, lane))
        return NULL;
    LIST_EACH (node, &pool->conns[CONN_BUSY]) {
        struct conn *conn = LIST_ENTRY(node, struct conn, node);
        if (takes_more(conn, lane) && (best == NULL || conn->nworks < best->nworks))
            best = conn;
    }
    return best;
}

static bool needs_ping(const struct conn *conn)
{
    int64_t seen_us = conn->pinged_us > conn->idle_us ? conn->pinged_us : conn->idle_us;

    return conn->pool->pre_ping && clock_us() - seen_us > FRESH_US;
}

struct conn *pool_find_conn(struct pool *pool, enum lane lane)
{
    if (may_serve_more(pool, lane)) {
        struct conn *idle = idle_conn(pool);
        if (idle != NULL && !needs_ping(idle))
            return idle;
        if (idle != NULL) {
            conn_ping(idle); /* the next pump finds it alive, or gone */
            return NULL;
        }
        /* Reads do not wait for a new connection while the one they have takes more. */
        if (pool->nconns[CONN_OPENING] < pool->waiting && pool_may_open(pool))
            conn_open(pool);
    }
    return busy_conn(pool, lane);
}
