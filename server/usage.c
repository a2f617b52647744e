/* See usage.h. */
#include "usage.h"

#include <pthread.h>
#include <stdlib.h>

#include "auth/api_key.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "errand.h"
#include "limit/tally.h"
#include "limit/tenants.h"
#include "worker.h"

enum { WITHIN_MS = 2000, LONGEST_MONTH_S = 31 * 86400 };

struct usage {
    const struct config *config;
    struct tally *tally;
    struct tenants *tenants; /* NULL: the metrics name none */
    struct loop *loop;
    struct timer *timer;
    bool writing;
    pthread_mutex_t writer; /* one batch at a time; guards failing */
    bool failing;           /* said once, not every two seconds */
};

/* ---- a request ---- */

static str tenant_of(const struct request *req)
{
    if (req->claims->tenant.len > 0)
        return req->claims->tenant;
    return req->key != NULL && req->key->tenant.at != NULL ? req->key->tenant : STR("");
}

/* False: nobody's. */
static bool is_counted(const struct request *req, struct tally_ask *ask)
{
    *ask = (struct tally_ask){.key = STR(""), .tenant = tenant_of(req)};
    if (req->key == NULL && ask->tenant.len == 0)
        return false;
    if (!token_cache_counts_usage(req->worker->tokens))
        return false;
    ask->now = clock_now();
    if (req->key == NULL)
        return true;
    ask->key = req->key->id;
    ask->quota = req->key->quota;
    ask->spent = req->key->spent;
    ask->spent_month = req->key->spent_month;
    return true;
}

/* Beside what a limit of the rate has said. */
static str and_also(arena *mem, str before, str more)
{
    return before.len == 0 ? more : arena_printf(mem, "%.*s, %.*s", STR_ARG(before), STR_ARG(more));
}

static void note_headers(struct request *req, const struct tally_verdict *verdict)
{
    str policy = arena_printf(req->mem, "\"month\";q=%lld;w=%d", (long long)req->key->quota,
                              LONGEST_MONTH_S);
    str left = arena_printf(req->mem, "\"month\";r=%lld;t=%lld", (long long)verdict->left,
                            (long long)verdict->ends_s);

    req->limited[0] =
        (struct header){STR("RateLimit-Policy"), and_also(req->mem, req->limited[0].value, policy)};
    req->limited[1] =
        (struct header){STR("RateLimit"), and_also(req->mem, req->limited[1].value, left)};
}

static const struct fail *refuse(const struct request *req, const struct tally_verdict *verdict)
{
    struct fail *fail =
        fail_new(req->mem, FAIL_LIMITED, "The plan has no requests left this month");

    fail->retry_after_s = (int)verdict->ends_s;
    fail->hint = arena_printf(
        req->mem, "The plan %.*s has %lld requests a month (UTC); the next begins in %d s",
        STR_ARG(req->key->plan), (long long)req->key->quota, fail->retry_after_s);
    return fail;
}

static void note_dropped(const struct request *req)
{
    metric_add(&req->worker->metrics, METRIC_USAGE_DROPPED, 1);
}

const struct fail *usage_count(struct request *req)
{
    struct tally_ask ask;

    tenants_count(req->worker->usage->tenants, tenant_of(req));
    if (!is_counted(req, &ask))
        return NULL;
    struct tally_verdict verdict = tally_take(req->worker->usage->tally, &ask);
    if (!verdict.counted)
        note_dropped(req);
    if (ask.quota > 0)
        note_headers(req, &verdict);
    return verdict.allowed ? NULL : refuse(req, &verdict);
}

void usage_refused(const struct request *req)
{
    struct tally_ask ask;

    if (is_counted(req, &ask))
        tally_refuse(req->worker->usage->tally, &ask);
}

void usage_put(const struct usage *usage, struct buf *text)
{
    tenants_put(usage->tenants, text);
}

/* ---- writing ---- */

static bool write_batch(const struct usage *usage, arena *mem, str json, str *spent, str *why)
{
    const struct errand_options options = {.purpose = "usage", .within_ms = WITHIN_MS};
    const struct statement query = {
        .text = STR("select postern.add_usage($1)"), .nparams = 1, .params = &json};
    struct sync *sync = errand_open(mem, usage->config, &options, why);

    if (sync == NULL)
        return false;
    if (errand_ask(sync, mem, &query, spent, why))
        return errand_close(&sync, mem, why);
    sync_close(&sync);
    return false;
}

static int64_t number(str value)
{
    int64_t number = 0;
    return str_int(value, &number) ? number : 0;
}

/* {"key": "...", "month": 24000, "spent": 7} */
static void learn_one(struct usage *usage, arena *mem, str object)
{
    struct json_walk walk;
    str name, value, key = STR("");
    int64_t month = 0, spent = 0;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return;
    while (json_walk_next(&walk, &name, &value)) {
        if (str_eq(name, STR("\"key\"")))
            key = json_unquote(mem, value);
        else if (str_eq(name, STR("\"month\"")))
            month = number(value);
        else if (str_eq(name, STR("\"spent\"")))
            spent = number(value);
    }
    tally_learn(usage->tally, key, month, spent);
}

static void learn(struct usage *usage, arena *mem, str spent)
{
    struct json_walk walk;
    str name, value;

    if (json_check(spent) != JSON_ARRAY)
        return;
    json_walk_open(&walk, spent);
    while (json_walk_next(&walk, &name, &value))
        learn_one(usage, mem, value);
}

/* The last call, when the program ends, waits for the one before it. */
static void write_in_thread(void *arg)
{
    struct usage *usage = arg;
    arena *mem = arena_open();
    struct buf json;
    str why = STR("the batch is too large"), spent = STR("");

    pthread_mutex_lock(&usage->writer);
    buf_init(&json, mem, TALLY_JSON_MAX);
    int count = tally_read(usage->tally, &json);
    bool done = count == 0 || (!json.full && write_batch(usage, mem, buf_str(&json), &spent, &why));
    tally_written(usage->tally, done);
    if (done)
        learn(usage, mem, spent);
    else if (!usage->failing)
        log_line(LOG_WARN, "usage not written", "rows=%d reason=\"%.*s\"", count, STR_ARG(why));
    usage->failing = !done;
    pthread_mutex_unlock(&usage->writer);
    arena_close(&mem);
}

static void on_written(void *arg)
{
    struct usage *usage = arg;
    usage->writing = false;
}

static void look(void *arg)
{
    struct usage *usage = arg;

    if (usage->writing || !tally_any(usage->tally))
        return;
    usage->writing = true;
    loop_work(usage->loop, write_in_thread, on_written, usage);
}

/* ---- life ---- */

struct usage *usage_new(const struct config *config)
{
    struct usage *usage = calloc(1, sizeof(struct usage));

    if (usage == NULL)
        abort();
    *usage = (struct usage){
        .config = config, .tally = tally_new(), .tenants = tenants_new(config->tenant_metrics)};
    pthread_mutex_init(&usage->writer, NULL);
    return usage;
}

void usage_start(struct usage *usage, struct loop *loop)
{
    usage->loop = loop;
    usage->timer = timer_start(loop, USAGE_EVERY_MS, USAGE_EVERY_MS, look, usage);
}

void usage_stop(struct usage *usage)
{
    timer_close(&usage->timer);
    write_in_thread(usage);
    if (usage->failing)
        log_line(LOG_ERROR, "usage lost", "reason=\"the database is away\"");
}

void usage_free(struct usage **usage)
{
    struct usage *last = *usage;

    *usage = NULL;
    tally_free(&last->tally);
    tenants_free(&last->tenants);
    pthread_mutex_destroy(&last->writer);
    free(last);
}
