/* See notify.h. Texts that wait leave in one statement, in a work thread. */
#include "notify.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/statement.h"
#include "pg/sync.h"

struct notify {
    struct loop *loop;
    const struct config *config;
    arena *mem; /* of what waits; NULL: nothing does */
    struct buf waiting;
    /* between the threads */
    arena *sending;
    str texts, why;
    struct sync *sync;
    arena *sync_mem;
    bool busy, failed, closing;
};

static void start(struct notify *notify);

struct notify *notify_new(struct loop *loop, const struct config *config)
{
    struct notify *notify = calloc(1, sizeof(struct notify));

    if (notify == NULL)
        abort();
    notify->loop = loop;
    notify->config = config;
    return notify;
}

static void close_connection(struct notify *notify)
{
    if (notify->sync != NULL)
        sync_close(&notify->sync);
    if (notify->sync_mem != NULL)
        arena_close(&notify->sync_mem);
}

static bool send_all(struct notify *notify)
{
    const struct config *config = notify->config;
    str url = config->migration_database_url.len > 0 ? config->migration_database_url
                                                     : config->database_url;
    const struct statement query = {
        .text = STR("select count(pg_notify('postern', text)) "
                    "from json_array_elements_text($1::text::json) as text"),
        .nparams = 1,
        .params = &notify->texts};
    struct sync_rows rows;

    if (notify->sync == NULL) {
        notify->sync_mem = arena_open();
        notify->sync = sync_open(notify->sync_mem, url, "gateways", &notify->why);
    }
    return notify->sync != NULL &&
           sync_query(notify->sync, notify->sending, &query, &rows, &notify->why);
}

static void send_in_thread(void *arg)
{
    struct notify *notify = arg;

    notify->failed = !send_all(notify);
}

static void release(struct notify *notify)
{
    close_connection(notify);
    if (notify->mem != NULL)
        arena_close(&notify->mem);
    free(notify);
}

static void on_sent(void *arg)
{
    struct notify *notify = arg;

    notify->busy = false;
    if (notify->failed) {
        log_line(LOG_WARN, "gateways not told", "reason=\"%.*s\"", STR_ARG(notify->why));
        close_connection(notify);
    }
    arena_close(&notify->sending);
    if (notify->mem != NULL)
        start(notify);
    else if (notify->closing)
        release(notify);
}

static void start(struct notify *notify)
{
    buf_putc(&notify->waiting, ']');
    notify->texts = buf_str(&notify->waiting);
    notify->sending = notify->mem;
    notify->mem = NULL;
    notify->busy = true;
    loop_work(notify->loop, send_in_thread, on_sent, notify);
}

void notify_say(struct notify *notify, str text)
{
    if (notify->mem == NULL) {
        notify->mem = arena_open();
        buf_init(&notify->waiting, notify->mem, (size_t)NOTIFY_WAITING_MAX * 2);
    }
    if (notify->waiting.len > NOTIFY_WAITING_MAX) {
        log_line(LOG_WARN, "gateways not told", "reason=\"too much waits\"");
        return;
    }
    buf_putc(&notify->waiting, notify->waiting.len == 0 ? '[' : ',');
    json_put_string(&notify->waiting, text);
    if (!notify->busy)
        start(notify);
}

void notify_rest(struct notify *notify)
{
    if (!notify->busy)
        close_connection(notify);
}

void notify_free(struct notify **notify)
{
    struct notify *last = *notify;

    *notify = NULL;
    if (last == NULL)
        return;
    last->closing = true;
    if (!last->busy)
        release(last);
}
