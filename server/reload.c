/* See reload.h. Sources: PostgREST "Schema Cache Reloading"; requirements 2.1. */
#include "reload.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/embed.h"
#include "base/log.h"
#include "base/statement.h"
#include "pg/listen.h"
#include "pg/sync.h"

enum { DEBOUNCE_MS = 100, DEBOUNCE_MAX_MS = 1000, AGAIN_FIRST_MS = 500, AGAIN_MAX_MS = 32000 };

#define OWN_CHANNEL "postern"

struct reload {
    struct loop *loop;
    const struct config *config, *used; /* used: by the load that runs */
    const struct reload_fns *fns;
    void *arg;
    struct gateways *gateways;
    struct listen *listen;
    struct timer *due;
    int64_t again_ms;
    int64_t asked_us; /* when what is due was asked for first; 0: it is another try */
    bool loading, wanted, closing;
    char channels[128];
    /* between the threads while one loads */
    arena *mem;
    const struct schema *schema;
    str why;
    int64_t started_us;
};

static str direct_url(const struct config *config)
{
    return config->migration_database_url.len > 0 ? config->migration_database_url
                                                  : config->database_url;
}

const struct schema *reload_first(arena *mem, const struct config *config, str *why)
{
    struct sync *sync = sync_open(mem, direct_url(config), "schema", why);
    const struct schema *schema = NULL;
    const struct statement query = {.text = embed_find(STR("sql/introspect/schema.sql")),
                                    .nparams = 1,
                                    .params = &config->db_schemas};
    struct sync_rows rows = {0};

    if (sync == NULL)
        return NULL;
    /* Without a search path every type is named in full; compiling costs more than it saves. Both
     * end with the transaction: a pooler may give the connection to somebody else. */
    bool described =
        sync_run(sync, mem,
                 STR("begin read only; set local search_path to ''; set local jit to off"), why) &&
        sync_query(sync, mem, &query, &rows, why) && sync_run(sync, mem, STR("commit"), why);
    sync_close(&sync);
    if (described)
        schema = schema_load(mem, rows.cells[0], why);
    return schema;
}

static void load_in_thread(void *arg)
{
    struct reload *reload = arg;

    reload->mem = arena_open();
    reload->schema = reload_first(reload->mem, reload->used, &reload->why);
}

static void start_load(void *arg);

static void on_loaded(void *arg)
{
    struct reload *reload = arg;

    reload->loading = false;
    if (reload->schema != NULL && !reload->closing) {
        int64_t us = clock_us() - reload->started_us;
        log_line(LOG_INFO, "schema loaded", "ms=%lld", (long long)us / 1000);
        reload->again_ms = AGAIN_FIRST_MS;
        reload->fns->loaded(reload->arg, reload->schema, us);
    } else if (!reload->closing) {
        log_line(LOG_WARN, "schema not loaded", "retry_ms=%lld reason=\"%.*s\"",
                 (long long)reload->again_ms, STR_ARG(reload->why));
        reload->fns->failed(reload->arg);
        timer_close(&reload->due);
        reload->asked_us = 0;
        reload->due = timer_start(reload->loop, reload->again_ms, 0, start_load, reload);
        if (reload->again_ms < AGAIN_MAX_MS)
            reload->again_ms *= 2;
    }
    schema_unref(&reload->schema);
    arena_close(&reload->mem);
    if (reload->closing)
        free(reload);
    else if (reload->wanted)
        reload_now(reload, "asked for while loading");
}

static void start_load(void *arg)
{
    struct reload *reload = arg;

    timer_close(&reload->due);
    reload->loading = true;
    reload->wanted = false;
    reload->used = reload->config;
    reload->started_us = clock_us();
    loop_work(reload->loop, load_in_thread, on_loaded, reload);
}

/* A burst of DDL is one reload, a stream of it one a second; what comes while one runs is one more.
 */
void reload_now(struct reload *reload, const char *reason)
{
    log_line(LOG_DEBUG, "schema reload", "reason=\"%s\"", reason);
    if (reload->loading) {
        reload->wanted = true;
        return;
    }
    int64_t now = clock_us();
    if (reload->due == NULL || reload->asked_us == 0)
        reload->asked_us = now;
    if (reload->due == NULL)
        reload->due = timer_start(reload->loop, DEBOUNCE_MS, 0, start_load, reload);
    else if (now - reload->asked_us < DEBOUNCE_MAX_MS * INT64_C(1000))
        timer_again(reload->due, DEBOUNCE_MS, 0);
}

/* What happened before was not heard. */
static void on_up(void *arg)
{
    struct reload *reload = arg;

    gateways_set_hearing(reload->gateways, true);
    reload->fns->keys(reload->arg);
    reload_now(reload, "listening");
}

/* What the database's triggers and other instances say. */
static void on_own_notice(struct reload *reload, str payload)
{
    if (str_starts(payload, STR("refreshed ")))
        reload->fns->refreshed(reload->arg, str_skip(payload, STR("refreshed ").len));
    else if (str_eq(payload, STR("keys")))
        reload->fns->keys(reload->arg);
    else
        gateways_hear(reload->gateways, payload);
}

static void on_down(void *arg)
{
    struct reload *reload = arg;

    gateways_set_hearing(reload->gateways, false);
    reload->fns->lost(reload->arg);
}

static void on_notice(void *arg, str channel, str payload)
{
    struct reload *reload = arg;

    if (str_eq(channel, STR(OWN_CHANNEL))) {
        on_own_notice(reload, payload);
    } else if (payload.len == 0 || str_eq(payload, STR("reload schema"))) {
        reload_now(reload, "notification");
    } else if (str_eq(payload, STR("reload config"))) {
        reload->fns->configure(reload->arg);
    }
}

/* The channels of the settings, unless they are listened to already. */
static void listen_as_set(struct reload *reload)
{
    static const struct listen_fns fns = {.up = on_up, .notice = on_notice, .down = on_down};
    const struct config *config = reload->config;
    char channels[sizeof(reload->channels)];

    snprintf(channels, sizeof(channels), OWN_CHANNEL "%s%.*s",
             config->db_channel_enabled ? "," : "",
             config->db_channel_enabled ? (int)config->db_channel.len : 0, config->db_channel.at);
    if (strcmp(channels, reload->channels) == 0)
        return;
    memcpy(reload->channels, channels, sizeof(channels));
    listen_close(&reload->listen);
    reload->listen =
        listen_open(reload->loop, direct_url(config), str_from(channels), &fns, reload);
}

void reload_take(struct reload *reload, const struct config *config)
{
    reload->config = config;
    listen_as_set(reload);
}

struct reload *reload_open(struct loop *loop, const struct config *config,
                           struct gateways *gateways, const struct reload_fns *fns, void *arg)
{
    struct reload *reload = h2o_mem_alloc(sizeof(*reload));

    *reload = (struct reload){.loop = loop,
                              .config = config,
                              .gateways = gateways,
                              .fns = fns,
                              .arg = arg,
                              .again_ms = AGAIN_FIRST_MS};
    listen_as_set(reload);
    return reload;
}

void reload_close(struct reload **reload)
{
    struct reload *last = *reload;

    *reload = NULL;
    listen_close(&last->listen);
    timer_close(&last->due);
    last->closing = true;
    if (!last->loading)
        free(last);
}
