/* See snapshot.h. */
#include "snapshot.h"

#include <stdlib.h>

#include "base/log.h"
#include "pg/db.h"
#include "route/ask.h"
#include "worker.h"

#define SNAPSHOT_PATH "/api/ws-snapshot"

enum { SNAPSHOT_BYTES_MAX = 64 << 20 };

struct snapshot {
    struct worker *worker;
    struct plain *plain;
    struct timer *timer;
    bool asking, failing;
};

/* One question; it lives in its own arena, with the book that its statement points into. */
struct asked {
    struct snapshot *snapshot;
    arena *mem;
    const struct book *book;
    struct request req; /* nobody's: only what the pools look at */
    bool answered, by_memory;
};

static void ask(void *arg);

struct snapshot *snapshot_new(struct worker *worker, struct plain *plain)
{
    struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

    if (snapshot == NULL)
        abort();
    *snapshot = (struct snapshot){.worker = worker, .plain = plain};
    snapshot->timer =
        timer_start(worker->loop, SNAPSHOT_EVERY_MS, SNAPSHOT_EVERY_MS, ask, snapshot);
    return snapshot;
}

bool snapshot_is_possible(const struct worker *worker)
{
    struct book_match match;
    return book_find(worker->book, METHOD_GET, STR(SNAPSHOT_PATH), &match);
}

void snapshot_wanted(struct snapshot *snapshot)
{
    ask(snapshot);
}

/* ---- the answer ---- */

/* The pool may still look at the arena while it tells: it ends with the turn. */
static void forget(void *arg)
{
    struct asked *asked = arg;
    arena *mem = asked->mem;

    asked->snapshot->asking = false;
    book_unref(&asked->book);
    arena_close(&mem);
}

static bool answer(struct asked *asked)
{
    bool first = !asked->answered;

    asked->answered = true;
    if (first)
        loop_soon(asked->snapshot->worker->loop, forget, asked);
    return first;
}

/* As fresh as /api/fleet says it: beats are in memory before they are in the table. */
static str with_fleet(const struct asked *asked, str answer)
{
    struct buf whole;

    if (!asked->by_memory)
        return answer;
    buf_init(&whole, asked->mem, SNAPSHOT_BYTES_MAX);
    fleet_put_snapshot(asked->snapshot->worker->fleet, answer, &whole);
    return buf_str(&whole);
}

static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg)
{
    struct asked *asked = arg;
    struct snapshot *snapshot = asked->snapshot;

    (void)req;
    if (!answer(asked) || rows_count(rows) == 0)
        return NULL;
    snapshot->failing = false;
    plain_snapshot(snapshot->plain, with_fleet(asked, rows_text(rows, 0, 0)));
    return NULL;
}

/* Said once: the next try comes in two seconds. */
static bool on_failure(void *arg, const struct fail *fail)
{
    struct asked *asked = arg;
    struct snapshot *snapshot = asked->snapshot;

    if (answer(asked) && !snapshot->failing)
        log_line(LOG_WARN, "no snapshot", "worker=%d reason=\"%.*s\"", snapshot->worker->index,
                 STR_ARG(fail->message));
    snapshot->failing = true;
    return true;
}

/* ---- the question ---- */

static const struct fail *run(struct asked *asked)
{
    struct statement statement;
    struct book_match match;
    struct route_ask question;
    struct request *req = &asked->req;

    if (!book_find(asked->book, METHOD_GET, req->path, &match))
        return fail_new(asked->mem, FAIL_NOT_FOUND, "There is no route " SNAPSHOT_PATH);
    TRY(route_ask_parse(req, &match, &question));
    asked->by_memory = match.file->memory == MEMORY_SNAPSHOT;
    route_statement(asked->mem, &question, &statement);
    statement.role = req->worker->config->db_api_role;
    return db_run(req, &statement, on_rows, asked);
}

static void ask(void *arg)
{
    struct snapshot *snapshot = arg;
    struct worker *worker = snapshot->worker;

    if (snapshot->asking || plain_count(snapshot->plain) == 0 || !snapshot_is_possible(worker))
        return;
    snapshot->asking = true;
    arena *mem = arena_open();
    struct asked *asked = arena_new(mem, struct asked);
    *asked = (struct asked){.snapshot = snapshot, .mem = mem, .book = book_ref(worker->book)};
    asked->req = (struct request){
        .mem = mem,
        .id = STR("ws"),
        .method = METHOD_GET,
        .method_name = STR("GET"),
        .path = STR(SNAPSHOT_PATH),
        .claims = worker->nobody,
        .schema = worker->schema,
        .worker = worker,
        .db = worker->db,
        .on_fail = on_failure,
        .on_fail_arg = asked,
    };
    const struct fail *fail = run(asked);
    if (fail != NULL)
        on_failure(asked, fail);
}

/* ---- life ---- */

void snapshot_close(struct snapshot *snapshot)
{
    timer_close(&snapshot->timer);
}

bool snapshot_free(struct snapshot **snapshot)
{
    struct snapshot *last = *snapshot;

    *snapshot = NULL;
    if (last->asking)
        return false;
    free(last);
    return true;
}
