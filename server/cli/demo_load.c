/* See demo_load.h. Two connections at the end, because there are two things to do and at least
 * two processors: one puts on the indexes of primes, the other fills the tables around it. */
#include "cli/demo_load.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/embed.h"
#include "cli/migration.h"

/* A connection with its own memory: each thread has one. */
struct loader {
    arena *mem;
    struct sync *sync;
    str why;
};

/* Commits need not wait for the disk, parallel workers would only be in each other's way, and
 * autovacuum will come back for better statistics. */
static bool loader_open(struct loader *loader, str url)
{
    *loader = (struct loader){.mem = arena_open()};
    loader->sync = sync_open(loader->mem, url, "demo", &loader->why);
    return loader->sync != NULL && sync_run(loader->sync, loader->mem,
                                            STR("set synchronous_commit = off;"
                                                "set maintenance_work_mem = '128MB';"
                                                "set work_mem = '32MB';"
                                                "set max_parallel_workers_per_gather = 0;"
                                                "set max_parallel_maintenance_workers = 0;"
                                                "set default_statistics_target = 30"),
                                            &loader->why);
}

/* Why it failed, if it did, outlives the loader. */
static void loader_close(struct loader *loader, arena *mem, str *why)
{
    if (loader->why.at != NULL)
        *why = arena_copy(mem, loader->why);
    sync_close(&loader->sync);
    arena_close(&loader->mem);
}

static bool run_file(struct loader *loader, const char *name)
{
    str path = arena_printf(loader->mem, "sql/demo/%s.sql", name), reason = {NULL, 0};
    if (sync_run(loader->sync, loader->mem, embed_find(path), &reason))
        return true;
    loader->why = arena_printf(loader->mem, "%.*s: %.*s", STR_ARG(path), STR_ARG(reason));
    return false;
}

static bool run(struct loader *loader, str sql)
{
    str reason = {NULL, 0};
    if (sync_run(loader->sync, loader->mem, sql, &reason))
        return true;
    loader->why = reason;
    return false;
}

static void *fill_the_rest(void *arg)
{
    struct loader *loader = arg;
    return run_file(loader, "searches") && run_file(loader, "agents") &&
                   run_file(loader, "operations") && run_file(loader, "passwords") &&
                   run_file(loader, "finish")
               ? loader
               : NULL;
}

static bool fill_primes(struct loader *loader, struct demo_primes *primes)
{
    str reason = {NULL, 0};
    if (!run_file(loader, "people") || !run_file(loader, "indexes_off") ||
        !demo_primes_copy(primes, loader->sync, clock_now(), &reason)) {
        if (reason.at != NULL)
            loader->why = arena_copy(loader->mem, reason);
        return false;
    }
    return run(loader, STR("analyze primes"));
}

static bool fill(struct loader *loader, str url, struct demo_primes *primes)
{
    struct loader other;
    pthread_t thread;
    if (!fill_primes(loader, primes))
        return false;
    bool fine =
        loader_open(&other, url) && pthread_create(&thread, NULL, fill_the_rest, &other) == 0;
    if (fine) {
        void *rest = NULL;
        fine = run_file(loader, "indexes_on");
        pthread_join(thread, &rest);
        fine = fine && rest != NULL;
    }
    str why = {NULL, 0};
    loader_close(&other, loader->mem, &why);
    if (loader->why.at == NULL)
        loader->why = why;
    return fine;
}

bool demo_load(arena *mem, str url, struct demo_primes *primes, str *why)
{
    struct loader loader;
    bool fine = loader_open(&loader, url) && fill(&loader, url, primes);
    loader_close(&loader, mem, why);
    return fine;
}

/* The bodies of functions are not read now: whoever released them has. */
bool demo_migrate(arena *mem, str url, str *why)
{
    struct loader loader;
    bool fine = loader_open(&loader, url) && run(&loader, STR("set check_function_bodies = off")) &&
                migrate_up(loader.sync, loader.mem, &loader.why);
    loader_close(&loader, mem, why);
    return fine;
}

bool demo_update(arena *mem, str url, str *why)
{
    struct loader loader;
    bool fine = loader_open(&loader, url) && migrate_up(loader.sync, loader.mem, &loader.why) &&
                run_file(&loader, "passwords");
    loader_close(&loader, mem, why);
    return fine;
}
