/* The table of workers is read behind an answer that memory has given already: once the fleet is
 * known, who asks for it never waits for the database. */
#include "api.h"

#include "base/claims.h"
#include "base/log.h"
#include "pg/db.h"
#include "worker.h"

/* One reading; it lives in its own arena, with what its statement points into. */
struct reading {
    arena *mem;
    const struct book *book;
    struct request req; /* of nobody who waits: only what the pools look at */
    bool over;
};

/* The pool may still look at the arena while it tells: it ends with the turn. */
static void forget(void *arg)
{
    struct reading *reading = arg;
    arena *mem = reading->mem;

    claims_unref(&reading->req.claims);
    book_unref(&reading->book);
    arena_close(&mem);
}

/* True once. */
static bool end(struct reading *reading)
{
    bool first = !reading->over;

    reading->over = true;
    if (first)
        loop_soon(reading->req.worker->loop, forget, reading);
    return first;
}

static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg)
{
    if (!end(arg))
        return NULL;
    if (rows_count(rows) > 0)
        fleet_seed(req->worker->fleet, rows_text(rows, 0, 0));
    else
        fleet_seed_failed(req->worker->fleet);
    return NULL;
}

/* The next try comes with a later question; until then memory has what was known. */
static bool on_fail(void *arg, const struct fail *fail)
{
    struct reading *reading = arg;

    if (!end(reading))
        return true;
    log_line(LOG_DEBUG, "fleet not read", "reason=\"%.*s\"", STR_ARG(fail->message));
    fleet_seed_failed(reading->req.worker->fleet);
    return true;
}

static struct reading *reading_new(const struct request *req)
{
    arena *mem = arena_open();
    struct reading *reading = arena_new(mem, struct reading);

    *reading = (struct reading){.mem = mem, .book = book_ref(req->worker->book)};
    reading->req = (struct request){
        .mem = mem,
        .id = STR("fleet"),
        .method = METHOD_GET,
        .method_name = STR("GET"),
        .path = arena_copy(mem, req->path),
        .query = arena_copy(mem, req->query),
        .claims = claims_ref(req->claims),
        .schema = req->worker->schema,
        .worker = req->worker,
        .db = req->db,
        .on_fail = on_fail,
        .on_fail_arg = reading,
    };
    return reading;
}

static const struct fail *run(struct reading *reading)
{
    struct request *req = &reading->req;
    struct statement statement;
    struct book_match match;
    struct route_ask ask;

    if (!book_find(reading->book, METHOD_GET, req->path, &match))
        return fail_new(reading->mem, FAIL_NOT_FOUND, "The route has gone");
    TRY(route_ask_parse(req, &match, &ask));
    route_statement(reading->mem, &ask, &statement);
    statement.role = req->worker->config->db_api_role;
    return db_run(req, &statement, on_rows, reading);
}

void api_fleet_read_behind(const struct request *req)
{
    struct reading *reading = reading_new(req);
    const struct fail *fail = run(reading);

    if (fail != NULL)
        on_fail(reading, fail);
}
