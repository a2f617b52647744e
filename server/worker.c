/* See worker.h. Here, and only here, the layers meet: who needs the other side gets a function
 * pointer. */
#include "worker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "serve.h"

enum { DRAIN_EVERY_MS = 50, POLITE_MS = 300 };

static bool reads_request(const struct request *req)
{
    return req->schema == NULL || schema_reads_request(req->schema);
}

static void adopt(void *arg, int fd)
{
    struct worker *worker = arg;
    http_adopt(worker->http, fd);
}

struct worker *worker_new(const struct worker_options *options)
{
    struct worker *worker = h2o_mem_alloc(sizeof(*worker));

    memset(worker, 0, sizeof(*worker));
    worker->index = options->index;
    worker->count = options->count;
    worker->config = options->config;
    worker->all = options->all;
    worker->schema = schema_ref(options->schema);
    worker->book = book_ref(options->book);
    worker->nobody = claims_new(STR("none"), STR(""), STR("{}"), 0);
    worker->loop = loop_new();
    worker->cache = cache_new(&worker->metrics);
    worker->tokens = token_cache_new(options->config, options->keys, &worker->metrics);
    worker->http = http_new(worker->loop, options->config, &worker->metrics, serve, worker);
    worker->db = db_new(&(struct db_options){.config = options->config,
                                             .loop = worker->loop,
                                             .metrics = &worker->metrics,
                                             .worker = options->index,
                                             .workers = options->count,
                                             .fail = serve_fail,
                                             .reads_request = reads_request});
    /* The live feed is not here yet: its sockets are answered by routes/ws.c. */
    const struct door_sides sides = {.http = adopt, .ws = adopt, .arg = worker};
    worker->door = door_open(worker->loop, options->fd, options->config, &sides);
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
    free(gift);
}

void worker_give_schema(struct worker *worker, const struct schema *schema)
{
    struct gift *gift = gift_new(worker, STR(""));

    gift->schema = schema_ref(schema);
    loop_post(worker->loop, take_schema, gift);
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

    cache_drop(gift->worker->cache, (str){gift->relations, gift->len});
    free(gift);
}

void worker_drop_cache(struct worker *worker, str relations)
{
    loop_post(worker->loop, drop_cache, gift_new(worker, relations));
}

/* ---- the end ---- */

static void drain(void *arg)
{
    struct worker *worker = arg;
    int64_t past_ms = (clock_us() - worker->stop_us) / 1000;

    /* Idle connections get a moment: a request may be on its way. */
    if (past_ms >= POLITE_MS)
        http_drain(worker->http);
    bool late = past_ms >= worker->config->drain_ms;
    if (http_connections(worker->http) > 0 && !late)
        return;
    if (late)
        log_line(LOG_WARN, "drain timeout", "worker=%d connections=%d", worker->index,
                 http_connections(worker->http));
    timer_close(&worker->drain);
    http_close(worker->http);
    db_close(worker->db);
    loop_stop(worker->loop);
}

static void stop(void *arg)
{
    struct worker *worker = arg;

    if (worker->stopping)
        return;
    worker->stopping = true;
    worker->stop_us = clock_us();
    door_close(&worker->door);
    http_drain(worker->http);
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
    if (http_connections(last->http) > 0)
        return; /* cut off by the drain timeout: the process ends now anyway */
    loop_free(&last->loop);
    http_free(&last->http);
    db_free(&last->db);
    cache_free(&last->cache);
    token_cache_free(&last->tokens);
    claims_unref(&last->nobody);
    schema_unref(&last->schema);
    book_unref(&last->book);
    free(last);
}
