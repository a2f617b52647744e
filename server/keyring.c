/* See keyring.h. */
#include "keyring.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "errand.h"

enum { AGAIN_MS = 500, AFTER_END_MS = 100 };

struct keyring {
    struct loop *loop;
    const struct config *config, *used; /* used: by the read that runs */
    void (*changed)(void *arg, const struct api_keys *keys);
    void *arg;
    struct timer *timer;
    const struct api_keys *keys; /* the last */
    bool reading, wanted, closing;
    /* between the threads while one reads */
    arena *mem;
    str touched; /* what was used; absent: nothing */
    const struct api_keys *fresh;
    str why;
};

static bool has_keys(struct sync *sync, arena *mem, bool *has, str *why)
{
    const struct statement query = {
        .text =
            STR("select exists (select from pg_proc where proname = 'read_api_keys' "
                "and pronamespace = (select oid from pg_namespace where nspname = 'postern'))")};
    str value;

    if (!errand_ask(sync, mem, &query, &value, why))
        return false;
    *has = str_eq(value, STR("t"));
    return true;
}

static bool touch(struct sync *sync, arena *mem, str used, str *why)
{
    const struct statement query = {
        .text = STR("select postern.touch_api_keys($1)"), .nparams = 1, .params = &used};
    str nothing;

    return errand_ask(sync, mem, &query, &nothing, why);
}

static bool read_json(struct sync *sync, arena *mem, const struct config *config, str *json,
                      str *why)
{
    const struct statement query = {.text = STR("select postern.read_api_keys()")};
    bool has = false;

    *json = (str){NULL, 0};
    if (!has_keys(sync, mem, &has, why) || !has)
        return !has && why->at == NULL;
    return errand_begin(sync, mem, config, why) && errand_ask(sync, mem, &query, json, why) &&
           sync_run(sync, mem, STR("commit"), why);
}

/* Good keys are more than a note of when they were used: on a database that cannot be written to
 * they are read all the same. */
static void tell_used(struct sync *sync, arena *mem, const struct config *config, str used)
{
    str why = {NULL, 0};

    if (used.at == NULL)
        return;
    if (!errand_begin(sync, mem, config, &why) || !touch(sync, mem, used, &why) ||
        !sync_run(sync, mem, STR("commit"), &why))
        log_line(LOG_WARN, "use of api keys not noted", "reason=\"%.*s\"", STR_ARG(why));
}

static const struct api_keys *read_keys(arena *mem, const struct config *config, str used, str *why)
{
    const struct conninfo_options how = {
        .purpose = "keys", .connect_timeout_s = (config->db_connect_timeout_ms + 999) / 1000};
    str json;

    *why = (str){NULL, 0};
    struct sync *sync = sync_open_within(mem, config->database_url, &how, why);
    if (sync == NULL)
        return NULL;
    bool fine = read_json(sync, mem, config, &json, why);
    if (fine)
        tell_used(sync, mem, config, used);
    sync_close(&sync);
    return fine ? api_keys_read(config, json, why) : NULL;
}

const struct api_keys *keyring_first(arena *mem, const struct config *config, str *why)
{
    return read_keys(mem, config, (str){NULL, 0}, why);
}

/* ---- from then on ---- */

static void read_in_thread(void *arg)
{
    struct keyring *keyring = arg;
    keyring->fresh = read_keys(keyring->mem, keyring->used, keyring->touched, &keyring->why);
}

static void free_keyring(struct keyring *keyring)
{
    api_keys_unref(&keyring->keys);
    free(keyring);
}

static void take(struct keyring *keyring)
{
    api_keys_remember(keyring->fresh, keyring->keys);
    api_keys_unref(&keyring->keys);
    keyring->keys = keyring->fresh;
    keyring->fresh = NULL;
    keyring->changed(keyring->arg, keyring->keys);
}

static void start(void *arg);

/* A key that expires is gone from the set within a second: who keeps a socket open must hear it. */
static int64_t next_ms(const struct keyring *keyring)
{
    int64_t end = api_keys_next_end(keyring->keys);
    int64_t left_ms = end * 1000 - clock_wall_us() / 1000;

    if (end == 0 || left_ms >= KEYRING_EVERY_MS)
        return KEYRING_EVERY_MS;
    return left_ms < AFTER_END_MS ? AFTER_END_MS : left_ms + AFTER_END_MS;
}

static void on_read(void *arg)
{
    struct keyring *keyring = arg;
    bool fine = keyring->fresh != NULL;

    keyring->reading = false;
    if (!fine && !keyring->closing)
        log_line(LOG_WARN, "api keys kept", "reason=\"%.*s\"", STR_ARG(keyring->why));
    if (fine && !keyring->closing)
        take(keyring);
    api_keys_unref(&keyring->fresh);
    arena_close(&keyring->mem);
    if (keyring->closing)
        free_keyring(keyring);
    else if (keyring->wanted)
        start(keyring);
    else
        timer_again(keyring->timer, fine ? next_ms(keyring) : AGAIN_MS, 0);
}

static void start(void *arg)
{
    struct keyring *keyring = arg;

    keyring->wanted = keyring->reading;
    if (keyring->reading)
        return;
    keyring->reading = true;
    keyring->mem = arena_open();
    keyring->used = keyring->config;
    keyring->touched = api_keys_take_used(keyring->mem, keyring->keys);
    loop_work(keyring->loop, read_in_thread, on_read, keyring);
}

struct keyring *keyring_open(struct loop *loop, const struct config *config,
                             const struct api_keys *first,
                             void (*changed)(void *arg, const struct api_keys *keys), void *arg)
{
    struct keyring *keyring = h2o_mem_alloc(sizeof(*keyring));

    *keyring = (struct keyring){.loop = loop,
                                .config = config,
                                .changed = changed,
                                .arg = arg,
                                .keys = api_keys_ref(first)};
    keyring->timer = timer_start(loop, next_ms(keyring), 0, start, keyring);
    return keyring;
}

void keyring_take(struct keyring *keyring, const struct config *config)
{
    keyring->config = config;
}

void keyring_now(struct keyring *keyring)
{
    if (keyring != NULL)
        start(keyring);
}

void keyring_close(struct keyring **keyring)
{
    struct keyring *last = *keyring;

    *keyring = NULL;
    if (last == NULL)
        return;
    timer_close(&last->timer);
    last->closing = true;
    if (!last->reading)
        free_keyring(last);
}
