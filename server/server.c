/* The life of the process: settings are checked, the database is asked, workers start; the main
 * thread keeps the control loop (signals, reloads, jobs, the log) and stops it all in reverse. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "auth/keys.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/statement.h"
#include "changes.h"
#include "cli/routes.h"
#include "configure.h"
#include "first_book.h"
#include "gateways.h"
#include "guide_read.h"
#include "jobs.h"
#include "jwks.h"
#include "keyring.h"
#include "pg/sync.h"
#include "place.h"
#include "reload.h"
#include "renewal.h"
#include "serve.h"
#include "shelf.h"
#include "usage.h"
#include "worker.h"

enum {
    WORKERS_MAX = 64,
    LOG_FLUSH_MS = 100,
    SHELF_MS = 1000,
    EXIT_DATABASE = 1,
    EXIT_SETTING = 2,
    TRIM_AT = 4 << 20, /* bytes: what a burst took is kept for the next one up to here */
    TOP_PAD = 256 << 10
};

struct server {
    struct config settings; /* as given, with the port that was found for port 0 */
    const struct config *config;
    arena *mem;
    struct loop *loop;
    struct reload *reload;
    struct renewal *renewal; /* under way, or NULL */
    bool renew_again;        /* asked for meanwhile */
    struct list configs;     /* what requests may still read: kept until the end */
    struct jobs *jobs;
    struct jwks *jwks;
    struct keyring *keyring;
    struct audit *audit;
    struct usage *usage;
    const struct api_keys *api_keys; /* as at the start; NULL from then on */
    struct changes *changes;
    struct gateways *gateways;
    struct timer *log, *shelves;
    struct shelf shelf;
    struct place place, admin_place;
    int admin_fd; /* -1: no admin listener */
    struct worker *workers[WORKERS_MAX];
    struct live_meter meter;
    int nworkers;
    bool stopping;
    int status; /* of the process, at the end */
};

/* ---- the start ---- */

/* As many workers as can have a connection each. */
static int count_workers(const struct config *config)
{
    int64_t count = config->workers;

    if (count > config->db_max_connections) {
        count = config->db_max_connections;
        log_line(LOG_WARN, "fewer workers", "workers=%lld reason=\"each needs a connection\"",
                 (long long)count);
    }
    return (int)(count > WORKERS_MAX ? WORKERS_MAX : count);
}

static int listen_at(struct server *server, struct place *place)
{
    int fd = place_listen(place);

    if (fd < 0)
        die(EXIT_SETTING, "Cannot listen on %.*s: %s", STR_ARG(place_text(server->mem, place)),
            strerror(errno));
    return fd;
}

static void refuse_taken(struct server *server, const struct place *place)
{
    if (!place->shared && place_taken(place))
        die(EXIT_SETTING, "%.*s is taken by another program",
            STR_ARG(place_text(server->mem, place)));
}

static void choose_places(struct server *server)
{
    server->place = place_of_server(server->config);
    server->admin_fd = -1;
    refuse_taken(server, &server->place);
    if (!place_of_admin(server->config, &server->admin_place))
        return;
    refuse_taken(server, &server->admin_place);
    server->admin_fd = listen_at(server, &server->admin_place);
}

/* Each worker has its own TCP socket; a unix socket is one, and each has a copy of it. */
static int open_door(struct server *server)
{
    struct worker *first = server->workers[0];

    if (first != NULL && server->place.path.at != NULL)
        return fcntl(door_fd(first->door), F_DUPFD_CLOEXEC, 0);
    int fd = listen_at(server, &server->place);
    server->settings.port = server->place.port;
    return fd;
}

static void take_signals(struct server *server);

static void start_workers(struct server *server)
{
    const struct config *config = server->config;
    str why = {NULL, 0};
    const struct keys *keys = jwks_keys(server->jwks, server->mem, config, &why);

    if (why.at != NULL)
        die(EXIT_SETTING, "%.*s", STR_ARG(why));
    choose_places(server);
    const struct guide *guide = guide_read(config, server->mem, &why);
    if (guide == NULL)
        die(EXIT_SETTING, "%.*s", STR_ARG(why));
    const struct book *book = first_book(server->mem, &server->shelf);
    const struct schema *schema = reload_first(server->mem, config, &why);
    if (schema == NULL)
        die(EXIT_DATABASE, "Cannot read the schema: %.*s", STR_ARG(why));
    server->api_keys = keyring_first(server->mem, config, &why);
    if (server->api_keys == NULL)
        die(EXIT_DATABASE, "Cannot read the API keys: %.*s", STR_ARG(why));
    server->nworkers = count_workers(config);
    server->gateways = gateways_new(server->loop, config);
    server->audit = audit_new(config);
    server->usage = usage_new(config);
    for (int i = 0; i < server->nworkers; i++)
        server->workers[i] =
            worker_new(&(struct worker_options){.index = i,
                                                .count = server->nworkers,
                                                .config = config,
                                                .keys = keys,
                                                .api_keys = server->api_keys,
                                                .audit = server->audit,
                                                .schema = schema,
                                                .book = book,
                                                .guide = guide,
                                                .fleet = gateways_fleet(server->gateways),
                                                .gossip = gateways_gossip(server->gateways),
                                                .limits = gateways_limits(server->gateways),
                                                .usage = server->usage,
                                                .all = server->workers,
                                                .meter = &server->meter,
                                                .fd = open_door(server),
                                                .admin_fd = i == 0 ? server->admin_fd : -1});
    metric_set(&server->workers[0]->metrics, METRIC_DB_MAX, config->db_max_connections);
    keys_unref(&keys);
    schema_unref(&schema);
    book_unref(&book);
    take_signals(server);
    for (int i = 0; i < server->nworkers; i++)
        worker_start(server->workers[i]);
}

/* ---- the control loop ---- */

static void on_schema(void *arg, const struct schema *schema, int64_t us)
{
    struct server *server = arg;

    metric_add(&server->workers[0]->metrics, METRIC_SCHEMA_LOADS, 1);
    metric_set(&server->workers[0]->metrics, METRIC_SCHEMA_US, us);
    for (int i = 0; i < server->nworkers; i++)
        worker_give_schema(server->workers[i], schema);
}

static void on_schema_failure(void *arg)
{
    struct server *server = arg;
    metric_add(&server->workers[0]->metrics, METRIC_SCHEMA_FAILURES, 1);
    for (int i = 0; i < server->nworkers; i++)
        worker_schema_failed(server->workers[i]);
}

static void stop(struct server *server, const char *reason)
{
    server->stopping = true;
    gateways_bye(server->gateways);
    log_line(LOG_INFO, "stopping", "reason=\"%s\"", reason);
    loop_stop(server->loop);
}

static void on_lost(void *arg)
{
    struct server *server = arg;

    if (server->stopping || server->config->db_recovery)
        return;
    server->status = EXIT_DATABASE;
    stop(server, "the database is away, and DB_RECOVERY is off");
}

static void on_keys_told(void *arg)
{
    struct server *server = arg;
    keyring_now(server->keyring);
}

static void on_api_keys(void *arg, const struct api_keys *keys)
{
    struct server *server = arg;

    for (int i = 0; i < server->nworkers; i++)
        worker_give_api_keys(server->workers[i], keys);
}

static void on_refreshed(void *arg, str relations)
{
    struct server *server = arg;

    for (int i = 0; i < server->nworkers; i++)
        worker_drop_cache(server->workers[i], relations);
}

/* ---- settings that change ---- */

/* The settings come with the set that the issuer publishes now. */
static void give_keys(struct server *server, const struct config *config)
{
    str why = {NULL, 0};
    const struct keys *keys = jwks_keys(server->jwks, server->mem, config, &why);

    if (keys == NULL) { /* they were read before */
        log_line(LOG_ERROR, "keys kept", "reason=\"%.*s\"", STR_ARG(why));
        return;
    }
    for (int i = 0; i < server->nworkers; i++)
        worker_give_config(server->workers[i], config, keys);
    keys_unref(&keys);
}

static void on_keys(void *arg)
{
    struct server *server = arg;
    give_keys(server, server->config);
}

static void take_renewal(struct server *server, struct renewal *renewal)
{
    list_append(&server->configs, &renewal->node);
    server->config = &renewal->config;
    give_keys(server, server->config);
    keyring_take(server->keyring, server->config);
    keyring_now(server->keyring);
    reload_take(server->reload, server->config);
    log_set_level(log_level_named(server->config->log_level));
    keys_unref(&renewal->keys);
    log_line(LOG_INFO, "settings reloaded", "workers=%d", server->nworkers);
}

static void renew(void *arg);

/* The schema comes with them: the settings of roles are in its snapshot. */
static void on_renewed(void *arg, struct renewal *renewal)
{
    struct server *server = arg;

    server->renewal = NULL;
    if (server->stopping) {
        renewal_free(renewal);
        return;
    }
    if (renewal->why.at != NULL)
        log_line(LOG_ERROR, "settings kept", "reason=\"%.*s\"", STR_ARG(renewal->why));
    if (renewal->why.at != NULL || config_same(&renewal->config, server->config))
        renewal_free(renewal);
    else
        take_renewal(server, renewal);
    reload_now(server->reload, "settings");
    if (server->renew_again)
        renew(server);
}

static void renew(void *arg)
{
    struct server *server = arg;

    server->renew_again = server->renewal != NULL;
    if (server->renewal == NULL && server->settings.environment != NULL)
        server->renewal = renewal_start(server->loop, &server->settings, on_renewed, server);
}

/* ---- changes for the live feed ---- */

static void on_changes(void *arg, struct change_list *list)
{
    struct server *server = arg;

    for (int i = 0; i < server->nworkers; i++)
        worker_give_changes(server->workers[i], list);
}

static void on_stream_up(void *arg, bool gap, uint64_t from)
{
    struct server *server = arg;

    for (int i = 0; i < server->nworkers; i++)
        worker_give_stream(server->workers[i], true, gap, from);
}

static void on_stream_down(void *arg)
{
    struct server *server = arg;

    for (int i = 0; i < server->nworkers; i++)
        worker_give_stream(server->workers[i], false, false, 0);
}

static void on_spread(void *arg, const struct spread *spread)
{
    struct server *server = arg;

    for (int i = 0; i < server->nworkers; i++)
        worker_give_spread(server->workers[i], spread);
}

static void flush_log(void *arg)
{
    (void)arg;
    log_flush();
}

/* In development a changed route file is picked up without a restart. */
static void look_at_shelf(void *arg)
{
    struct server *server = arg;
    str why = {NULL, 0};
    arena *mem = arena_open();
    const struct book *book = shelf_read(&server->shelf, mem, &why);

    if (book != NULL && routes_check(book, server->config, mem, &why)) {
        log_line(LOG_INFO, "routes reloaded", "routes=%zu", book_count(book));
        for (int i = 0; i < server->nworkers; i++)
            worker_give_book(server->workers[i], book);
    } else if (why.at != NULL) {
        log_line(LOG_ERROR, "routes kept", "reason=\"%.*s\"", STR_ARG(why));
    }
    book_unref(&book);
    arena_close(&mem);
}

static void on_signal(void *arg, int signal)
{
    struct server *server = arg;

    if (signal == SIGUSR2) {
        renew(server);
        return;
    }
    if (signal == SIGUSR1) {
        reload_now(server->reload, "SIGUSR1");
        return;
    }
    if (server->stopping) { /* asked twice: at once */
        log_flush();
        _exit(EXIT_DATABASE);
    }
    stop(server, signal == SIGINT ? "SIGINT" : "SIGTERM");
}

static void open_control(struct server *server)
{
    static const struct reload_fns fns = {.loaded = on_schema,
                                          .failed = on_schema_failure,
                                          .keys = on_keys_told,
                                          .refreshed = on_refreshed,
                                          .lost = on_lost,
                                          .configure = renew};
    static const struct changes_fns changes_fns = {
        .list = on_changes, .up = on_stream_up, .down = on_stream_down};

    server->reload = reload_open(server->loop, server->config, server->gateways, &fns, server);
    server->keyring =
        keyring_open(server->loop, server->config, server->api_keys, on_api_keys, server);
    api_keys_unref(&server->api_keys);
    audit_start(server->audit, server->loop, &server->workers[0]->metrics);
    usage_start(server->usage, server->loop);
    jwks_start(server->jwks, server->loop, &server->workers[0]->metrics, on_keys, server);
    if (book_count(server->workers[0]->book) > 0)
        server->jobs = jobs_open(server->loop, server->config, on_refreshed, server);
    gateways_open(server->gateways, on_spread, server);
    server->changes = changes_open(server->loop, server->config, &changes_fns, server);
    server->log = timer_start(server->loop, LOG_FLUSH_MS, LOG_FLUSH_MS, flush_log, NULL);
    if (server->config->routes_dir.len > 0)
        server->shelves = timer_start(server->loop, SHELF_MS, SHELF_MS, look_at_shelf, server);
}

/* Before the first request is answered: who sees an answer may ask for the end. They are acted
 * on when the control loop runs. Until here SIGTERM ends the process at once. */
static void take_signals(struct server *server)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        loop_signal(server->loop, signals[i], on_signal, server);
}

static void stop_all(struct server *server)
{
    changes_close(&server->changes);
    gateways_close(server->gateways);
    jobs_close(&server->jobs);
    jwks_close(&server->jwks);
    keyring_close(&server->keyring);
    reload_close(&server->reload);
    timer_close(&server->log);
    timer_close(&server->shelves);
    place_leave(&server->place);
    for (int i = 0; i < server->nworkers; i++)
        worker_stop(server->workers[i]);
    for (int i = 0; i < server->nworkers; i++)
        worker_join(server->workers[i]);
    audit_stop(server->audit);
    usage_stop(server->usage);
    for (int i = 0; i < server->nworkers; i++)
        worker_free(&server->workers[i]);
    if (server->admin_fd >= 0)
        place_leave(&server->admin_place);
    loop_free(&server->loop);
    audit_free(&server->audit);
    usage_free(&server->usage);
    gateways_free(&server->gateways);
    log_line(LOG_INFO, "stopped", "workers=%d", server->nworkers);
    log_flush();
}

static void say_serving(struct server *server)
{
    const struct config *config = server->config;
    str rest = config->rest_path.len > 0 ? config->rest_path : STR("/");

    log_line(LOG_INFO, "serving", "url=%.*s rest=%.*s workers=%d version=%s",
             STR_ARG(place_text(server->mem, &server->place)), STR_ARG(rest), server->nworkers,
             POSTERN_VERSION);
    if (server->admin_fd >= 0)
        log_line(LOG_INFO, "admin", "url=%.*s",
                 STR_ARG(place_text(server->mem, &server->admin_place)));
}

static void free_configs(struct server *server)
{
    while (!list_empty(&server->configs)) {
        struct renewal *renewal = LIST_ENTRY(server->configs.next, struct renewal, node);
        list_remove(&renewal->node);
        renewal_free(renewal);
    }
}

int serve_main(const struct config *config, void (*ready)(void *arg), void *arg)
{
    struct server server = {.mem = arena_open()};

    list_init(&server.configs);
    configure_start(server.mem, config, &server.settings);
    server.config = server.shelf.config = config = &server.settings;

    signal(SIGPIPE, SIG_IGN);
    setenv("UV_THREADPOOL_SIZE", "8", 0); /* connecting and cancelling block there */
    mallopt(M_TRIM_THRESHOLD, TRIM_AT);
    mallopt(M_TOP_PAD, TOP_PAD);
    config_warn(config);
    server.jwks = jwks_new(config);
    server.loop = loop_new();
    start_workers(&server);
    open_control(&server);
    say_serving(&server);
    if (ready != NULL)
        ready(arg);
    loop_run(server.loop);
    stop_all(&server);
    free_configs(&server);
    arena_close(&server.mem);
    return server.status;
}
