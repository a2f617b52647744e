/* Cached answers of /api: a hit costs one lookup and no statement; of many who miss, one asks
 * Redis, where another gateway may have put the answer, and then the database; an old answer stands
 * in while the database is away. Source: RFC 9111, RFC 9211. */
#include "api.h"

#include "base/clock.h"
#include "http/http.h"
#include "pg/db.h"
#include "routes.h"
#include "serve.h"
#include "worker.h"

enum { KEY_MAX = 2 << 20, WAIT_AS_SET = 0 };

/* How an answer came about: the first words of Cache-Status. */
enum source { SOURCE_HIT, SOURCE_MISS, SOURCE_REDIS, SOURCE_SHARED, SOURCE_STALE };

static const struct fail *answer(struct call *call, const struct cached *cached,
                                 enum source source);
static const struct fail *lead(struct call *call);
static const struct fail *ask_database(struct call *call);
static shared_fn on_shared;
static void leave_shared(void *arg);
static rows_fn on_rows;
static void on_wake(void *arg, const struct cached *cached, const struct fail *fail);
static bool on_fail(void *arg, const struct fail *fail);
static void leave(void *arg);

static str key_of(const struct call *call)
{
    const struct claims *claims = call->req->claims;
    struct buf key;

    buf_init(&key, call->req->mem, KEY_MAX);
    route_key(&key, &call->ask);
    if (call->ask.file->access != ROUTE_ANYONE) {
        buf_put(&key, claims->role);
        buf_putc(&key, '\0');
        buf_put(&key, claims->json);
    } else if (claims->tenant.len > 0) {
        buf_put(&key, claims->tenant); /* no answer is for two tenants */
    }
    return key.full ? (str){NULL, 0} : buf_str(&key);
}

const struct fail *api_cache_handle(struct call *call)
{
    struct cache_found_answer found;
    str key = key_of(call);

    if (key.at == NULL)
        return fail_new(call->req->mem, FAIL_TOO_LARGE, "The parameters are too large");
    call->seat = (struct cache_seat){.wake = on_wake, .arg = call};
    switch (cache_ask(call->req->worker->cache, key, &call->seat, &found)) {
    case CACHE_HIT:
        return answer(call, found.cached, SOURCE_HIT);
    case CACHE_STALE:
        return answer(call, found.cached, SOURCE_STALE);
    case CACHE_FOLLOW:
        arena_on_death(call->req->mem, leave, call);
        call->req->on_gone = leave;
        call->req->on_gone_arg = call;
        return NULL;
    default:
        arena_on_death(call->req->mem, leave, call);
        call->wait_ms = found.cached == NULL ? WAIT_AS_SET : CACHE_PATIENCE_US / 1000;
        return lead(call);
    }
}

/* ---- who leads ---- */

static void drop_cached(void *arg)
{
    const struct cached *cached = arg;
    cached_unref(&cached);
}

/* An answer that may depend on who asks stays in the memory of its gateway. */
static bool ask_redis(struct call *call)
{
    struct request *req = call->req;
    struct statement statement;

    if (req->worker->shared == NULL || call->ask.file->access != ROUTE_ANYONE)
        return false;
    api_statement(call, &statement);
    const struct shared_question question = {.statement = statement.text,
                                             .role = statement.role,
                                             .key = key_of(call),
                                             .reads = call->ask.file->reads};
    call->place = (struct shared_place){.fn = on_shared, .arg = call, .mem = req->mem};
    return shared_ask(req->worker->shared, &call->place, &question);
}

static const struct fail *lead(struct call *call)
{
    struct request *req = call->req;

    if (!ask_redis(call))
        return ask_database(call);
    arena_on_death(req->mem, leave_shared, call);
    req->on_gone = leave_shared;
    req->on_gone_arg = call;
    return NULL;
}

static void leave_shared(void *arg)
{
    struct call *call = arg;

    shared_forget(&call->place);
    leave(call);
}

/* Who has an old answer at hand does not wait long for a connection. */
static const struct fail *ask_database(struct call *call)
{
    struct statement statement;

    call->req->on_fail = on_fail;
    call->req->on_fail_arg = call;
    api_statement(call, &statement);
    statement.wait_ms = call->wait_ms;
    return db_run(call->req, &statement, on_rows, call);
}

static void on_shared(void *arg, str body, int64_t left_ms)
{
    struct call *call = arg;
    struct request *req = call->req;
    const struct route_file *file = call->ask.file;
    const struct fail *fail;

    req->on_gone = NULL;
    if (left_ms > file->cache_ms)
        left_ms = file->cache_ms;
    if (body.at != NULL) {
        const struct cache_new_answer found = {.body = body,
                                               .reads = file->reads,
                                               .ttl_us = file->cache_ms * 1000,
                                               .age_us = (file->cache_ms - left_ms) * 1000};
        const struct cached *cached = cache_put(req->worker->cache, &call->seat, &found);
        arena_on_death(req->mem, drop_cached, (void *)(uintptr_t)cached);
        fail = answer(call, cached, SOURCE_REDIS);
    } else {
        fail = ask_database(call);
    }
    if (fail != NULL)
        serve_fail(req, fail);
}

static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg)
{
    struct call *call = arg;
    const struct route_file *file = call->ask.file;
    struct cache_new_answer fresh = {.reads = file->reads, .ttl_us = file->cache_ms * 1000};

    TRY(api_body(call, rows, &fresh.body));
    const struct cached *cached = cache_put(req->worker->cache, &call->seat, &fresh);
    req->on_fail = NULL;
    arena_on_death(req->mem, drop_cached, (void *)(uintptr_t)cached);
    if (call->place.key.at != NULL)
        shared_put(req->worker->shared, &call->place, fresh.body, file->cache_ms);
    return answer(call, cached, SOURCE_MISS);
}

/* Only while the database is away is an old answer better than the failure. */
static bool is_away(const struct fail *fail)
{
    return fail->kind == FAIL_NO_DATABASE || fail->kind == FAIL_CONNECTION_LOST ||
           fail->kind == FAIL_BUSY;
}

static bool on_fail(void *arg, const struct fail *fail)
{
    struct call *call = arg;
    const struct cached *old = cache_fail(call->req->worker->cache, &call->seat, fail,
                                          is_away(fail) ? CACHE_KEEP : CACHE_FORGET);

    if (old == NULL)
        return false;
    arena_on_death(call->req->mem, drop_cached, (void *)(uintptr_t)old);
    (void)answer(call, old, SOURCE_STALE);
    return true;
}

/* ---- who follows ---- */

/* The failure is another request's: what it points to dies with that one. */
const struct fail *api_fail_copy(arena *mem, const struct fail *fail)
{
    struct fail *copy = arena_new(mem, struct fail);

    *copy = *fail;
    copy->message = arena_copy(mem, fail->message);
    if (fail->hint.at != NULL)
        copy->hint = arena_copy(mem, fail->hint);
    copy->details = copy->authenticate = copy->allow = (str){NULL, 0};
    return copy;
}

static void on_wake(void *arg, const struct cached *cached, const struct fail *fail)
{
    struct call *call = arg;

    call->req->on_gone = NULL;
    if (cached != NULL) {
        (void)answer(call, cached, fail == NULL ? SOURCE_SHARED : SOURCE_STALE);
        return;
    }
    call->wait_ms = WAIT_AS_SET;
    fail = fail == NULL ? lead(call) : api_fail_copy(call->req->mem, fail);
    if (fail != NULL)
        serve_fail(call->req, fail);
}

static void leave(void *arg)
{
    struct call *call = arg;
    cache_leave(call->req->worker->cache, &call->seat);
}

/* ---- the answer ---- */

/* "text" and a number, without printf: every hit makes two of these. */
static str with_number(arena *mem, str text, int64_t number)
{
    char digits[24], *at = digits + sizeof(digits);
    uint64_t rest = number < 0 ? 0 : (uint64_t)number;
    char *whole = h2o_mem_alloc_pool(mem, text.len + sizeof(digits));

    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    size_t len = (size_t)(digits + sizeof(digits) - at);
    memcpy(whole, text.at, text.len);
    memcpy(whole + text.len, at, len);
    return (str){whole, text.len + len};
}

static str cache_status(const struct call *call, enum source source, int64_t age_s)
{
    static const str words[] = {
        [SOURCE_HIT] = STR_ROW("postern; hit; ttl="),
        [SOURCE_MISS] = STR_ROW("postern; fwd=miss; stored"),
        [SOURCE_REDIS] = STR_ROW("redis; hit, postern; fwd=miss; stored"),
        [SOURCE_SHARED] = STR_ROW("postern; fwd=miss; collapsed"),
        [SOURCE_STALE] = STR_ROW("postern; fwd=stale; detail=database-away"),
    };
    if (source != SOURCE_HIT)
        return words[source];
    return with_number(call->req->mem, words[source], call->ask.file->cache_ms / 1000 - age_s);
}

static const struct fail *answer(struct call *call, const struct cached *cached, enum source source)
{
    struct request *req = call->req;
    bool same = etag_matches(request_header(req, STR("if-none-match")), cached->etag);
    int64_t age_s = (clock_us() - cached->made_us) / 1000000;

    /* The leader's reference is on its arena already; a second one does no harm. */
    arena_on_death(req->mem, drop_cached, (void *)(uintptr_t)cached_ref(cached));
    struct reply *reply = reply_new(req->mem, same ? 304 : 200, TYPE_JSON);
    reply->body = cached->body;
    reply_header(reply, STR("ETag"), cached->etag);
    reply_header(reply, STR("Cache-Control"), call->ask.file->cache_control);
    reply_header(reply, STR("Cache-Status"), cache_status(call, source, age_s));
    reply_header(reply, STR("Age"), with_number(req->mem, STR(""), age_s));
    if (call->ask.file->access != ROUTE_ANYONE)
        reply_header(reply, STR("Vary"), STR("Authorization"));
    return http_reply(req, reply);
}
