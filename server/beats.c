/* See beats.h. Writing blocks, so it happens in a work thread on a connection of its own, as
 * scheduled jobs do; while nothing beats, none is opened. */
#include "beats.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/statement.h"
#include "pg/sync.h"

enum { WRITE_EVERY_MS = 60000, BEATS_BYTES_MAX = 64 << 20, LAST_WAIT_S = 2 };

struct beats {
    struct loop *loop;
    const struct config *config;
    struct fleet *fleet;
    struct timer *timer;
    bool writing, closing;
    str why; /* of the last try, between the threads */
    int count;
    arena *mem;
};

static str direct_url(const struct config *config)
{
    return config->migration_database_url.len > 0 ? config->migration_database_url
                                                  : config->database_url;
}

static bool put(arena *mem, const struct config *config, str text, str *why)
{
    const struct conninfo_options how = {.purpose = "beats", .connect_timeout_s = LAST_WAIT_S};
    const struct statement query = {
        .text = STR("select postern.note_beats($1::text::jsonb)"), .nparams = 1, .params = &text};
    struct sync *sync = sync_open_within(mem, direct_url(config), &how, why);
    struct sync_rows rows;

    if (sync == NULL)
        return false;
    bool done = sync_query(sync, mem, &query, &rows, why);
    sync_close(&sync);
    return done;
}

/* How many are written; -1: none, for the reason in *why. They wait for the next time then. */
static int write_all(arena *mem, const struct config *config, struct fleet *fleet, str *why)
{
    int64_t until_us;
    struct buf text;

    buf_init(&text, mem, BEATS_BYTES_MAX);
    int count = fleet_unwritten(fleet, &text, &until_us);
    if (count == 0)
        return 0;
    if (text.full || !put(mem, config, buf_str(&text), why))
        return -1;
    fleet_written(fleet, until_us);
    return count;
}

static void write_in_thread(void *arg)
{
    struct beats *beats = arg;

    beats->mem = arena_open();
    beats->why = STR("too many");
    beats->count = write_all(beats->mem, beats->config, beats->fleet, &beats->why);
}

static void on_written(void *arg)
{
    struct beats *beats = arg;

    beats->writing = false;
    if (beats->count < 0)
        log_line(LOG_WARN, "beats not written", "reason=\"%.*s\"", STR_ARG(beats->why));
    else if (beats->count > 0)
        log_line(LOG_DEBUG, "beats written", "nodes=%d", beats->count);
    arena_close(&beats->mem);
    if (beats->closing)
        free(beats);
}

static void write_now(void *arg)
{
    struct beats *beats = arg;

    if (beats->writing)
        return;
    beats->writing = true;
    loop_work(beats->loop, write_in_thread, on_written, beats);
}

struct beats *beats_open(struct loop *loop, const struct config *config, struct fleet *fleet)
{
    struct beats *beats = calloc(1, sizeof(struct beats));

    if (beats == NULL)
        abort();
    *beats = (struct beats){.loop = loop, .config = config, .fleet = fleet};
    beats->timer = timer_start(loop, WRITE_EVERY_MS, WRITE_EVERY_MS, write_now, beats);
    return beats;
}

void beats_close(struct beats **beats)
{
    struct beats *last = *beats;

    *beats = NULL;
    if (last == NULL)
        return;
    timer_close(&last->timer);
    last->closing = true;
    if (!last->writing)
        free(last);
}

void beats_write_last(const struct config *config, struct fleet *fleet)
{
    arena *mem = arena_open();
    str why = STR("too many");

    if (write_all(mem, config, fleet, &why) < 0)
        log_line(LOG_WARN, "beats not written", "reason=\"%.*s\"", STR_ARG(why));
    arena_close(&mem);
}
