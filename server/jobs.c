/* See jobs.h. */
#include "jobs.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/embed.h"
#include "base/log.h"
#include "base/statement.h"
#include "pg/sync.h"
#include "route/job.h"

enum { JOBS_MAX = 32, FIRST_AFTER_MS = 2000 };

struct running {
    struct jobs *jobs;
    const struct job *job;
    struct timer *timer;
    int64_t every_ms;
    bool busy;
    /* between the threads */
    arena *mem;
    bool ran, locked;
    str why;
    int64_t started_us;
};

struct jobs {
    struct loop *loop;
    const struct config *config;
    void (*done)(void *arg, str relations);
    void *arg;
    arena *mem;
    struct running all[JOBS_MAX];
    int count, busy;
    bool closing;
};

/* A session's lock on a connection of our own: gone when it closes, however that happens. */
static bool lock(struct running *run, struct sync *sync)
{
    const struct statement query = {
        .text = STR("select pg_try_advisory_lock(hashtext('postern'), hashtext($1))"),
        .nparams = 1,
        .params = &run->job->name};
    struct sync_rows rows;

    return sync_query(sync, run->mem, &query, &rows, &run->why) && str_eq(rows.cells[0], STR("t"));
}

/* Other instances drop what they have cached, too. */
static bool tell(struct running *run, struct sync *sync)
{
    const str params[] = {run->job->drops};
    const struct statement query = {.text = STR("select pg_notify('postern', 'refreshed ' || $1)"),
                                    .nparams = 1,
                                    .params = params};
    struct sync_rows rows;

    return run->job->drops.len == 0 || sync_query(sync, run->mem, &query, &rows, &run->why);
}

/* The settings that a job may ask for. */
static const struct {
    str name;
    size_t offset; /* of an int64_t in struct config */
} givens[] = {
    {STR_ROW("audit_days"), offsetof(struct config, audit_days)},
};
enum { GIVENS = sizeof(givens) / sizeof(givens[0]) };

static size_t find_given(str name)
{
    size_t at = 0;

    while (at < GIVENS && !str_eq(givens[at].name, name))
        at++;
    return at;
}

static bool run_statement(struct running *run, struct sync *sync, str text)
{
    const struct job *job = run->job;

    if (job->given.len == 0)
        return sync_run(sync, run->mem, text, &run->why);
    const char *field = (const char *)run->jobs->config + givens[find_given(job->given)].offset;
    const str value =
        arena_printf(run->mem, "%lld", (long long)*(const int64_t *)(const void *)field);
    const struct statement query = {.text = text, .nparams = 1, .params = &value};
    struct sync_rows rows;
    return sync_query(sync, run->mem, &query, &rows, &run->why);
}

static void run_in_thread(void *arg)
{
    struct running *run = arg;
    const struct config *config = run->jobs->config;
    str url = config->migration_database_url.len > 0 ? config->migration_database_url
                                                     : config->database_url;
    struct sync *sync;

    run->mem = arena_open();
    run->ran = run->locked = false;
    run->why = (str){NULL, 0};
    sync = sync_open(run->mem, url, "jobs", &run->why);
    if (sync == NULL)
        return;
    run->locked = lock(run, sync);
    run->ran = run->locked;
    for (int i = 0; run->ran && i < run->job->nstatements; i++)
        run->ran = run_statement(run, sync, run->job->statements[i]);
    run->ran = run->ran && tell(run, sync);
    sync_close(&sync);
}

static void free_last(struct jobs *jobs)
{
    if (jobs->busy > 0)
        return;
    arena_close(&jobs->mem);
    free(jobs);
}

static void start(void *arg);

static void on_over(void *arg)
{
    struct running *run = arg;
    struct jobs *jobs = run->jobs;
    long long ms = (clock_us() - run->started_us) / 1000;

    run->busy = false;
    jobs->busy--;
    if (run->ran)
        log_line(LOG_INFO, "job done", "job=%.*s ms=%lld", STR_ARG(run->job->name), ms);
    else if (run->why.at != NULL)
        log_line(LOG_WARN, "job failed", "job=%.*s ms=%lld reason=\"%.*s\"",
                 STR_ARG(run->job->name), ms, STR_ARG(run->why));
    if (run->ran && !jobs->closing)
        jobs->done(jobs->arg, run->job->drops);
    arena_close(&run->mem);
    if (jobs->closing)
        free_last(jobs);
    else
        timer_again(run->timer, run->every_ms, 0);
}

static void start(void *arg)
{
    struct running *run = arg;

    run->busy = true;
    run->jobs->busy++;
    run->started_us = clock_us();
    loop_work(run->jobs->loop, run_in_thread, on_over, run);
}

static void add(struct jobs *jobs, const struct embedded *file)
{
    str why, text = {file->start, (size_t)(file->end - file->start)};
    struct running *run = &jobs->all[jobs->count];
    const struct job *job = job_parse(jobs->mem, str_from(file->path), text, &why);

    if (job == NULL)
        die(2, "%.*s", STR_ARG(why));
    if (job->given.len > 0 && find_given(job->given) == GIVENS)
        die(2, "%s: no job is given %.*s", file->path, STR_ARG(job->given));
    if (jobs->count == JOBS_MAX)
        die(2, "There are more than %d jobs", JOBS_MAX);
    jobs->count++;
    run->jobs = jobs;
    run->job = job;
    run->every_ms = job->drops.len > 0 ? jobs->config->matview_refresh_ms : job->every_ms;
    run->timer = timer_start(jobs->loop, FIRST_AFTER_MS, 0, start, run);
}

struct jobs *jobs_open(struct loop *loop, const struct config *config,
                       void (*done)(void *arg, str relations), void *arg)
{
    struct jobs *jobs = h2o_mem_alloc(sizeof(*jobs));

    memset(jobs, 0, sizeof(*jobs));
    jobs->loop = loop;
    jobs->config = config;
    jobs->done = done;
    jobs->arg = arg;
    jobs->mem = arena_open();
    for (const struct embedded *file = embedded_files; file->path != NULL; file++)
        if (str_starts(str_from(file->path), STR("sql/jobs/")))
            add(jobs, file);
    return jobs;
}

void jobs_close(struct jobs **jobs)
{
    struct jobs *last = *jobs;

    *jobs = NULL;
    if (last == NULL)
        return;
    last->closing = true;
    for (int i = 0; i < last->count; i++)
        timer_close(&last->all[i].timer);
    free_last(last);
}
