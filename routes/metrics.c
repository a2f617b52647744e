/* /metrics: the counters of all workers, and three figures of the database itself. While it is
 * away the counters are still told. Source: Prometheus text exposition format 0.0.4. */
#include "base/metrics.h"

#include "base/fail.h"
#include "http/http.h"
#include "pg/db.h"
#include "routes.h"
#include "usage.h"
#include "worker.h"

enum { METRICS_BYTES_MAX = 256 << 10, METRICS_WAIT_MS = 1000 };

static const struct {
    str name, help;
} figures[] = {
    {STR_ROW("database_connections"),    STR_ROW("Connections to the database.")  },
    {STR_ROW("database_size_bytes"),     STR_ROW("Size of the database in bytes.")},
    {STR_ROW("database_active_queries"), STR_ROW("Queries that run just now.")    },
};

static const struct fail *answer(struct request *req, const struct rows *rows)
{
    struct worker *worker = req->worker;
    struct metrics **all = arena_array(req->mem, struct metrics *, (size_t)worker->count);
    struct reply *reply = reply_new(req->mem, 200, STR("text/plain; version=0.0.4; charset=utf-8"));
    struct buf text;

    for (int i = 0; i < worker->count; i++)
        all[i] = &worker->all[i]->metrics;
    buf_init(&text, req->mem, METRICS_BYTES_MAX);
    metrics_put(&text, all, worker->count);
    usage_put(worker->usage, &text);
    for (int i = 0; rows != NULL && i < rows_columns(rows); i++) {
        str value = rows_text(rows, 0, i);
        buf_printf(&text, "# HELP %.*s %.*s\n# TYPE %.*s gauge\n%.*s %.*s\n",
                   STR_ARG(figures[i].name), STR_ARG(figures[i].help), STR_ARG(figures[i].name),
                   STR_ARG(figures[i].name), STR_ARG(value));
    }
    if (text.full)
        return fail_new(req->mem, FAIL_INTERNAL, "The metrics are too large");
    reply->body = buf_str(&text);
    return http_reply(req, reply);
}

static const struct fail *on_figures(struct request *req, const struct rows *rows, void *arg)
{
    (void)arg;
    return answer(req, rows);
}

static bool without_figures(void *arg, const struct fail *fail)
{
    (void)fail;
    return answer(arg, NULL) == NULL;
}

const struct fail *metrics_handle(struct request *req)
{
    const struct statement statement = {
        .target = TARGET_PRIMARY,
        .access = ACCESS_READ,
        .text = STR("select count(*), pg_database_size(current_database()), "
                    "count(*) filter (where state = 'active') "
                    "from pg_stat_activity where datname = current_database()"),
        .role = STR("none"),
        .wait_ms = METRICS_WAIT_MS};

    req->on_fail = without_figures;
    req->on_fail_arg = req;
    return db_run(req, &statement, on_figures, NULL);
}
