/* See conn.h. */
#include "pg/conn.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "pg/pool_inside.h"

static const char *const state_names[CONN_STATES] = {"opening", "idle", "busy", "closing"};

static void open_in_thread(void *arg);
static void on_opened(void *arg);
static void on_ready(void *arg, int events);

struct conn *conn_open(struct pool *pool)
{
    struct conn *conn = h2o_mem_alloc(sizeof(*conn));

    *conn = (struct conn){.pool = pool, .id = ++pool->next_id, .state = CONN_OPENING};
    list_init(&conn->segments);
    prepareds_init(&conn->prepared);
    list_append(&pool->conns[CONN_OPENING], &conn->node);
    pool->nconns[CONN_OPENING]++;
    loop_work(pool->db->options.loop, open_in_thread, on_opened, conn);
    return conn;
}

void conn_set_state(struct conn *conn, enum conn_state state, const char *reason)
{
    struct pool *pool = conn->pool;

    if (log_on(LOG_DEBUG))
        log_line(LOG_DEBUG, "connection", "pool=%s id=%d from=%s to=%s reason=\"%s\"", pool->name,
                 conn->id, state_names[conn->state], state_names[state], reason);
    if (conn->state == CONN_BUSY || state == CONN_BUSY)
        metric_add(pool_metrics(pool), METRIC_DB_BUSY, state == CONN_BUSY ? 1 : -1);
    list_remove(&conn->node);
    pool->nconns[conn->state]--;
    conn->state = state;
    list_append(&pool->conns[state], &conn->node);
    pool->nconns[state]++;
}

static char *describe(const PGconn *pg)
{
    const char *text = PQerrorMessage(pg);
    size_t len = strcspn(text, "\n");
    char *copy = h2o_mem_alloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

/* A pooler gives its clients process numbers of its own. */
static bool is_pooled(PGconn *pg)
{
    PGresult *result = PQexec(pg, "select pg_backend_pid()");
    bool same = PQntuples(result) == 1 && atoi(PQgetvalue(result, 0, 0)) == PQbackendPID(pg);

    PQclear(result);
    return !same;
}

/* PQconnectdb resolves names and waits: not on the loop. */
static void open_in_thread(void *arg)
{
    struct conn *conn = arg;

    conn->pg = PQconnectdb(conn->pool->conninfo);
    if (PQstatus(conn->pg) == CONNECTION_OK)
        conn->pooled = is_pooled(conn->pg);
    if (PQstatus(conn->pg) != CONNECTION_OK || PQsetnonblocking(conn->pg, 1) != 0 ||
        PQenterPipelineMode(conn->pg) != 1)
        conn->open_error = describe(conn->pg);
}

static void conn_free(struct conn *conn)
{
    struct pool *pool = conn->pool;

    list_remove(&conn->node);
    pool->nconns[conn->state]--;
    watch_close(&conn->watch);
    PQfinish(conn->pg);
    prepareds_release(&conn->prepared);
    free(conn->steps);
    free(conn->open_error);
    free(conn);
}

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg; /* a RAISE NOTICE of a user's function is row data: not for our log */
    (void)result;
}

static void on_opened(void *arg)
{
    struct conn *conn = arg;
    struct pool *pool = conn->pool;

    if (conn->open_error != NULL || pool->db->closing) {
        if (conn->open_error != NULL)
            pool_on_open_failed(pool, conn->open_error);
        conn_free(conn);
        return;
    }
    int64_t life = pool->db->options.config->db_max_lifetime_ms * 1000;
    conn->opened_us = conn->idle_us = clock_us();
    conn->lives_us = life - life * clock_jitter(LIFETIME_JITTER) / 100; /* no herd of reconnects */
    PQsetNoticeReceiver(conn->pg, ignore_notice, NULL);
    conn->watch = watch_open(pool->db->options.loop, PQsocket(conn->pg), on_ready, conn);
    watch_for(conn->watch, WATCH_READ);
    if (conn->pooled)
        pool_on_pooler(pool, "the backend's process is another than the one connected to");
    conn_set_state(conn, CONN_IDLE, "connected");
    metric_add(pool_metrics(pool), METRIC_DB_OPENED, 1);
    metric_add(pool_metrics(pool), METRIC_DB_OPEN, 1);
    pool_on_open(pool, conn);
}

static bool flush(struct conn *conn)
{
    int left = PQflush(conn->pg);

    if (left >= 0)
        watch_for(conn->watch, left == 1      ? WATCH_READ | WATCH_WRITE
                               : conn->paused ? 0
                                              : WATCH_READ);
    return left >= 0;
}

static void on_ready(void *arg, int events)
{
    struct conn *conn = arg;

    if (events < 0) {
        conn_close(conn, "socket error");
        return;
    }
    if ((events & WATCH_READ) && !PQconsumeInput(conn->pg)) {
        /* What came before the end is worth reading: it may say why. */
        if (pipeline_read(conn))
            conn_close(conn, "closed by PostgreSQL");
        else
            conn_close(conn, PQerrorMessage(conn->pg));
        return;
    }
    /* PQflush may read, too: so results are looked for after either event. */
    if (!flush(conn) || !pipeline_read(conn) || PQstatus(conn->pg) != CONNECTION_OK)
        conn_close(conn, "connection lost");
}

void conn_send(struct conn *conn, struct list *works)
{
    struct segment *segment = h2o_mem_alloc(sizeof(*segment));
    struct pool *pool = conn->pool;

    *segment = (struct segment){.conn = conn, .sent_us = clock_us()};
    list_init(&segment->works);
    while (!list_empty(works)) {
        struct work *work = LIST_ENTRY(works->next, struct work, node);
        list_remove(&work->node);
        list_append(&segment->works, &work->node);
        work->segment = segment;
        segment->expected_us += work->shape->average_us;
        segment->nworks++;
    }
    if (conn->nsegments == 0)
        conn->head_us = segment->sent_us;
    list_append(&conn->segments, &segment->node);
    conn->nsegments++;
    conn->nworks += segment->nworks;
    metric_add(pool_metrics(pool), METRIC_DB_SEGMENTS, 1);
    metric_add(pool_metrics(pool), METRIC_DB_UNITS, segment->nworks);
    if (conn->state == CONN_IDLE)
        conn_set_state(conn, CONN_BUSY, "work");
    if (!pipeline_send(conn, segment) || !flush(conn))
        conn_close(conn, "cannot send");
}

void conn_ping(struct conn *conn)
{
    struct list none;

    list_init(&none);
    conn->pinged_us = clock_us();
    conn_send(conn, &none);
}

void conn_resume(struct conn *conn)
{
    conn->paused = false;
    if (conn->delivering)
        return;
    if (!flush(conn) || !pipeline_read(conn) || PQstatus(conn->pg) != CONNECTION_OK)
        conn_close(conn, "connection lost");
}

struct cancel {
    struct conn *conn;
    PGcancel *handle;
};

static void cancel_in_thread(void *arg)
{
    struct cancel *cancel = arg;
    char why[256];

    if (cancel->handle != NULL)
        PQcancel(cancel->handle, why, sizeof(why)); /* failing, the statement runs to its end */
}

static void on_cancelled(void *arg)
{
    struct cancel *cancel = arg;
    struct conn *conn = cancel->conn;

    PQfreeCancel(cancel->handle);
    free(cancel);
    conn->cancelling = false;
    if (conn->state == CONN_CLOSING) {
        conn_free(conn);
        return;
    }
    pool_pump_soon(conn->pool);
}

/* PQcancel stops whatever the backend runs when it arrives: only when nobody waits for any
 * unit of the running segment. Who is hit by chance behind it is run again. */
void conn_cancel_abandoned(struct conn *conn)
{
    if (conn->cancelling || conn->state != CONN_BUSY || list_empty(&conn->segments))
        return;
    struct segment *head = LIST_ENTRY(conn->segments.next, struct segment, node);
    LIST_EACH (node, &head->works)
        if (!list_empty(&LIST_ENTRY(node, struct work, node)->waiters))
            return;
    struct cancel *cancel = h2o_mem_alloc(sizeof(*cancel));
    *cancel = (struct cancel){conn, PQgetCancel(conn->pg)};
    conn->cancelling = conn->cancelled = true;
    metric_add(pool_metrics(conn->pool), METRIC_DB_CANCELS, 1);
    loop_work(conn->pool->db->options.loop, cancel_in_thread, on_cancelled, cancel);
}

/* Reads are safe to repeat when nothing was answered; what a write did is unknown. */
static void lose(struct conn *conn, struct work *work)
{
    bool repeat = work->statement.access == ACCESS_READ && work->retries < RETRIES_MAX &&
                  !work->started && !conn->pool->db->closing;

    work->segment = NULL;
    if (!repeat) {
        work_fail(work, FAIL_CONNECTION_LOST,
                  work->statement.access == ACCESS_READ
                      ? "The connection to the database was lost"
                      : "The connection to the database was lost; whether the change was made is "
                        "unknown");
        return;
    }
    PQclear(work->error);
    PQclear(work->result);
    work->error = work->result = NULL;
    work->aborted = work->reparse = false;
    work->retries++;
    metric_add(pool_metrics(conn->pool), METRIC_DB_RETRIES, 1);
    pool_requeue(conn->pool, work);
}

static void leave_list(struct conn *conn, const char *reason)
{
    metric_add(pool_metrics(conn->pool), METRIC_DB_OPEN, -1);
    conn_set_state(conn, CONN_CLOSING, reason);
    watch_close(&conn->watch);
}

void conn_retire(struct conn *conn, const char *reason)
{
    assert(conn->nsegments == 0);
    leave_list(conn, reason);
    if (!conn->cancelling)
        conn_free(conn);
}

void conn_close(struct conn *conn, const char *reason)
{
    struct pool *pool = conn->pool;

    if (conn->state == CONN_CLOSING)
        return;
    metric_add(pool_metrics(pool), METRIC_DB_DISCARDED, 1);
    if (conn->nsegments > 0)
        log_line(LOG_WARN, "connection closed", "pool=%s id=%d segments=%d reason=\"%.*s\"",
                 pool->name, conn->id, conn->nsegments, (int)strcspn(reason, "\n"), reason);
    leave_list(conn, reason);
    /* The last first: requeueing puts each at the front, so they keep their order. */
    while (!list_empty(&conn->segments)) {
        struct segment *segment = LIST_ENTRY(conn->segments.prev, struct segment, node);
        list_remove(&segment->node);
        while (!list_empty(&segment->works)) {
            struct work *work = LIST_ENTRY(segment->works.prev, struct work, node);
            list_remove(&work->node);
            lose(conn, work);
        }
        PQclear(segment->error);
        free(segment);
    }
    conn->nsegments = conn->nworks = 0;
    pool_pump_soon(pool);
    if (!conn->cancelling)
        conn_free(conn);
}
