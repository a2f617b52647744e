/* GET /api/<route> with Accept: text/event-stream: the answer now, and again whenever a relation it
 * reads has changed. All who watch the same share one question at a time; the same bytes are not
 * sent twice. Relations are those of PostgreSQL's plan and of the file's "reads:"; what neither
 * knows is found by looking now and then. */
#include "api.h"

#include <stdlib.h>

#include "base/json.h"
#include "hearer.h"
#include "http/events.h"
#include "lease.h"
#include "pg/db.h"
#include "route/plan_reads.h"
#include "routes.h"
#include "serve.h"
#include "worker.h"

enum { DEBOUNCE_MS = 100, LOOK_EVERY_MS = 15000, RELATIONS_MAX = 64, KEY_MAX = 1 << 20 };

struct relation_name {
    str schema, table;
};

/* An answer that somebody watches. It owns what it needs to ask again: who asked first may leave.
 */
struct subject {
    struct hearer hearer;
    struct worker *worker;
    arena *mem;
    str key, path, query;
    const struct claims *claims; /* a reference */
    struct list watchers;
    struct relation_name relations[RELATIONS_MAX];
    int nrelations;
    struct timer *due, *look;
    struct asking *asking; /* NULL: none is under way */
    bool planned;          /* the plan has been looked at */
    bool again;            /* something has changed while it was asked */
    bool held;             /* not to be freed now */
    char *body;            /* NULL: there is none yet */
    size_t len;
    struct position position;
};

/* One client. */
struct watcher {
    struct list node;
    struct subject *subject;
    struct request *req;
    struct events *events; /* NULL: the first answer is awaited */
    struct lease lease;
    bool behind; /* there is a newer body than it was sent */
};

/* One question of a subject, in an arena of its own. */
struct asking {
    struct subject *subject; /* NULL: nobody waits any more */
    arena *mem;
    struct request req;
    struct call call;
    bool done;
};

static void ask(struct subject *subject);
static void ask_for_plan(struct subject *subject);
static void on_changed(void *arg, str schema, str table);
static void ask_soon(void *arg);

/* ---- subjects ---- */

static void add_relation(void *arg, str schema, str table)
{
    struct subject *subject = arg;

    if (subject->nrelations == RELATIONS_MAX)
        return; /* what it misses is found by looking */
    subject->relations[subject->nrelations++] =
        (struct relation_name){arena_copy(subject->mem, schema), arena_copy(subject->mem, table)};
}

static struct subject *subject_new(const struct call *call, str key)
{
    const struct request *req = call->req;
    arena *mem = arena_open();
    struct subject *subject = arena_new(mem, struct subject);

    *subject = (struct subject){
        .hearer = {.changed = on_changed, .arg = subject},
        .worker = req->worker,
        .mem = mem,
        .key = arena_copy(mem, key),
        .path = arena_copy(mem, req->path),
        .query = arena_copy(mem, req->query),
        .claims = claims_ref(req->claims),
    };
    list_init(&subject->watchers);
    list_append(&req->worker->hearers, &subject->hearer.node);
    relations_each(call->ask.file->reads, add_relation, subject);
    subject->look = timer_start(req->worker->loop, LOOK_EVERY_MS, LOOK_EVERY_MS, ask_soon, subject);
    return subject;
}

static void subject_free_unwatched(struct subject *subject)
{
    arena *mem = subject->mem;

    if (subject->held || !list_empty(&subject->watchers))
        return;
    if (subject->asking != NULL)
        subject->asking->subject = NULL;
    list_remove(&subject->hearer.node);
    timer_close(&subject->due);
    timer_close(&subject->look);
    claims_unref(&subject->claims);
    free(subject->body);
    arena_close(&mem);
}

static struct subject *subject_find(const struct worker *worker, str key)
{
    LIST_EACH (node, &worker->hearers) {
        struct hearer *hearer = LIST_ENTRY(node, struct hearer, node);
        struct subject *subject = hearer->arg;
        if (hearer->changed == on_changed && str_eq(subject->key, key))
            return subject;
    }
    return NULL;
}

/* ---- a client comes ---- */

static void leave(void *arg)
{
    struct watcher *watcher = arg;
    struct subject *subject = watcher->subject;

    watcher->events = NULL;
    lease_end(&watcher->lease);
    if (subject == NULL)
        return;
    watcher->subject = NULL;
    list_remove(&watcher->node);
    subject_free_unwatched(subject);
}

static void put_body(struct watcher *watcher)
{
    const struct subject *subject = watcher->subject;
    char room[POSITION_TEXT_MAX];

    watcher->behind = events_waiting(watcher->events) > 0;
    if (watcher->behind)
        return; /* it gets the newest when there is room */
    events_put(watcher->events,
               &(struct event){
                   .id = subject->position.lsn == 0 ? (str){NULL,          0           }
                                                    : position_text(room, subject->position),
                   .data = {subject->body, subject->len}
    });
}

static void on_drained(void *arg)
{
    struct watcher *watcher = arg;

    if (watcher->behind && watcher->subject != NULL)
        put_body(watcher);
}

static void end(struct watcher *watcher, str name, str data)
{
    struct events *events = watcher->events;

    events_put(events, &(struct event){.name = name, .data = data});
    leave(watcher);
    events_end(events);
}

static void on_lease_ended(void *arg, str why)
{
    struct watcher *watcher = arg;
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"message\":"));
    json_put_string(&buf, why);
    buf_putc(&buf, '}');
    end(watcher, STR("expired"), buf_str(&buf));
    arena_close(&mem);
}

static const struct fail *begin(struct watcher *watcher)
{
    static const struct events_fns fns = {.drained = on_drained, .gone = leave};

    TRY(events_open(watcher->req, &fns, watcher, &watcher->events));
    put_body(watcher);
    if (!lease_begin(&watcher->lease))
        on_lease_ended(watcher, STR("The API key has been revoked"));
    return NULL;
}

/* Only answers that are whole, and asked without harm, can be watched. */
static bool is_watchable(const struct call *call)
{
    const struct route_file *file = call->ask.file;
    enum answer_kind kind = call->ask.answer->kind;

    return file->by.at == NULL && file->memory == MEMORY_NONE && !file->writes &&
           (kind == ANSWER_VALUE || kind == ANSWER_ROW);
}

/* What is cached for anyone is the same for all of a tenant. */
static str key_of(const struct call *call)
{
    const struct claims *claims = call->req->claims;
    bool same = call->ask.file->access == ROUTE_ANYONE && call->ask.file->cache_ms > 0;
    struct buf key;

    buf_init(&key, call->req->mem, KEY_MAX);
    route_key(&key, &call->ask);
    buf_put(&key, same ? claims->tenant : claims->role);
    buf_putc(&key, '\0');
    buf_put(&key, same ? STR("") : claims->json);
    return key.full ? (str){NULL, 0} : buf_str(&key);
}

const struct fail *api_watch_handle(struct call *call)
{
    struct request *req = call->req;
    struct watcher *watcher = arena_new(req->mem, struct watcher);
    str key = key_of(call);

    if (!is_watchable(call)) {
        struct fail *fail =
            fail_new(req->mem, FAIL_MEDIA_TYPE, "This route has no stream of its answers");
        fail->hint = STR("Ask without Accept: text/event-stream");
        return fail;
    }
    if (key.at == NULL)
        return fail_new(req->mem, FAIL_TOO_LARGE, "The parameters are too large");
    struct subject *subject = subject_find(req->worker, key);
    if (subject == NULL)
        subject = subject_new(call, key);
    *watcher = (struct watcher){.subject = subject, .req = req};
    lease_init(&watcher->lease, req, on_lease_ended, watcher);
    list_append(&subject->watchers, &watcher->node);
    arena_on_death(req->mem, leave, watcher);
    if (subject->body != NULL)
        return begin(watcher);
    req->on_gone = leave;
    req->on_gone_arg = watcher;
    ask(subject);
    return NULL;
}

/* ---- asking ---- */

/* The pool may still look at the arena while it tells: it ends with the turn. */
static void forget(void *arg)
{
    struct asking *asking = arg;
    arena *mem = asking->mem;

    book_unref(&asking->call.book);
    claims_unref(&asking->req.claims);
    arena_close(&mem);
}

/* NULL: it was told before, or nobody waits. */
static struct subject *finish(struct asking *asking)
{
    struct subject *subject = asking->subject;

    if (asking->done)
        return NULL;
    asking->done = true;
    asking->subject = NULL;
    loop_soon(asking->req.worker->loop, forget, asking);
    if (subject != NULL)
        subject->asking = NULL;
    return subject;
}

static void ask_now(void *arg)
{
    struct subject *subject = arg;

    timer_close(&subject->due);
    ask(subject);
}

/* A burst of changes is one question. */
static void ask_soon(void *arg)
{
    struct subject *subject = arg;

    if (subject->asking != NULL)
        subject->again = true;
    else if (subject->due == NULL)
        subject->due = timer_start(subject->worker->loop, DEBOUNCE_MS, 0, ask_now, subject);
}

static void on_changed(void *arg, str schema, str table)
{
    struct subject *subject = arg;

    for (int i = 0; i < subject->nrelations && subject->due == NULL; i++)
        if (str_eq(subject->relations[i].table, table) &&
            str_eq(subject->relations[i].schema, schema)) {
            ask_soon(subject);
            return;
        }
}

/* The statement of a new question; the file may be another one by now. */
static const struct fail *make_statement(struct asking *asking, struct statement *statement)
{
    struct request *req = &asking->req;
    struct book_match match;

    asking->call.book = book_ref(req->worker->book);
    if (!book_find(asking->call.book, METHOD_GET, req->path, &match))
        return fail_new(req->mem, FAIL_NOT_FOUND, "Not found");
    TRY(route_ask_parse(req, &match, &asking->call.ask));
    if (!is_watchable(&asking->call))
        return fail_new(req->mem, FAIL_NOT_FOUND, "Not found");
    route_statement(req->mem, &asking->call.ask, statement);
    statement->role = req->worker->config->db_api_role;
    statement->target = TARGET_PRIMARY; /* where the change is already */
    return NULL;
}

static bool on_failure(void *arg, const struct fail *fail);

static void start(struct subject *subject, const char *before, rows_fn *done)
{
    arena *mem = arena_open();
    struct asking *asking = arena_new(mem, struct asking);
    struct statement statement = {
        .text = {NULL, 0}
    };

    asking->subject = subject;
    asking->mem = mem;
    asking->call.req = &asking->req;
    asking->req = (struct request){
        .mem = mem,
        .id = STR("watch"),
        .method = METHOD_GET,
        .method_name = STR("GET"),
        .path = arena_copy(mem, subject->path),
        .query = arena_copy(mem, subject->query),
        .claims = claims_ref(subject->claims),
        .schema = subject->worker->schema,
        .worker = subject->worker,
        .db = subject->worker->db,
        .on_fail = on_failure,
        .on_fail_arg = asking,
    };
    subject->asking = asking;
    subject->again = false;
    const struct fail *fail = make_statement(asking, &statement);
    if (fail == NULL) {
        statement.text = arena_printf(mem, "%s%.*s", before, STR_ARG(statement.text));
        fail = db_run(&asking->req, &statement, done, asking);
    }
    if (fail != NULL)
        on_failure(asking, fail);
}

/* ---- the answer ---- */

static void fail_waiting(struct watcher *watcher, const struct fail *fail)
{
    struct request *req = watcher->req;

    leave(watcher);
    req->on_gone = NULL;
    serve_fail(req, api_fail_copy(req->mem, fail));
}

/* Who waits for the first answer is told; an open stream ends if it is the caller's fault, and else
 * looks again. */
static void fail_all(struct subject *subject, const struct fail *fail)
{
    bool final = fail->status >= 400 && fail->status < 500;
    arena *mem = arena_open();
    str json = fail_error_json(mem, fail);

    subject->held = true;
    LIST_EACH (node, &subject->watchers) {
        struct watcher *watcher = LIST_ENTRY(node, struct watcher, node);
        if (watcher->events == NULL)
            fail_waiting(watcher, fail);
        else if (final)
            end(watcher, STR("error"), json);
    }
    subject->held = false;
    subject_free_unwatched(subject);
    arena_close(&mem);
}

static bool on_failure(void *arg, const struct fail *fail)
{
    struct asking *asking = arg;
    struct subject *subject = finish(asking);

    if (subject != NULL)
        fail_all(subject, fail);
    return true;
}

static void give_all(struct subject *subject, bool fresh)
{
    subject->held = true;
    LIST_EACH (node, &subject->watchers) {
        struct watcher *watcher = LIST_ENTRY(node, struct watcher, node);
        const struct fail *fail = NULL;
        if (watcher->events == NULL)
            fail = begin(watcher);
        else if (fresh)
            put_body(watcher);
        if (fail != NULL)
            fail_waiting(watcher, fail);
    }
    subject->held = false;
}

static bool keep_body(struct subject *subject, str body)
{
    if (subject->body != NULL && str_eq((str){subject->body, subject->len}, body))
        return false;
    free(subject->body);
    subject->body = malloc(body.len + 1);
    if (subject->body == NULL)
        abort();
    memcpy(subject->body, body.at, body.len);
    subject->len = body.len;
    return true;
}

static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg)
{
    struct asking *asking = arg;
    struct subject *subject = finish(asking);
    str body;

    (void)req;
    if (subject == NULL)
        return NULL;
    const struct fail *fail = api_body(&asking->call, rows, &body);
    if (fail != NULL) {
        fail_all(subject, fail);
        return NULL;
    }
    give_all(subject, keep_body(subject, body));
    if (list_empty(&subject->watchers))
        subject_free_unwatched(subject);
    else if (!subject->planned)
        ask_for_plan(subject);
    else if (subject->again)
        ask_soon(subject);
    return NULL;
}

/* The position is read before: what is asked then has at least this. */
static void ask(struct subject *subject)
{
    if (subject->asking != NULL)
        return;
    subject->position = hub_seen(feed_hub(subject->worker->feed));
    start(subject, "", on_rows);
}

/* ---- the plan ---- */

/* What has changed before the relations were known is asked for once more. */
static const struct fail *on_plan(struct request *req, const struct rows *rows, void *arg)
{
    struct subject *subject = finish(arg);

    (void)req;
    if (subject == NULL)
        return NULL;
    if (rows_count(rows) > 0)
        plan_reads(rows_text(rows, 0, 0), add_relation, subject);
    ask_soon(subject);
    return NULL;
}

static void ask_for_plan(struct subject *subject)
{
    subject->planned = true;
    start(subject, "explain (verbose, format json) ", on_plan);
}
