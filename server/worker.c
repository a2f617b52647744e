/* See worker.h. Here, and only here, the layers meet: who needs the other side gets a function
 * pointer. */
#include "worker.h"

#include <stdlib.h>

#include "admin.h"
#include "auth/attempts.h"
#include "base/clock.h"
#include "base/log.h"
#include "fetch/relay.h"
#include "hearer.h"
#include "live/spread.h"
#include "serve.h"

enum { DRAIN_EVERY_MS = 50, POLITE_MS = 300, SIGN_INS_AT_ONCE = 1, SIGN_INS_WAITING = 32 };

static bool reads_request(const struct request *req)
{
    return req->schema == NULL || schema_reads_request(req->schema);
}

static int role_settings(const struct request *req, str name, const struct guc **gucs,
                         enum isolation *isolation)
{
    const struct role *role = req->schema == NULL ? NULL : schema_role(req->schema, name);

    if (role == NULL)
        return 0;
    *gucs = role->settings;
    *isolation = role->isolation;
    return role->nsettings;
}

static void adopt_websocket(void *arg, int fd)
{
    struct worker *worker = arg;
    feed_adopt(worker->feed, fd);
}

static void adopt(void *arg, int fd)
{
    struct worker *worker = arg;
    http_adopt(worker->http, fd);
}

static void adopt_admin(void *arg, int fd)
{
    struct worker *worker = arg;
    http_adopt(worker->admin, fd);
}

static void open_admin(struct worker *worker, int fd)
{
    const struct door_sides sides = {.http = adopt_admin, .ws = adopt_admin, .arg = worker};

    worker->admin = http_new(worker->loop, worker->config, &worker->metrics, admin_serve, worker);
    worker->admin_door = door_open(worker->loop, fd, worker->config, &sides);
}

static void note_finished(const struct request *req, int status)
{
    audit_note(req->worker->audit, req, status);
}

struct worker *worker_new(const struct worker_options *options)
{
    struct worker *worker = h2o_mem_alloc(sizeof(*worker));

    memset(worker, 0, sizeof(*worker));
    worker->index = options->index;
    worker->audit = options->audit;
    worker->count = options->count;
    worker->config = options->config;
    worker->all = options->all;
    worker->meter = options->meter;
    worker->schema = schema_ref(options->schema);
    worker->book = book_ref(options->book);
    worker->guide = options->guide;
    worker->nobody = claims_new(STR("none"), STR(""), STR("{}"), 0);
    worker->loop = loop_new();
    worker->cache = cache_new(&worker->metrics);
    worker->keys = keys_ref(options->keys);
    if (worker->index == 0 && str_eq(options->config->auth, STR("builtin")))
        worker->attempts = attempts_new();
    gate_init(&worker->sign_ins, SIGN_INS_AT_ONCE, SIGN_INS_WAITING);
    worker->tokens = token_cache_new(options->config, options->keys, &worker->metrics);
    token_cache_take_api_keys(worker->tokens, options->api_keys);
    worker->http = http_new(worker->loop, options->config, &worker->metrics, serve, worker);
    if (worker->audit != NULL)
        http_on_finish(worker->http, note_finished);
    worker->db = db_new(&(struct db_options){.config = options->config,
                                             .loop = worker->loop,
                                             .metrics = &worker->metrics,
                                             .worker = options->index,
                                             .workers = options->count,
                                             .fail = serve_fail,
                                             .reads_request = reads_request,
                                             .role_settings = role_settings});
    worker->fleet = options->fleet;
    worker->limits = options->limits;
    worker->usage = options->usage;
    worker->gossip = options->gossip;
    if (options->config->redis_url.len > 0)
        worker->kv =
            kv_open(&(struct kv_options){.loop = worker->loop, .url = options->config->redis_url});
    worker->shared = shared_new(options->config, worker->kv, &worker->metrics);
    list_init(&worker->hearers);
    list_init(&worker->outbox);
    worker->feed = feed_new(worker);
    const struct door_sides sides = {.http = adopt, .ws = adopt_websocket, .arg = worker};
    worker->door = door_open(worker->loop, options->fd, options->config, &sides);
    if (options->admin_fd >= 0)
        open_admin(worker, options->admin_fd);
    return worker;
}

static void *run(void *arg)
{
    struct worker *worker = arg;

    loop_run(worker->loop);
    return NULL;
}

void worker_start(struct worker *worker)
{
    if (pthread_create(&worker->thread, NULL, run, worker) != 0)
        die(1, "Cannot start a thread");
}

/* ---- what comes from the control thread ---- */

struct gift {
    struct worker *worker;
    const struct schema *schema;
    const struct book *book;
    const struct config *config;
    const struct keys *keys;
    const struct api_keys *api_keys;
    size_t len;
    char relations[];
};

static struct gift *gift_new(struct worker *worker, str relations)
{
    struct gift *gift = h2o_mem_alloc(sizeof(*gift) + relations.len);

    *gift = (struct gift){.worker = worker, .len = relations.len};
    if (relations.len > 0)
        memcpy(gift->relations, relations.at, relations.len);
    return gift;
}

static void take_schema(void *arg)
{
    struct gift *gift = arg;

    schema_unref(&gift->worker->schema);
    gift->worker->schema = gift->schema;
    gift->worker->schema_stale = false;
    feed_schema_changed(gift->worker->feed);
    free(gift);
}

void worker_give_schema(struct worker *worker, const struct schema *schema)
{
    struct gift *gift = gift_new(worker, STR(""));

    gift->schema = schema_ref(schema);
    loop_post(worker->loop, take_schema, gift);
}

static void take_config(void *arg)
{
    struct gift *gift = arg;
    struct worker *worker = gift->worker;

    worker->config = gift->config;
    token_cache_take(worker->tokens, gift->config, gift->keys);
    keys_unref(&worker->keys);
    worker->keys = keys_ref(gift->keys);
    http_take(worker->http, gift->config);
    if (worker->admin != NULL)
        http_take(worker->admin, gift->config);
    db_take(worker->db, gift->config);
    keys_unref(&gift->keys);
    free(gift);
}

void worker_give_config(struct worker *worker, const struct config *config, const struct keys *keys)
{
    struct gift *gift = gift_new(worker, STR(""));

    gift->config = config;
    gift->keys = keys_ref(keys);
    loop_post(worker->loop, take_config, gift);
}

static void take_api_keys(void *arg)
{
    struct gift *gift = arg;

    token_cache_take_api_keys(gift->worker->tokens, gift->api_keys);
    feed_keys_changed(gift->worker->feed, gift->api_keys);
    api_keys_unref(&gift->api_keys);
    free(gift);
}

void worker_give_api_keys(struct worker *worker, const struct api_keys *keys)
{
    struct gift *gift = gift_new(worker, STR(""));

    gift->api_keys = api_keys_ref(keys);
    loop_post(worker->loop, take_api_keys, gift);
}

static void note_failure(void *arg)
{
    struct worker *worker = arg;
    worker->schema_stale = true;
}

void worker_schema_failed(struct worker *worker)
{
    loop_post(worker->loop, note_failure, worker);
}

static void take_book(void *arg)
{
    struct gift *gift = arg;

    book_unref(&gift->worker->book);
    gift->worker->book = gift->book;
    cache_drop(gift->worker->cache, STR(""));
    free(gift);
}

void worker_give_book(struct worker *worker, const struct book *book)
{
    struct gift *gift = gift_new(worker, STR(""));

    gift->book = book_ref(book);
    loop_post(worker->loop, take_book, gift);
}

static void drop_cache(void *arg)
{
    struct gift *gift = arg;
    str relations = {gift->relations, gift->len};

    cache_drop(gift->worker->cache, relations);
    shared_drop(gift->worker->shared, relations);
    hearers_tell_refreshed(&gift->worker->hearers, relations);
    free(gift);
}

void worker_drop_cache(struct worker *worker, str relations)
{
    loop_post(worker->loop, drop_cache, gift_new(worker, relations));
}

/* ---- the live feed ---- */

struct news {
    struct list node; /* worker->outbox of who tells it */
    struct worker *worker;
    struct change_list *list;
    bool streaming, gap;
    uint64_t from;
    struct spread spread;
};

static struct news *news_new(struct worker *worker, size_t bytes)
{
    struct news *news = h2o_mem_alloc(sizeof(*news) + bytes);

    *news = (struct news){.worker = worker};
    return news;
}

static void take_changes(void *arg)
{
    struct news *news = arg;

    feed_take_changes(news->worker->feed, news->list);
    hearers_tell_changes(&news->worker->hearers, news->list);
    change_list_unref(&news->list);
    free(news);
}

void worker_give_changes(struct worker *worker, struct change_list *list)
{
    struct news *news = news_new(worker, 0);

    news->list = change_list_ref(list);
    loop_post(worker->loop, take_changes, news);
}

static void take_stream(void *arg)
{
    struct news *news = arg;

    feed_set_streaming(news->worker->feed, news->streaming, news->gap, news->from);
    free(news);
}

void worker_give_stream(struct worker *worker, bool streaming, bool gap, uint64_t from)
{
    struct news *news = news_new(worker, 0);

    news->streaming = streaming;
    news->gap = gap;
    news->from = from;
    loop_post(worker->loop, take_stream, news);
}

static void take_spread(void *arg)
{
    struct news *news = arg;

    feed_take_spread(news->worker->feed, &news->spread);
    spread_release(&news->spread);
    free(news);
}

static str keep(char **room, str text)
{
    str kept = {*room, text.len};

    if (text.len > 0)
        memcpy(*room, text.at, text.len);
    *room += text.len;
    return kept;
}

static struct news *news_of(struct worker *worker, const struct spread *spread)
{
    struct news *news =
        news_new(worker, spread->topic.len + spread->key.len + spread->ref.len + spread->meta.len);
    char *room = (char *)(news + 1);

    news->spread = *spread;
    news->spread.topic = keep(&room, spread->topic);
    news->spread.key = keep(&room, spread->key);
    news->spread.ref = keep(&room, spread->ref);
    news->spread.meta = keep(&room, spread->meta);
    for (int i = 0; i < 2; i++)
        if (spread->frames[i] != NULL)
            message_ref(spread->frames[i]);
    return news;
}

void worker_give_spread(struct worker *worker, const struct spread *spread)
{
    loop_post(worker->loop, take_spread, news_of(worker, spread));
}

/* At the end of the process another worker may have ended before. */
static bool is_there(const struct worker *worker, const struct worker *other)
{
    for (int i = 0; i < worker->count; i++)
        if (worker->all[i] == other)
            return true;
    return false;
}

static void send_outbox(void *arg)
{
    struct worker *worker = arg;

    LIST_EACH (node, &worker->outbox) {
        struct news *news = LIST_ENTRY(node, struct news, node);
        list_remove(node);
        if (is_there(worker, news->worker)) {
            loop_post(news->worker->loop, take_spread, news);
        } else {
            spread_release(&news->spread);
            free(news);
        }
    }
}

/* What is told in one turn of the loop leaves together: another worker that woke up at the first of
 * many messages would write it alone to all of its clients, and then the others. */
static void tell(struct worker *worker, struct worker *other, const struct spread *spread)
{
    struct news *news = news_of(other, spread);

    if (list_empty(&worker->outbox))
        loop_soon(worker->loop, send_outbox, worker);
    list_append(&worker->outbox, &news->node);
}

void worker_spread(struct worker *worker, const struct spread *spread)
{
    for (int i = 0; i < worker->count; i++)
        if (worker->all[i] != NULL && worker->all[i] != worker)
            tell(worker, worker->all[i], spread);
    if (spread->kind != SPREAD_KEEP) /* what a process keeps is its own affair */
        gossip_tell(worker->gossip, spread);
}

/* ---- the end ---- */

static int connections(const struct worker *worker)
{
    int admin = worker->admin == NULL ? 0 : http_connections(worker->admin);
    return http_connections(worker->http) + feed_connections(worker->feed) + admin;
}

static void close_all(struct worker *worker)
{
    timer_close(&worker->drain);
    door_close(&worker->door);
    door_close(&worker->admin_door);
    feed_close(worker->feed);
    http_close(worker->http);
    if (worker->admin != NULL)
        http_close(worker->admin);
    relay_free(&worker->relay);
    kv_close(&worker->kv);
    db_close(worker->db);
    loop_stop(worker->loop);
}

static void drain(void *arg)
{
    struct worker *worker = arg;
    int64_t past_ms = (clock_us() - worker->stop_us) / 1000;

    /* Idle connections get a moment: a request may be on its way. */
    if (past_ms >= POLITE_MS) {
        door_close(&worker->door);
        http_drain(worker->http);
        if (worker->admin != NULL)
            http_drain(worker->admin);
    }
    bool late = past_ms >= worker->config->drain_ms;
    bool quiet = worker->door == NULL || door_quiet(worker->door);
    if ((connections(worker) > 0 || !quiet) && !late)
        return;
    if (late)
        log_line(LOG_WARN, "drain timeout", "worker=%d connections=%d", worker->index,
                 connections(worker));
    close_all(worker);
}

/* The admin listener answers until the end: it is asked whether the end has begun. */
static void stop(void *arg)
{
    struct worker *worker = arg;

    if (worker->stopping)
        return;
    worker->stopping = true;
    worker->stop_us = clock_us();
    door_shut(worker->door, worker->config->reuseport);
    feed_drain(worker->feed);
    http_drain(worker->http);
    if (worker->admin != NULL)
        http_drain(worker->admin);
    worker->drain = timer_start(worker->loop, 0, DRAIN_EVERY_MS, drain, worker);
}

void worker_stop(struct worker *worker)
{
    loop_post(worker->loop, stop, worker);
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
}

void worker_free(struct worker **worker)
{
    struct worker *last = *worker;

    *worker = NULL;
    if (connections(last) > 0)
        return; /* cut off by the drain timeout: the process ends now anyway */
    loop_free(&last->loop);
    http_free(&last->http);
    if (last->admin != NULL)
        http_free(&last->admin);
    db_free(&last->db);
    cache_free(&last->cache);
    shared_free(&last->shared);
    feed_free(&last->feed);
    token_cache_free(&last->tokens);
    attempts_free(&last->attempts);
    keys_unref(&last->keys);
    claims_unref(&last->nobody);
    schema_unref(&last->schema);
    book_unref(&last->book);
    free(last);
}
