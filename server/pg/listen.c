/* See listen.h. Connecting blocks, so it happens in a work thread; then the socket is watched. */
#include "pg/listen.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "pg/url.h"

enum { PAUSE_FIRST_MS = 100, PAUSE_MAX_MS = 5000 };

struct listen {
    struct loop *loop;
    const struct listen_fns *fns;
    void *arg;
    char *conninfo, *channels;
    PGconn *pg;
    struct watch *watch;
    struct timer *again;
    int64_t pause_ms;
    bool connecting, closing;
};

static void connect_in_thread(void *arg);
static void on_connected(void *arg);
static void on_ready(void *arg, int events);
static void try_again(void *arg);

struct listen *listen_open(struct loop *loop, str url, str channels, const struct listen_fns *fns,
                           void *arg)
{
    struct listen *listen = calloc(1, sizeof(*listen));
    const struct conninfo_options how = {.purpose = "listen"};
    arena *mem = arena_open();
    struct conninfo conninfo;
    str why;

    if (listen == NULL)
        abort();
    if (!conninfo_make(mem, url, &how, &conninfo, &why))
        die(2, "%.*s", STR_ARG(why));
    *listen = (struct listen){.loop = loop, .fns = fns, .arg = arg, .pause_ms = PAUSE_FIRST_MS};
    listen->conninfo = strndup(conninfo.text.at, conninfo.text.len);
    listen->channels = strndup(channels.at, channels.len);
    arena_close(&mem);
    try_again(listen);
    return listen;
}

static void try_again(void *arg)
{
    struct listen *listen = arg;

    timer_close(&listen->again);
    listen->connecting = true;
    loop_work(listen->loop, connect_in_thread, on_connected, listen);
}

static bool listen_to(PGconn *pg, str channel)
{
    char *name = PQescapeIdentifier(pg, channel.at, channel.len);
    char sql[256];

    if (name == NULL)
        return false;
    snprintf(sql, sizeof(sql), "listen %s", name);
    PQfreemem(name);
    PGresult *result = PQexec(pg, sql);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return done;
}

static void connect_in_thread(void *arg)
{
    struct listen *listen = arg;
    str channels = str_from(listen->channels), channel;

    listen->pg = PQconnectdb(listen->conninfo);
    while (PQstatus(listen->pg) == CONNECTION_OK && str_cut(&channels, ',', &channel))
        if (!listen_to(listen->pg, str_trim(channel)))
            return;
}

static void listen_free(struct listen *listen)
{
    watch_close(&listen->watch);
    timer_close(&listen->again);
    PQfinish(listen->pg);
    free(listen->conninfo);
    free(listen->channels);
    free(listen);
}

static void lost(struct listen *listen, const char *reason)
{
    log_line(LOG_WARN, "listener away", "retry_ms=%lld reason=\"%.*s\"",
             (long long)listen->pause_ms, (int)strcspn(reason, "\n"), reason);
    watch_close(&listen->watch);
    PQfinish(listen->pg);
    listen->pg = NULL;
    listen->again = timer_start(listen->loop, listen->pause_ms, 0, try_again, listen);
    if (listen->pause_ms < PAUSE_MAX_MS)
        listen->pause_ms *= 2;
    listen->fns->down(listen->arg);
}

static void on_connected(void *arg)
{
    struct listen *listen = arg;

    listen->connecting = false;
    if (listen->closing) {
        listen_free(listen);
        return;
    }
    if (PQstatus(listen->pg) != CONNECTION_OK) {
        lost(listen, PQerrorMessage(listen->pg));
        return;
    }
    listen->pause_ms = PAUSE_FIRST_MS;
    listen->watch = watch_open(listen->loop, PQsocket(listen->pg), on_ready, listen);
    watch_for(listen->watch, WATCH_READ);
    listen->fns->up(listen->arg);
}

static void on_ready(void *arg, int events)
{
    struct listen *listen = arg;
    PGnotify *notice;

    if (events < 0 || !PQconsumeInput(listen->pg)) {
        lost(listen, PQerrorMessage(listen->pg));
        return;
    }
    while ((notice = PQnotifies(listen->pg)) != NULL) {
        listen->fns->notice(listen->arg, str_from(notice->relname), str_from(notice->extra));
        PQfreemem(notice);
    }
}

void listen_close(struct listen **listen)
{
    struct listen *last = *listen;

    *listen = NULL;
    if (last == NULL)
        return;
    if (last->connecting)
        last->closing = true; /* freed when the thread comes back */
    else
        listen_free(last);
}
