/* See demo_beats.h. */
#include "cli/demo_beats.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/embed.h"
#include "base/log.h"
#include "pg/sync.h"

enum { BEAT_EVERY_S = 10 };

struct demo_beats {
    str url;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t stop;
    bool stopping;
};

/* A connection and its memory; both go when something goes wrong. */
struct line {
    arena *mem;
    struct sync *sync;
};

static void line_close(struct line *line)
{
    sync_close(&line->sync);
    arena_close(&line->mem);
}

static bool line_open(struct line *line, str url, str *why)
{
    if (line->sync != NULL)
        return true;
    line->mem = arena_open();
    line->sync = sync_open(line->mem, url, "demo beats", why);
    return line->sync != NULL &&
           sync_run(line->sync, line->mem,
                    STR("set statement_timeout = '5s'; set synchronous_commit = off"), why);
}

static void beat(struct line *line, str url)
{
    str why = {NULL, 0};
    arena *mem = arena_open();

    if (!line_open(line, url, &why) ||
        !sync_run(line->sync, mem, embed_find(STR("sql/demo/beat.sql")), &why)) {
        log_line(LOG_DEBUG, "the demo's machines are not heard", "reason=\"%.*s\"", STR_ARG(why));
        line_close(line);
    }
    arena_close(&mem);
}

/* False when it is time to stop. */
static bool wait_for_next(struct demo_beats *beats)
{
    struct timespec next;

    clock_gettime(CLOCK_MONOTONIC, &next);
    next.tv_sec += BEAT_EVERY_S;
    pthread_mutex_lock(&beats->lock);
    while (!beats->stopping && pthread_cond_timedwait(&beats->stop, &beats->lock, &next) == 0)
        continue;
    bool stopping = beats->stopping;
    pthread_mutex_unlock(&beats->lock);
    return !stopping;
}

static void *run(void *arg)
{
    struct demo_beats *beats = arg;
    struct line line = {NULL, NULL};

    do
        beat(&line, beats->url);
    while (wait_for_next(beats));
    line_close(&line);
    return NULL;
}

static void release(struct demo_beats *beats)
{
    pthread_cond_destroy(&beats->stop);
    pthread_mutex_destroy(&beats->lock);
    free(beats);
}

struct demo_beats *demo_beats_start(str url)
{
    struct demo_beats *beats = calloc(1, sizeof(struct demo_beats));
    pthread_condattr_t by_clock;

    if (beats == NULL)
        abort();
    beats->url = url;
    pthread_mutex_init(&beats->lock, NULL);
    pthread_condattr_init(&by_clock);
    pthread_condattr_setclock(&by_clock, CLOCK_MONOTONIC);
    pthread_cond_init(&beats->stop, &by_clock);
    pthread_condattr_destroy(&by_clock);
    if (pthread_create(&beats->thread, NULL, run, beats) == 0)
        return beats;
    release(beats);
    return NULL;
}

void demo_beats_stop(struct demo_beats **beats)
{
    struct demo_beats *last = *beats;

    *beats = NULL;
    if (last == NULL)
        return;
    pthread_mutex_lock(&last->lock);
    last->stopping = true;
    pthread_cond_signal(&last->stop);
    pthread_mutex_unlock(&last->lock);
    pthread_join(last->thread, NULL);
    release(last);
}
