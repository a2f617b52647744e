/* What comes back for the segments on the wire: results step by step, in the order in which they
 * were sent; at Sync the units of a segment are over, or run again.
 * Source: PostgreSQL 55.2.4 "Pipelining"; libpq 34.5 "Pipeline Mode". */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "pg/pool_inside.h"
#include "pg/sqlstate.h"

enum {
    LOST_NAMES_MAX = 3,
    ENDS_MAX = 4 /* libpq says "nothing left" more often only if it has lost count */
};

static struct step *head_step(struct conn *conn)
{
    return conn->step_count == 0 ? NULL : &conn->steps[conn->step_head];
}

static void pop_step(struct conn *conn)
{
    conn->step_head = (conn->step_head + 1) % conn->step_room;
    conn->step_count--;
}

/* The name is gone, or its plan is stale, or a pooler gave us another's backend. */
static bool asks_for_reparse(const struct step *step, str code)
{
    return step->prepared != 0 &&
           (str_eq(code, STR("26000")) || str_eq(code, STR("0A000")) || str_eq(code, STR("42P05")));
}

/* A function has dropped our names (DEALLOCATE ALL), or a pooler has given us another's
 * backend: when it happens again and again, or a new name exists already, it is a pooler. */
static void doubt_session(struct conn *conn, str code)
{
    struct pool *pool = conn->pool;

    prepareds_release(&conn->prepared);
    if (str_eq(code, STR("42P05")) || ++pool->lost_names >= LOST_NAMES_MAX)
        pool_on_pooler(pool, "prepared statements come and go");
}

static void reparse(struct conn *conn, const struct step *step, str code)
{
    const struct prepared *prepared = prepared_by_number(&conn->prepared, step->prepared);
    bool lost = str_eq(code, STR("26000")) && prepared != NULL && prepared->ready;

    if (lost || str_eq(code, STR("42P05")))
        doubt_session(conn, code);
    prepared_forget(&conn->prepared, step->prepared);
    if (step->work != NULL)
        step->work->reparse = true;
    else
        step->segment->reparse = true;
}

/* Role and claims could not be set, and not because of the role: something that an earlier
 * function has left in the session is in the way. */
static bool is_poisoned(const struct step *step, str code)
{
    return step->kind == STEP_CLAIMS && !step->segment->reparse && !str_eq(code, STR("22023")) &&
           !str_eq(code, STR("42501")) && !str_eq(code, STR("42704")) &&
           !str_starts(code, STR("57"));
}

static void on_error(struct conn *conn, const struct step *step, PGresult *error)
{
    struct work *work = step->work;
    str code = sqlstate_of(error);

    if (step->kind == STEP_PARSE)
        prepared_forget(&conn->prepared, step->prepared);
    if (asks_for_reparse(step, code))
        reparse(conn, step, code);
    if (is_poisoned(step, code))
        step->segment->poisoned = true;
    PGresult **place = work != NULL ? &work->error : &step->segment->error;
    if (*place == NULL)
        *place = error;
    else
        PQclear(error); /* the first error is the answer */
}

static void stream_row(struct work *work, PGresult *row)
{
    if (work->nportion == work->portion_room) {
        work->portion_room = work->portion_room == 0 ? 64 : work->portion_room * 2;
        work->portion =
            h2o_mem_realloc(work->portion, sizeof(PGresult *) * (size_t)work->portion_room);
    }
    work->portion[work->nportion++] = row;
    for (int i = 0; i < PQnfields(row); i++)
        work->portion_bytes += (size_t)PQgetlength(row, 0, i);
}

static void on_rows(struct conn *conn, const struct step *step, PGresult *result)
{
    /* One empty row says that everything was set; less would be somebody else's rights. */
    assert(step->kind != STEP_CLAIMS || PQntuples(result) == 1);
    if (step->kind == STEP_PARSE) {
        struct prepared *prepared = prepared_by_number(&conn->prepared, step->prepared);
        if (prepared != NULL)
            prepared->ready = true;
    }
    PGresult **place = step->kind == STEP_MAIN    ? &step->work->result
                       : step->kind == STEP_AFTER ? &step->work->behind[step->after]
                                                  : NULL;
    if (place != NULL && *place == NULL)
        *place = result;
    else
        PQclear(result);
}

/* One result; true when its step is over. */
static bool on_result(struct conn *conn, const struct step *step, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
        stream_row(step->work, result);
        return false;
    case PGRES_PIPELINE_ABORTED:
        if (step->kind == STEP_PARSE)
            prepared_forget(&conn->prepared, step->prepared);
        if (step->kind == STEP_MAIN && step->work->error == NULL)
            step->work->aborted = true;
        PQclear(result);
        return true;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        on_rows(conn, step, result);
        return true;
    case PGRES_PIPELINE_SYNC:
        PQclear(result);
        return true;
    default:
        /* At Sync this is a deferred constraint; the Sync itself is still to come. */
        on_error(conn, step, result);
        return step->kind != STEP_SYNC;
    }
}

static bool again(struct conn *conn, struct work *work)
{
    work_forget_results(work);
    work->aborted = work->reparse = false;
    work->alone = true;
    work->retries++;
    metric_add(pool_metrics(conn->pool), METRIC_DB_RETRIES, 1);
    pool_requeue(conn->pool, work);
    return true;
}

/* Failed for somebody else's reason? Nothing of the segment has been committed, so a
 * second run is safe even for a write. */
static bool retry(struct conn *conn, const struct segment *segment, struct work *work)
{
    if (work->started || work->retries >= RETRIES_MAX || list_empty(&work->waiters))
        return false;
    if (work->reparse || segment->reparse || segment->poisoned)
        return again(conn, work);
    if (work->aborted && segment->error == NULL)
        return again(conn, work);
    str code = work->error == NULL ? STR("") : sqlstate_of(work->error);
    if (conn->cancelled && str_eq(code, STR("57014")))
        return again(conn, work);               /* our cancel was meant for another */
    bool ended = str_starts(code, STR("57P0")); /* the backend is told to go: rolled back */
    return ended && work->statement.access == ACCESS_READ ? again(conn, work) : false;
}

static void settle(struct conn *conn, const struct segment *segment, struct work *work)
{
    work->segment = NULL;
    if (!retry(conn, segment, work))
        work_finish(work, work->error != NULL ? work->error : segment->error);
}

static void log_slow(const struct conn *conn, const struct work *work, int64_t us)
{
    const struct request *req = list_empty(&work->waiters)
                                    ? NULL
                                    : LIST_ENTRY(work->waiters.next, struct waiter, node)->req;

    if (req != NULL && us > conn->pool->db->options.config->slow_ms * 1000 && !work->streaming)
        log_line(LOG_WARN, "slow statement", "id=%.*s ms=%lld pool=%s method=%.*s path=%.*s",
                 STR_ARG(req->id), (long long)us / 1000, conn->pool->name,
                 STR_ARG(req->method_name), STR_ARG(req->path));
}

/* A batch that took far longer than its shapes promise: one of them was slow, so each is
 * measured alone next time. */
static void measure(const struct conn *conn, struct segment *segment, int64_t us)
{
    int64_t expected_us = 0;

    LIST_EACH (node, &segment->works)
        expected_us += LIST_ENTRY(node, struct work, node)->shape->average_us;
    LIST_EACH (node, &segment->works) {
        struct work *work = LIST_ENTRY(node, struct work, node);
        if (segment->nworks == 1)
            pool_learn(conn, work, us);
        else if (us > SHAPE_SLOW_US + 2 * expected_us)
            shape_doubt(work->shape, work->shape_hash);
        log_slow(conn, work, us);
    }
}

/* False when the connection must not be used again. */
static bool on_sync(struct conn *conn, struct segment *segment)
{
    int64_t now = clock_us();
    struct list works;

    list_remove(&segment->node);
    conn->nsegments--;
    conn->nworks -= segment->nworks;
    measure(conn, segment, now - conn->head_us);
    conn->head_us = now;
    if (conn->nsegments == 0) {
        if (segment->nworks > 0)
            conn->idle_us = now;
        conn->cancelled = conn->cancelling;
        conn_set_state(conn, CONN_IDLE, "sync received");
    } else {
        conn_cancel_abandoned(conn);
    }
    bool clean = !segment->poisoned &&
                 (conn->nsegments > 0 || PQtransactionStatus(conn->pg) == PQTRANS_IDLE);
    list_init(&works);
    while (!list_empty(&segment->works)) {
        struct list *node = segment->works.next;
        list_remove(node);
        list_append(&works, node);
    }
    while (!list_empty(&works)) {
        struct work *work = LIST_ENTRY(works.next, struct work, node);
        list_remove(&work->node);
        settle(conn, segment, work);
    }
    PQclear(segment->error);
    free(segment);
    pool_pump_soon(conn->pool);
    return clean;
}

/* Single rows are asked for when the statement has become the current one: after the
 * NULL that ends the one before it. */
static void on_end_of_results(struct conn *conn)
{
    const struct step *step = head_step(conn);

    if (step != NULL && step->kind == STEP_MAIN && step->work->streaming)
        PQsetSingleRowMode(conn->pg);
}

static bool portion_full(const struct step *step)
{
    return step->work != NULL &&
           (step->work->nportion >= PORTION_ROWS || step->work->portion_bytes >= PORTION_BYTES);
}

static void deliver(struct conn *conn)
{
    const struct step *step = head_step(conn);

    if (step == NULL || step->work == NULL || step->work->nportion == 0)
        return;
    conn->paused = conn->delivering = true;
    if (!work_deliver(step->work))
        conn->paused = false;
    conn->delivering = false;
    if (conn->paused) { /* it may have asked for more at once */
        conn->paused_us = clock_us();
        watch_for(conn->watch, 0);
    }
}

bool pipeline_read(struct conn *conn)
{
    int ends = 0;

    while (!conn->paused && conn->step_count > 0 && !PQisBusy(conn->pg)) {
        PGresult *result = PQgetResult(conn->pg);
        if (result == NULL) {
            if (PQstatus(conn->pg) != CONNECTION_OK || ++ends > ENDS_MAX)
                return false;
            on_end_of_results(conn);
            continue;
        }
        ends = 0;
        struct step step = conn->steps[conn->step_head];
        bool over = on_result(conn, &step, result);
        if (portion_full(&step) || (over && step.work != NULL && step.work->nportion > 0))
            deliver(conn);
        if (!over)
            continue;
        pop_step(conn);
        if (step.kind == STEP_SYNC && !on_sync(conn, step.segment))
            return false;
    }
    if (!conn->paused)
        deliver(conn);
    if (conn->step_count == 0)
        PQisBusy(conn->pg); /* parses what an idle backend says, a farewell above all */
    return true;
}
