/* /rest/v1/:relation and /rest/v1/rpc/:name, the PostgREST language: an ask becomes a plan, the
 * plan a statement; the database's one row becomes the answer. */
#include "rest.h"

#include "http/events.h"
#include "pg/db.h"
#include "rest/answer.h"
#include "rest/ask.h"
#include "rest/count.h"
#include "rest/fence.h"
#include "rest/long_query.h"
#include "rest/sql_parts.h"
#include "rest/unfiltered.h"
#include "routes.h"
#include "worker.h"

static const struct fail *handle(struct request *req, enum ask_target target);
static const struct fail *on_page(struct request *req, const struct rows *rows, void *arg);

const struct fail *rest_handle(struct request *req)
{
    return handle(req, ASK_RELATION);
}

const struct fail *rpc_handle(struct request *req)
{
    return handle(req, ASK_FUNCTION);
}

static const struct fail *run(struct request *req, struct plan *plan)
{
    struct statement statement;

    TRY(fence_plan(req->mem, req->worker->config, req->claims, plan));
    TRY(plan_sql(req->mem, plan, &statement));
    if (plan_streams(plan))
        return rest_stream(req, plan, &statement);
    return db_run(req, &statement, on_page, plan);
}

static const struct fail *handle(struct request *req, enum ask_target target)
{
    const struct config *config = req->worker->config;
    struct ask *ask;
    struct plan *plan;

    timing_enter(&req->timing, TIMING_PARSE);
    TRY(long_query_read(req));
    TRY(ask_parse(req, config, target, &ask));
    if (ask->kind == ASK_READ && !ask->head && events_wanted(req))
        return rest_events(req, ask);
    if (rest_tag_wants_body(req))
        ask->head = false;
    timing_enter(&req->timing, ask->kind == ASK_OPTIONS ? TIMING_RESPONSE : TIMING_PLAN);
    TRY(plan_make(req->mem, req->schema, config, ask, &plan));
    TRY(unfiltered_check(req->mem, config, req->claims->role, plan));
    if (ask->kind == ASK_OPTIONS)
        return http_reply(req, answer_options(req->mem, plan));
    return run(req, plan);
}

static int64_t integer(const struct rows *rows, int column)
{
    return column < rows_columns(rows) ? rows_integer(rows, 0, column) : 0;
}

static void put_rows(struct buf *body, const struct cells *cells, const struct rows *rows)
{
    str *values = h2o_mem_alloc_pool(body->mem, sizeof(*values) * (size_t)cells->count);

    buf_putc(body, '[');
    for (int row = 0; row < rows_count(rows); row++) {
        if (row > 0)
            buf_put(body, STR(", \n "));
        for (int i = 0; i < cells->count; i++)
            values[i] = rows_text(rows, row, i);
        cells_put_row(body, cells, values);
    }
    buf_putc(body, ']');
}

static struct page make_page(arena *mem, const struct cells *cells, const struct rows *rows)
{
    struct buf body;

    buf_init(&body, mem, SIZE_MAX);
    put_rows(&body, cells, rows);
    return (struct page){.body = buf_str(&body), .rows = rows_count(rows)};
}

/* What EXPLAIN says, a line a row. */
static struct page explain_page(arena *mem, const struct rows *rows)
{
    struct buf body;

    buf_init(&body, mem, SIZE_MAX);
    for (int row = 0; row < rows_count(rows); row++) {
        buf_put(&body, rows_text(rows, row, 0));
        buf_putc(&body, '\n');
    }
    return (struct page){.body = buf_str(&body)};
}

static struct page read_page(arena *mem, const struct plan *plan, const struct rows *rows)
{
    if (plan->explain.format != EXPLAIN_NONE)
        return explain_page(mem, rows);
    if (plan->cells.count > 0)
        return make_page(mem, &plan->cells, rows);
    if (rows_count(rows) == 0) /* a write of which nothing is wanted back */
        return (struct page){.rows = rows_affected(rows)};
    return (struct page){
        .body = rows_text(rows, 0, COLUMN_BODY),
        .rows = integer(rows, COLUMN_ROWS),
        .total = integer(rows, COLUMN_EXTRA),
        .new_rows = integer(rows, COLUMN_EXTRA),
        .key = rows_columns(rows) > COLUMN_KEY ? rows_text(rows, 0, COLUMN_KEY) : (str){NULL, 0},
    };
}

static const struct fail *on_page(struct request *req, const struct rows *rows, void *arg)
{
    const struct plan *plan = arg;
    const struct rows *asked = rows_after(rows, AFTER_RESPONSE);
    const struct rows *explained = rows_after(rows, AFTER_COUNT);
    struct page page = read_page(req->mem, plan, rows);
    struct reply *reply;

    if (explained != NULL)
        page.expected = count_expected(rows_text(explained, 0, 0));
    if (asked != NULL) {
        page.asked_headers = rows_text(asked, 0, ASKED_HEADERS);
        page.asked_status = rows_text(asked, 0, ASKED_STATUS);
    }
    TRY(answer_make(req->mem, plan, &page, &reply));
    rest_tag(req, plan, reply);
    return http_reply(req, reply);
}
