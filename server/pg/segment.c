/* One segment onto the wire: isolation, settings, the statements of its units, Sync. Everything up
 * to Sync is one implicit transaction that PostgreSQL ends by itself, whatever happens in it; an
 * explicit BEGIN would stay open behind an error and fail the next request.
 * Source: PostgreSQL 55.2.4 "Pipelining"; libpq 34.5 "Pipeline Mode". */
#include <stdio.h>
#include <stdlib.h>

#include "pg/pool_inside.h"

enum {
    CLAIMS_PARAMS = 5,
    GUC_TEXT_MAX = 64, /* "set_config($1000,$1001,true) is not null and " */
    PARAMS_ON_STACK = 64,
    NAME_ROOM = 16
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
