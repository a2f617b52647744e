/* /live, /ready, /health, /health/database: is the process up, can it reach its database. Each asks
 * PostgreSQL through the pool, as a request would: an exhausted pool is not ready. */
#include "base/fail.h"
#include "http/http.h"
#include "pg/db.h"
#include "routes.h"
#include "worker.h"

enum { PROBE_WAIT_MS = 1000 };

struct probe {
    struct request *req;
    str healthy, unhealthy; /* bodies; absent: none */
};

static const struct fail *reply_text(struct request *req, int status, str body)
{
    struct reply *reply = reply_new(req->mem, status, TYPE_JSON);

    reply_header(reply, STR("Cache-Control"), STR("no-store"));
    reply->body = body;
    return http_reply(req, reply);
}

static const struct fail *on_alive(struct request *req, const struct rows *rows, void *arg)
{
    const struct probe *probe = arg;

    (void)rows;
    return reply_text(req, 200, probe->healthy);
}

/* Why is in the log; the public is told that, not why. */
static bool on_dead(void *arg, const struct fail *fail)
{
    const struct probe *probe = arg;

    probe->req->failed = fail->code;
    (void)reply_text(probe->req, 503, probe->unhealthy);
    return true;
}

static const struct fail *ask_database(struct request *req, str healthy, str unhealthy)
{
    const struct statement statement = {.target = TARGET_PRIMARY,
                                        .access = ACCESS_READ,
                                        .text = STR("select 1"),
                                        .role = STR("none"),
                                        .wait_ms = PROBE_WAIT_MS};
    struct probe *probe = arena_new(req->mem, struct probe);

    *probe = (struct probe){req, healthy, unhealthy};
    req->on_fail = on_dead;
    req->on_fail_arg = probe;
    return db_run(req, &statement, on_alive, probe);
}

const struct fail *live_handle(struct request *req)
{
    return reply_text(req, 200, STR("{\"status\":\"live\"}"));
}

const struct fail *ready_handle(struct request *req)
{
    if (req->worker->stopping)
        return reply_text(req, 503, STR("{\"status\":\"stopping\"}"));
    return ask_database(req, STR("{\"status\":\"ready\"}"), STR("{\"status\":\"not ready\"}"));
}

/* As PostgREST's: not ready while the schema is known to be older than the database. */
const struct fail *admin_ready_handle(struct request *req)
{
    if (req->worker->schema_stale)
        return reply_text(req, 503, STR("{\"status\":\"schema not loaded\"}"));
    return ready_handle(req);
}

/* Where beats, limits and the shared cache are: without Redis, or while it is away, in memory. */
static str store(const struct worker *worker)
{
    if (worker->kv == NULL)
        return STR("\"store\":\"memory\"");
    return kv_is_up(worker->kv) ? STR("\"store\":\"redis\",\"redis\":\"up\"")
                                : STR("\"store\":\"memory\",\"redis\":\"down\"");
}

static str health(const struct request *req, const char *status, const char *database)
{
    return arena_printf(req->mem,
                        "{\"status\":\"%s\",\"version\":\"" POSTERN_VERSION
                        "\",\"database\":\"%s\",%.*s}",
                        status, database, STR_ARG(store(req->worker)));
}

const struct fail *health_handle(struct request *req)
{
    bool whole = req->worker->kv == NULL || kv_is_up(req->worker->kv);

    return ask_database(req, health(req, whole ? "healthy" : "degraded", "up"),
                        health(req, "unhealthy", "down"));
}

const struct fail *health_database_handle(struct request *req)
{
    return ask_database(req, STR("{\"status\":\"healthy\",\"database_type\":\"postgresql\"}"),
                        STR("{\"status\":\"unhealthy\",\"database_type\":\"postgresql\"}"));
}
