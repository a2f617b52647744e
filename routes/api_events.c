/* Answers of /api that do not end: the statement is asked again every second, its rows become
 * server-sent events. The first column is the event's id, the second its data; the last id that was
 * sent is the next statement's :last_event_id, at first that of the header (a client who comes
 * back). */
#include "api.h"

#include "base/clock.h"
#include "http/events.h"
#include "loop/loop.h"
#include "pg/db.h"
#include "routes.h"
#include "worker.h"

enum { ASK_EVERY_MS = 1000, ID_MAX = 64 };

struct tail {
    struct call *call;
    struct events *events; /* NULL: over, or not begun */
    struct timer *timer;
    arena *asking_mem; /* of the asking that is under way, or was the last */
    struct request *asking;
    bool busy;
    int cursor; /* the parameter */
    size_t id_len;
    char id[ID_MAX];
};

static rows_fn on_first, on_rows;
static bool on_failure(void *arg, const struct fail *fail);
static void ask_again(void *arg);

static void stop(void *arg)
{
    struct tail *tail = arg;

    tail->events = NULL;
    timer_close(&tail->timer);
    arena_close(&tail->asking_mem); /* what is under way is cancelled */
}

static const struct fail *read_header(const struct call *call, int cursor)
{
    const struct param *param = &call->ask.file->params[cursor];
    struct param_value *value = &call->ask.values[cursor];
    str header = request_header(call->req, STR("last-event-id"));

    if (value->given || header.len == 0)
        return NULL;
    return param_read(call->req->mem, param, PARAM_FROM_URL, header, value);
}

/* Who may not listen, or asks wrongly, is told so in the usual way: the stream begins with the
 * first rows. */
const struct fail *api_events_handle(struct call *call)
{
    struct request *req = call->req;
    struct tail *tail = arena_new(req->mem, struct tail);
    struct statement statement;

    tail->call = call;
    tail->cursor = route_file_param(call->ask.file, STR("last_event_id"));
    TRY(read_header(call, tail->cursor));
    api_statement(call, &statement);
    arena_on_death(req->mem, stop, tail);
    return db_run(req, &statement, on_first, tail);
}

static void put_rows(struct tail *tail, const struct rows *rows)
{
    for (int row = 0; row < rows_count(rows); row++) {
        str id = rows_text(rows, row, 0);
        if (id.at == NULL || id.len > ID_MAX)
            continue;
        memcpy(tail->id, id.at, id.len);
        tail->id_len = id.len;
        events_put(tail->events, &(struct event){.id = id, .data = rows_text(rows, row, 1)});
    }
    if (tail->id_len > 0)
        tail->call->ask.values[tail->cursor] = (struct param_value){
            .given = true, .text = {tail->id, tail->id_len},
                 .word = -1
        };
}

static const struct fail *on_first(struct request *req, const struct rows *rows, void *arg)
{
    static const struct events_fns fns = {.gone = stop};
    struct tail *tail = arg;

    TRY(events_open(req, &fns, tail, &tail->events));
    put_rows(tail, rows);
    tail->timer = timer_start(req->worker->loop, ASK_EVERY_MS, ASK_EVERY_MS, ask_again, tail);
    return NULL;
}

static void end(struct tail *tail, str name, str data)
{
    events_put(tail->events, &(struct event){.name = name, .data = data});
    events_end(tail->events);
    tail->events = NULL;
    timer_close(&tail->timer);
}

static bool is_expired(const struct claims *claims)
{
    return claims->expires > 0 && clock_now() >= claims->expires;
}

/* A request of its own for each asking: the stream's has been answered. */
static void ask_again(void *arg)
{
    struct tail *tail = arg;
    struct statement statement;

    if (tail->busy)
        return;
    if (is_expired(tail->call->req->claims)) {
        end(tail, STR("error"), STR("{\"error\":\"JWT expired\"}"));
        return;
    }
    arena_close(&tail->asking_mem);
    tail->asking_mem = arena_open();
    tail->asking = arena_new(tail->asking_mem, struct request);
    *tail->asking = *tail->call->req;
    tail->asking->mem = tail->asking_mem;
    tail->asking->on_gone = NULL;
    tail->asking->on_fail = on_failure;
    tail->asking->on_fail_arg = tail;
    route_statement(tail->asking_mem, &tail->call->ask, &statement);
    statement.role = tail->asking->worker->config->db_api_role;
    tail->busy = true;
    const struct fail *fail = db_run(tail->asking, &statement, on_rows, tail);
    if (fail != NULL)
        on_failure(tail, fail);
}

static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg)
{
    struct tail *tail = arg;

    (void)req;
    tail->busy = false;
    put_rows(tail, rows);
    return NULL;
}

/* A database that is away comes back; a caller who may not listen any more is told so. */
static bool on_failure(void *arg, const struct fail *fail)
{
    struct tail *tail = arg;

    tail->busy = false;
    if (fail->status >= 400 && fail->status < 500)
        end(tail, STR("error"), fail_error_json(tail->asking_mem, fail));
    return true;
}
