/* Who runs next, on which connection. See README.md for the lanes and why few backends are best. */
#include "pg/pool.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "pg/pool_inside.h"
#include "pg/url.h"

static void pump(void *arg);
static void open_if_short(struct pool *pool);
static void fail_waiting(struct pool *pool);

/* This worker's share of a number of connections: the first ones get the remainder. */
static int share(int64_t total, const struct db_options *options)
{
    int64_t each = total / options->workers;
    return (int)(each + (options->worker < total % options->workers ? 1 : 0));
}

void pool_init(struct pool *pool, struct db *db, const char *name, str url)
{
    const struct config *config = db->options.config;
    const struct conninfo_options how = {
        .purpose = name, .connect_timeout_s = (config->db_connect_timeout_ms + 999) / 1000};
    arena *mem = arena_open();
    struct conninfo conninfo;
    str why;

    if (!conninfo_make(mem, url, &how, &conninfo, &why))
        die(2, "%.*s", STR_ARG(why));
    *pool = (struct pool){.db = db, .name = name};
    pool->conninfo = strndup(conninfo.text.at, conninfo.text.len);
    if (conninfo.plain && db->options.worker == 0)
        log_line(LOG_WARN, "plain connection",
                 "pool=%s host=%.*s hint=\"the database may be reached without TLS: "
                 "sslmode=require\"",
                 name, STR_ARG(conninfo.hosts));
    pool->pooled = conninfo.unprepared;
    pool_take(pool);
    pool->pre_ping = str_eq(config->db_pre_ping, STR("always"));
    pool->max = share(config->db_max_connections, &db->options);
    pool->min = share(config->db_min_connections, &db->options);
    pool->size = share(config->db_size, &db->options);
    pool->backoff_ms = BACKOFF_FIRST_MS;
    for (int i = 0; i < CONN_STATES; i++)
        list_init(&pool->conns[i]);
    for (int i = 0; i < LANES; i++)
        list_init(&pool->queues[i]);
    arena_close(&mem);
    open_if_short(pool);
}

void pool_release(struct pool *pool)
{
    static const enum conn_state open[] = {CONN_IDLE, CONN_BUSY};

    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
        while (!list_empty(&pool->conns[open[i]]))
            conn_close(LIST_ENTRY(pool->conns[open[i]].next, struct conn, node), "stopping");
    fail_waiting(pool);
}

void pool_free(struct pool *pool)
{
    free(pool->conninfo);
}

int pool_open_count(const struct pool *pool)
{
    return pool->nconns[CONN_OPENING] + pool->nconns[CONN_IDLE] + pool->nconns[CONN_BUSY];
}

/* One attempt at a time while the database is away, each after a longer pause. */
bool pool_may_open(const struct pool *pool)
{
    if (pool->db->closing || pool_open_count(pool) >= pool->max)
        return false;
    return !pool->down || (pool->nconns[CONN_OPENING] == 0 && clock_us() >= pool->retry_us);
}

static void open_if_short(struct pool *pool)
{
    while (pool_open_count(pool) < pool->min && pool_may_open(pool))
        conn_open(pool);
}

void pool_on_open(struct pool *pool, struct conn *conn)
{
    if (pool->down)
        log_line(LOG_INFO, "database is back", "pool=%s away_ms=%lld", pool->name,
                 (long long)(clock_us() - pool->down_us) / 1000);
    (void)conn;
    pool->down = false;
    pool->backoff_ms = BACKOFF_FIRST_MS;
    pool_pump_soon(pool);
}

void pool_on_open_failed(struct pool *pool, const char *why)
{
    int64_t now = clock_us();

    if (!pool->down) {
        pool->down = pool->nconns[CONN_IDLE] + pool->nconns[CONN_BUSY] == 0;
        pool->down_us = now;
        log_line(LOG_ERROR, "cannot connect", "pool=%s reason=\"%s\"", pool->name, why);
    }
    /* Half of the pause is fixed, half is chance: many instances must not come in step. */
    pool->retry_us = now + (pool->backoff_ms / 2 + clock_jitter(pool->backoff_ms / 2 + 1)) * 1000;
    if (pool->backoff_ms < BACKOFF_MAX_MS)
        pool->backoff_ms *= 2;
}

void pool_pump_soon(struct pool *pool)
{
    if (pool->pumping || pool->db->closing)
        return;
    pool->pumping = true;
    loop_soon(pool->db->options.loop, pump, pool);
}

/* ---- the queues ---- */

void pool_enqueue(struct pool *pool, struct work *work)
{
    work->lane = pool_lane_of(work);
    pool->waiting++;
    metric_add(pool_metrics(pool), METRIC_DB_WAITING, 1);
    list_append(&pool->queues[work->lane], &work->node);
    pool_pump_soon(pool);
}

static void dequeue(struct work *work)
{
    list_remove(&work->node);
    work->pool->waiting--;
    metric_add(pool_metrics(work->pool), METRIC_DB_WAITING, -1);
}

static bool may_share(const struct work *work)
{
    return work->statement.access == ACCESS_READ && !work->streaming && !work->alone;
}

static void join(struct work *fresh, struct work *other)
{
    while (!list_empty(&fresh->waiters)) {
        struct waiter *waiter = LIST_ENTRY(fresh->waiters.next, struct waiter, node);
        list_remove(&waiter->node);
        work_wait(other, waiter);
    }
    metric_add(pool_metrics(other->pool), METRIC_DB_JOINED, 1);
    work_free(fresh);
}

void pool_submit(struct pool *pool, struct work *work)
{
    struct work *other = NULL;

    work->shape = shape_get(&pool->shapes, work->statement.text);
    work->shape_hash = work->shape->hash;
    if (!may_share(work)) {
        pool_enqueue(pool, work);
        return;
    }
    work->key = flight_key(work);
    switch (flight_enter(&pool->flights, work, &other)) {
    case FLIGHT_FIRST:
        pool_enqueue(pool, work);
        break;
    case FLIGHT_JOINED:
        join(work, other);
        break;
    case FLIGHT_AFTER:
        metric_add(pool_metrics(pool), METRIC_DB_JOINED, 1);
        break;
    }
}

void pool_requeue(struct pool *pool, struct work *work)
{
    work->queued_us = clock_us();
    pool_enqueue(pool, work);
    list_remove(&work->node);
    list_prepend(&pool->queues[work->lane], &work->node);
}

struct work *pool_head(const struct pool *pool, enum lane lane)
{
    const struct list *queue = &pool->queues[lane];
    return list_empty(queue) ? NULL : LIST_ENTRY(queue->next, struct work, node);
}

/* Units that nobody waits for any more never reach PostgreSQL. */
static void drop_abandoned(struct pool *pool, enum lane lane)
{
    struct work *work;

    while ((work = pool_head(pool, lane)) != NULL && list_empty(&work->waiters)) {
        dequeue(work);
        work_finish(work, NULL);
    }
}

/* ---- sending ---- */

static void gather_mates(struct pool *pool, struct work *first, struct list *batch)
{
    struct list *queue = &pool->queues[LANE_READ];
    int64_t expected_us = first->shape->average_us;
    int count = 1, seen = 0;

    LIST_EACH (node, queue) {
        struct work *work = LIST_ENTRY(node, struct work, node);
        if (count == SEGMENT_WORKS_MAX || ++seen > SEARCH_MAX || expected_us > SEGMENT_US_MAX)
            return;
        if (list_empty(&work->waiters) || !work_mates(first, work))
            continue;
        expected_us += work->shape->average_us;
        count++;
        dequeue(work);
        list_append(batch, &work->node);
    }
}

static void send_first(struct pool *pool, struct work *work, struct conn *conn)
{
    enum lane lane = work->lane;
    struct list batch;

    list_init(&batch);
    dequeue(work);
    list_append(&batch, &work->node);
    if (lane == LANE_READ && !work->alone)
        gather_mates(pool, work, &batch);
    conn->lane = lane;
    conn_send(conn, &batch);
}

/* Of the first units of the lanes not yet tried, the one that has waited longest. */
static struct work *longest_waiting(const struct pool *pool, unsigned tried)
{
    struct work *longest = NULL;

    for (int lane = 0; lane < LANES; lane++) {
        struct work *work = (tried & (1u << lane)) ? NULL : pool_head(pool, lane);
        if (work != NULL && (longest == NULL || work->queued_us < longest->queued_us))
            longest = work;
    }
    return longest;
}

/* No connection comes any more: who waits is told so, and nothing new comes in (db_run). */
static void fail_waiting(struct pool *pool)
{
    struct work *work;

    while ((work = longest_waiting(pool, 0)) != NULL) {
        dequeue(work);
        work_fail(work, FAIL_NO_DATABASE, "The server is stopping");
    }
}

static bool send_one(struct pool *pool, unsigned *tried)
{
    struct work *work = longest_waiting(pool, *tried);

    if (work == NULL)
        return false;
    struct conn *conn = pool_find_conn(pool, work->lane);
    if (conn == NULL)
        *tried |= 1u << work->lane;
    else
        send_first(pool, work, conn);
    return true;
}

static void pump(void *arg)
{
    struct pool *pool = arg;
    unsigned tried = 0;

    pool->pumping = false;
    for (int lane = 0; lane < LANES; lane++)
        drop_abandoned(pool, lane);
    while (pool->waiting > 0 && send_one(pool, &tried))
        for (int lane = 0; lane < LANES; lane++)
            drop_abandoned(pool, lane);
}

/* ---- as time goes by ---- */

static void expire(struct pool *pool, enum lane lane, int64_t now_us)
{
    LIST_EACH (node, &pool->queues[lane]) {
        struct work *work = LIST_ENTRY(node, struct work, node);
        if (now_us - work->queued_us < work->wait_ms * 1000)
            continue;
        dequeue(work);
        pool->expired++;
        metric_add(pool_metrics(pool), METRIC_DB_TIMEOUTS, 1);
        if (pool->down)
            work_fail(work, FAIL_NO_DATABASE, "The database is not reachable");
        else
            work_fail(work, FAIL_BUSY, "Timed out acquiring connection from connection pool.");
    }
}

/* A line for many, as the log must not be what breaks under load. */
static void say_expired(struct pool *pool, int64_t now_us)
{
    if (pool->expired == 0 || now_us - pool->said_us < SAID_US)
        return;
    log_line(LOG_ERROR, "no connection in time", "pool=%s requests=%lld", pool->name,
             (long long)pool->expired);
    pool->expired = 0;
    pool->said_us = now_us;
}

static bool outlived(const struct conn *conn, int64_t now_us)
{
    return conn->lives_us > 0 && now_us - conn->opened_us > conn->lives_us;
}

/* Warm: min. For a second after a burst: size. Above it: overflow, closed at once. */
static void trim(struct pool *pool, int64_t now_us)
{
    const struct config *config = pool->db->options.config;
    int idle = pool->nconns[CONN_IDLE];

    LIST_EACH (node, &pool->conns[CONN_IDLE]) {
        struct conn *conn = LIST_ENTRY(node, struct conn, node);
        int total = idle + pool->nconns[CONN_BUSY];
        int64_t rest_us = now_us - conn->idle_us;
        bool surplus = (total > pool->size && rest_us > 1000000) ||
                       (total > pool->min && rest_us > config->db_idle_timeout_ms * 1000);
        if (conn->cancelling || (!surplus && !outlived(conn, now_us)))
            continue;
        idle--;
        conn_retire(conn, surplus ? "idle" : "lifetime");
    }
}

/* So that a connection whose network has gone is not found out by a request. */
static void ping_idle(struct pool *pool, int64_t now_us)
{
    LIST_EACH (node, &pool->conns[CONN_IDLE]) {
        struct conn *conn = LIST_ENTRY(node, struct conn, node);
        int64_t seen_us = conn->idle_us > conn->pinged_us ? conn->idle_us : conn->pinged_us;
        if (!conn->cancelling && now_us - seen_us > PING_US)
            conn_ping(conn);
    }
}

static void give_up_stalled(struct pool *pool, int64_t now_us)
{
    LIST_EACH (node, &pool->conns[CONN_BUSY]) {
        struct conn *conn = LIST_ENTRY(node, struct conn, node);
        if (conn->nworks == 0 && now_us - conn->pinged_us > DEAD_US) {
            conn_close(conn, "no sign of life");
            continue;
        }
        if (!conn->paused || now_us - conn->paused_us < STALL_MS * INT64_C(1000))
            continue;
        const struct segment *head = LIST_ENTRY(conn->segments.next, struct segment, node);
        work_stall(LIST_ENTRY(head->works.next, struct work, node));
    }
}

void pool_sweep(struct pool *pool, int64_t now_us)
{
    give_up_stalled(pool, now_us);
    ping_idle(pool, now_us);
    for (int lane = 0; lane < LANES; lane++)
        expire(pool, lane, now_us);
    say_expired(pool, now_us);
    trim(pool, now_us);
    open_if_short(pool);
    if (pool->waiting > 0) {
        if (pool_open_count(pool) == 0 && pool_may_open(pool))
            conn_open(pool);
        pool_pump_soon(pool);
    }
}
