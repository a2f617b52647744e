/* One segment on the wire: [claims]([parse if new][statement])... Sync. Everything up to
 * Sync is one implicit transaction that PostgreSQL ends by itself, whatever happens in it; an
 * explicit BEGIN would stay open behind an error and fail the next request.
 * Source: PostgreSQL 55.2.4 "Pipelining"; libpq 34.5 "Pipeline Mode". */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "pg/pool_inside.h"
#include "pg/sqlstate.h"

enum {
    CLAIMS_PARAMS = 5,
    GUC_TEXT_MAX = 64, /* "set_config($1000,$1001,true) is not null and " */
    PARAMS_ON_STACK = 64,
    NAME_ROOM = 16,
    LOST_NAMES_MAX = 3,
    ENDS_MAX = 4 /* libpq says "nothing left" more often only if it has lost count */
};

/* Everything a request relies on is set in each segment: a user's function may have left
 * other values in the session. request.jwt.claim.sub spares auth.uid() the parsing of JSON.
 * Set in a WHERE, because what a select list returns is printed, sent and parsed again. */
#define CLAIMS_SQL                                                                                 \
    "set_config('role',$1,true) is not null"                                                       \
    " and set_config('request.jwt.claims',$2,true) is not null"                                    \
    " and set_config('request.jwt.claim.sub',$3,true) is not null"                                 \
    " and set_config('transaction_read_only',$4,true) is not null"                                 \
    " and set_config('search_path',$5,true) is not null"

static void push_step(struct conn *conn, struct step step)
{
    if (conn->step_count == conn->step_room) {
        unsigned room = conn->step_room == 0 ? 64 : conn->step_room * 2;
        struct step *steps = h2o_mem_alloc(sizeof(*steps) * room);
        for (unsigned i = 0; i < conn->step_count; i++)
            steps[i] = conn->steps[(conn->step_head + i) % conn->step_room];
        free(conn->steps);
        conn->steps = steps;
        conn->step_head = 0;
        conn->step_room = room;
    }
    conn->steps[(conn->step_head + conn->step_count++) % conn->step_room] = step;
}

static struct step *head_step(struct conn *conn)
{
    return conn->step_count == 0 ? NULL : &conn->steps[conn->step_head];
}

static void pop_step(struct conn *conn)
{
    conn->step_head = (conn->step_head + 1) % conn->step_room;
    conn->step_count--;
}

/* A text with its parameters, prepared under the role or, behind a pooler, unnamed. */
struct send {
    str role, text;
    int nparams;
    const str *params;
    struct step step;
    enum format format;
    bool unnamed; /* never prepared */
};

static bool send_parse(struct conn *conn, const struct send *send, const struct prepared **added)
{
    unsigned evicted;
    struct step step = send->step;
    struct prepared *prepared = prepared_add(&conn->prepared, send->role, send->text, &evicted);

    *added = prepared;
    if (evicted != 0) {
        char sql[NAME_ROOM * 2];
        snprintf(sql, sizeof(sql), "deallocate p%u", evicted);
        if (PQsendQueryParams(conn->pg, sql, 0, NULL, NULL, NULL, NULL, 0) != 1)
            return false;
        push_step(conn, (struct step){.kind = STEP_DEALLOCATE, .segment = step.segment});
    }
    step.kind = STEP_PARSE;
    step.prepared = prepared->number;
    push_step(conn, step);
    return PQsendPrepare(conn->pg, prepared->name, send->text.at, 0, NULL) == 1;
}

static bool send_bound(struct conn *conn, const struct send *send, const char *const *values)
{
    struct step step = send->step;

    if (send->unnamed || !conn->pool->prepared_on) {
        push_step(conn, step);
        return PQsendQueryParams(conn->pg, send->text.at, send->nparams, NULL, values, NULL, NULL,
                                 send->format == FORMAT_BINARY) == 1;
    }
    const struct prepared *prepared = prepared_find(&conn->prepared, send->role, send->text);
    if (prepared == NULL && !send_parse(conn, send, &prepared))
        return false;
    step.prepared = prepared->number;
    push_step(conn, step);
    return PQsendQueryPrepared(conn->pg, prepared->name, send->nparams, values, NULL, NULL,
                               send->format == FORMAT_BINARY) == 1;
}

static bool send_text(struct conn *conn, const struct send *send)
{
    const char *on_stack[PARAMS_ON_STACK], **values = on_stack;

    if (send->nparams > PARAMS_ON_STACK)
        values = h2o_mem_alloc(sizeof(*values) * (size_t)send->nparams);
    for (int i = 0; i < send->nparams; i++)
        values[i] = send->params[i].at;
    bool sent = send_bound(conn, send, values);
    if (values != on_stack)
        free(values);
    return sent;
}

/* The further settings come first, with the rights of the login role: a role may have settings
 * that only that one was granted, and none of them outdoes the claims. The text depends on their
 * number only. */
static str claims_text(arena *mem, int ngucs)
{
    struct buf text;

    if (ngucs == 0)
        return STR("select where " CLAIMS_SQL);
    buf_init(&text, mem, sizeof("select where " CLAIMS_SQL) + (size_t)ngucs * GUC_TEXT_MAX);
    buf_put(&text, STR("select where "));
    for (int i = 0, n = CLAIMS_PARAMS + 1; i < ngucs; i++, n += 2)
        buf_printf(&text, "set_config($%d,$%d,true) is not null and ", n, n + 1);
    buf_put(&text, STR(CLAIMS_SQL));
    return arena_copy(mem, buf_str(&text));
}

static bool send_settings(struct conn *conn, struct segment *segment, const struct work *work,
                          arena *mem)
{
    const struct statement *statement = &work->statement;
    int nparams = CLAIMS_PARAMS + 2 * statement->ngucs;
    str *params = h2o_mem_alloc_pool(mem, sizeof(*params) * (size_t)nparams);
    struct send send = {
        .role = STR(""), /* planned before the role is set: the name is nobody's */
        .text = claims_text(mem, statement->ngucs),
        .nparams = nparams,
        .params = params,
        .step = {.kind = STEP_CLAIMS, .segment = segment}
    };

    params[0] = work_role(work);
    params[1] = work->claims->json;
    params[2] = work->claims->subject;
    params[3] = statement->access == ACCESS_READ ? STR("on") : STR("off");
    params[4] = statement->search_path.at == NULL ? STR("public") : statement->search_path;
    for (int i = 0; i < statement->ngucs; i++) {
        params[CLAIMS_PARAMS + 2 * i] = statement->gucs[i].name;
        params[CLAIMS_PARAMS + 2 * i + 1] = statement->gucs[i].value;
    }
    return send_text(conn, &send);
}

static bool send_claims(struct conn *conn, struct segment *segment, const struct work *work)
{
    arena *mem = arena_open();
    bool sent = send_settings(conn, segment, work, mem);

    arena_close(&mem);
    return sent;
}

/* A statement without parameters and with nothing to tell; absent: nothing is sent. */
static bool send_aside(struct conn *conn, const struct send *like, str text)
{
    struct send send = *like;

    send.step.kind = STEP_ASIDE;
    send.text = text;
    return text.at == NULL || send_text(conn, &send);
}

/* Before anything that takes a snapshot: not by set_config, not behind a DEALLOCATE. */
static bool send_isolation(struct conn *conn, struct segment *segment, struct work *work)
{
    const struct send like = {
        .step = {.segment = segment, .work = work},
          .unnamed = true
    };
    static const str texts[] = {
        [ISOLATION_DEFAULT] = {NULL, 0},
        [ISOLATION_READ_COMMITTED] = STR_ROW("set transaction isolation level read committed"),
        [ISOLATION_REPEATABLE_READ] = STR_ROW("set transaction isolation level repeatable read"),
        [ISOLATION_SERIALIZABLE] = STR_ROW("set transaction isolation level serializable"),
    };
    return send_aside(conn, &like, texts[work->statement.isolation]);
}

/* What a commit would refuse is refused here too. ROLLBACK ends the implicit transaction; Sync
 * finds none. */
static bool send_ending(struct conn *conn, const struct send *like, enum ending ending)
{
    struct send send = *like;

    send.unnamed = true;
    return ending == ENDING_COMMIT ||
           (send_aside(conn, &send, STR("set constraints all immediate")) &&
            send_aside(conn, &send, STR("rollback")));
}

static bool send_bound_step(struct conn *conn, const struct send *like, const struct bound *bound,
                            struct step step)
{
    struct send send = *like;

    send.text = bound->text;
    send.nparams = bound->nparams;
    send.params = bound->params;
    send.step.kind = step.kind;
    send.step.after = step.after;
    return bound->text.at == NULL || send_text(conn, &send);
}

static bool send_afters(struct conn *conn, const struct send *like, const struct bound *after)
{
    for (int i = 0; i < AFTERS; i++) {
        struct step step = {.kind = STEP_AFTER, .after = (enum after)i};
        if (!send_bound_step(conn, like, &after[i], step))
            return false;
    }
    return true;
}

static bool send_work(struct conn *conn, struct segment *segment, struct work *work)
{
    const struct statement *statement = &work->statement;
    const struct bound main = {statement->text, statement->nparams, statement->params};
    const struct send like = {
        .role = work_role(work), .step = {.segment = segment, .work = work}
    };

    struct send rows = like;
    rows.format = statement->format;
    return send_aside(conn, &like, statement->guard) &&
           send_aside(conn, &like, statement->before) &&
           send_bound_step(conn, &rows, &main, (struct step){.kind = STEP_MAIN}) &&
           send_afters(conn, &like, statement->after) &&
           send_ending(conn, &like, statement->ending);
}

bool pipeline_send(struct conn *conn, struct segment *segment)
{
    struct work *first = LIST_ENTRY(segment->works.next, struct work, node);

    if (segment->nworks > 0 &&
        !(send_isolation(conn, segment, first) && send_claims(conn, segment, first)))
        return false;
    LIST_EACH (node, &segment->works)
        if (!send_work(conn, segment, LIST_ENTRY(node, struct work, node)))
            return false;
    push_step(conn, (struct step){.kind = STEP_SYNC, .segment = segment});
    return PQpipelineSync(conn->pg) == 1;
}

/* ---- what comes back ---- */

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
            shape_measure(work->shape, work->shape_hash, us);
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
