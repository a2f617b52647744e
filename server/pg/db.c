/* From a request to a unit of work and back: the one wait. Single threaded: everything here
 * happens on the worker's loop. */
#include "pg/db.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "pg/context.h"
#include "pg/pool_inside.h"
#include "pg/sqlstate.h"

static void sweep(void *arg)
{
    struct db *db = arg;
    int64_t now = clock_us();

    pool_sweep(&db->primary, now);
    if (db->has_replica)
        pool_sweep(&db->replica, now);
}

struct db *db_new(const struct db_options *options)
{
    struct db *db = h2o_mem_alloc(sizeof(*db));
    const struct config *config = options->config;

    memset(db, 0, sizeof(*db));
    db->options = *options;
    db->has_replica = config->replica_database_url.len > 0;
    pool_init(&db->primary, db, "write", config->database_url);
    if (db->has_replica)
        pool_init(&db->replica, db, "read", config->replica_database_url);
    db->sweep = timer_start(options->loop, SWEEP_MS, SWEEP_MS, sweep, db);
    return db;
}

void db_take(struct db *db, const struct config *config)
{
    db->options.config = config;
    pool_take(&db->primary);
    if (db->has_replica)
        pool_take(&db->replica);
}

void db_close(struct db *db)
{
    db->closing = true;
    timer_close(&db->sweep);
    pool_release(&db->primary);
    if (db->has_replica)
        pool_release(&db->replica);
}

void db_free(struct db **db)
{
    pool_free(&(*db)->primary);
    if ((*db)->has_replica)
        pool_free(&(*db)->replica);
    free(*db);
    *db = NULL;
}

static struct pool *pool_for(struct db *db, enum target target)
{
    return target == TARGET_REPLICA && db->has_replica ? &db->replica : &db->primary;
}

/* ---- asking ---- */

/* Nobody waits any more. Queued units are dropped by the next pump; a running one is cancelled,
 * and a paused stream read to its end. */
static void abandon(struct work *work)
{
    struct conn *conn = pool_conn_of(work);

    if (conn == NULL)
        return;
    conn_cancel_abandoned(conn);
    if (conn->paused)
        conn_resume(conn);
}

/* The client left: whatever its unit was doing, nobody tells this request. */
static void leave(void *arg)
{
    struct waiter *waiter = arg;
    struct work *work = waiter->work;

    if (work == NULL)
        return;
    waiter->work = NULL;
    waiter->req->on_gone = NULL;
    list_remove(&waiter->node);
    if (list_empty(&work->waiters))
        abandon(work);
}

static const struct fail *submit(struct request *req, const struct statement *statement,
                                 struct waiter *waiter)
{
    struct db *db = req->db;
    struct pool *pool = pool_for(db, statement->target);
    const struct config *config = db->options.config;
    int64_t wait_ms = statement->wait_ms > 0 ? statement->wait_ms : config->db_pool_timeout_ms;

    if (db->closing)
        return fail_new(req->mem, FAIL_NO_DATABASE, "The server is stopping");
    if (pool->waiting >= QUEUE_MAX)
        return fail_new(req->mem, FAIL_BUSY, "Too many requests wait for the database.");
    if (pool->down && clock_us() - pool->down_us > wait_ms * 1000)
        return fail_new(req->mem, FAIL_NO_DATABASE, "The database is not reachable");
    const struct statement told = context_statement(&db->options, req, statement);
    struct work *work = work_new(pool, req, &told);
    work->wait_ms = wait_ms;
    req->pool = pool->name;
    req->writes = statement->access == ACCESS_WRITE;
    work->streaming = waiter->stream != NULL;
    timing_enter(&req->timing, TIMING_TRANSACTION);
    waiter->req = req;
    list_init(&waiter->node);
    work_wait(work, waiter);
    req->on_gone = leave;
    req->on_gone_arg = waiter;
    arena_on_death(req->mem, leave, waiter);
    pool_submit(pool, work);
    return NULL;
}

const struct fail *db_run(struct request *req, const struct statement *statement, rows_fn *done,
                          void *arg)
{
    struct waiter *waiter = arena_new(req->mem, struct waiter);

    waiter->done = done;
    waiter->arg = arg;
    return submit(req, statement, waiter);
}

const struct fail *db_stream(struct request *req, const struct statement *statement,
                             const struct portion_fns *fns, void *arg)
{
    struct waiter *waiter = arena_new(req->mem, struct waiter);

    waiter->stream = fns;
    waiter->arg = arg;
    return submit(req, statement, waiter);
}

void db_more(struct request *req)
{
    struct waiter *waiter = req->on_gone_arg;
    struct conn *conn =
        req->on_gone != NULL && waiter->work != NULL ? pool_conn_of(waiter->work) : NULL;

    if (conn != NULL && conn->paused)
        conn_resume(conn);
}

/* ---- answering ---- */

/* Without a row there was no portion: an empty one tells the columns' names. */
static void end_stream(struct waiter *waiter, const struct rows *rows, const struct fail *fail)
{
    if (fail == NULL && !waiter->work->started && rows != NULL)
        fail = waiter->stream->portion(waiter->req, rows, waiter->arg);
    waiter->stream->end(waiter->req, fail, waiter->arg);
}

static enum log_level level_of(const struct fail *fail)
{
    if (fail == NULL)
        return LOG_INFO;
    return fail->status >= 500 ? LOG_ERROR : LOG_WARN;
}

/* The text, which holds no client's value: those are parameters. */
static void log_query(const struct waiter *waiter, const struct fail *fail)
{
    const struct request *req = waiter->req;

    if (req->db->options.config->log_query)
        log_line(level_of(fail), "query", "id=%.*s sql=\"%.*s\"", STR_ARG(req->id),
                 STR_ARG(waiter->work->statement.text));
}

static void answer(struct waiter *waiter, struct rows *rows, const struct fail *fail)
{
    struct request *req = waiter->req;
    struct db *db = req->db;

    log_query(waiter, fail);
    if (waiter->stream != NULL && (fail == NULL || waiter->work->started)) {
        end_stream(waiter, rows, fail);
        return;
    }
    if (fail == NULL) {
        timing_enter(&req->timing, TIMING_RESPONSE);
        rows_hold(rows, req->mem);
        fail = waiter->done(req, rows, waiter->arg);
    }
    if (fail != NULL)
        db->options.fail(req, fail);
}

/* Takes the first waiter off; it is answered afterwards, when it may even ask anew. */
static struct waiter *next_waiter(struct work *work)
{
    if (list_empty(&work->waiters))
        return NULL;
    struct waiter *waiter = LIST_ENTRY(work->waiters.next, struct waiter, node);
    list_remove(&waiter->node);
    waiter->req->on_gone = NULL;
    return waiter;
}

static void let_next_fly(struct work *work)
{
    struct work *after = flight_leave(&work->pool->flights, work);

    if (after == NULL)
        return;
    after->queued_us = clock_us();
    pool_enqueue(work->pool, after);
}

static const struct fail *failure(const struct work *work, struct request *req,
                                  const PGresult *error)
{
    const char *message = PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY);
    const struct fail *meant = NULL;

    if (work->statement.refusal != NULL && message != NULL)
        meant = work->statement.refusal(req->mem, sqlstate_of(error), str_from(message));
    return meant != NULL ? meant : sqlstate_fail(req->mem, error, req->claims->anonymous);
}

static struct rows *take_rows(struct work *work)
{
    struct rows *rows = rows_new(work->result);

    work->result = NULL;
    for (int i = 0; i < AFTERS; i++) {
        if (work->behind[i] != NULL)
            rows->after[i] = rows_new(work->behind[i]);
        work->behind[i] = NULL;
    }
    return rows;
}

void work_finish(struct work *work, const PGresult *error)
{
    struct rows *rows = NULL;
    struct waiter *waiter;

    let_next_fly(work);
    if (error == NULL && work->result != NULL)
        rows = take_rows(work);
    while ((waiter = next_waiter(work)) != NULL) {
        struct request *req = waiter->req;
        const struct fail *fail = NULL;
        if (error != NULL)
            fail = failure(work, req, error);
        else if (rows == NULL)
            fail = fail_new(req->mem, FAIL_INTERNAL, "PostgreSQL sent no result");
        answer(waiter, rows, fail);
        waiter->work = NULL;
    }
    rows_unref(&rows);
    work_free(work);
}

void work_fail(struct work *work, enum fail_kind kind, const char *why)
{
    struct waiter *waiter;

    let_next_fly(work);
    while ((waiter = next_waiter(work)) != NULL) {
        struct fail *fail = fail_new(waiter->req->mem, kind, "%s", why);
        answer(waiter, NULL, fail);
        waiter->work = NULL;
    }
    work_free(work);
}

void work_stall(struct work *work)
{
    struct waiter *waiter = next_waiter(work);

    if (waiter != NULL) {
        waiter->stream->end(waiter->req,
                            fail_new(waiter->req->mem, FAIL_BUSY, "The client takes no data"),
                            waiter->arg);
        waiter->work = NULL;
    }
    abandon(work);
}

bool work_deliver(struct work *work)
{
    struct rows *rows = rows_new_portion(work->portion, work->nportion);
    struct waiter *waiter =
        list_empty(&work->waiters) ? NULL : LIST_ENTRY(work->waiters.next, struct waiter, node);

    work->portion = NULL;
    work->nportion = work->portion_room = 0;
    work->portion_bytes = 0;
    work->started = true;
    if (waiter == NULL) {
        rows_unref(&rows);
        return false;
    }
    struct request *req = waiter->req;
    const struct fail *fail = waiter->stream->portion(req, rows, waiter->arg);
    if (fail != NULL && waiter->work != NULL)
        waiter->stream->end(req, fail, waiter->arg);
    rows_unref(&rows);
    return fail == NULL && waiter->work != NULL;
}
