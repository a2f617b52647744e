/* See jwks.h. */
#include "jwks.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "fetch/fetch.h"
#include "state.h"

enum { SET_BYTES_MAX = 1 << 20, WITHIN_MS = 10000, LOOK_MS = 200 };

#define BELOW_SUPABASE "/auth/v1/.well-known/jwks.json"

struct jwks {
    arena *mem;
    str url;  /* empty: none is configured */
    str kept; /* the file of the last good set; absent: none */
    int64_t every_us, again_us;
    str set; /* the text, allocated; absent: there has been none yet */
    const struct keys *keys;
    struct loop *loop;
    struct timer *timer;
    struct metrics *metrics;
    void (*changed)(void *arg);
    void *arg;
    int64_t asked_us, due_us;
    bool fetching, closing;
    /* between the threads while one fetches */
    atomic_bool stop;
    arena *trip;
    str fetched, why;
};

/* ---- where from ---- */

static str url_of(arena *mem, const struct config *config)
{
    str base = config->supabase_url;

    if (config->jwks_url.len > 0)
        return config->jwks_url;
    while (str_ends(base, STR("/")))
        base.len--;
    return base.len == 0 ? STR("") : arena_printf(mem, "%.*s" BELOW_SUPABASE, STR_ARG(base));
}

/* The path of a file; absent: it is a URL. */
static str file_of(str url)
{
    if (str_starts(url, STR("file:///")))
        return str_skip(url, STR("file://").len);
    return str_starts(url, STR("/")) ? url : (str){NULL, 0};
}

str jwks_check(arena *mem, const struct config *config)
{
    str url = config->jwks_url;

    if (url.len == 0 || file_of(url).at != NULL || fetch_is_safe(url))
        return (str){NULL, 0};
    return arena_printf(mem, "POSTERN_JWKS_URL is not valid: it must be https://..., http:// to "
                             "this machine, or the path of a file.");
}

/* A project next door by plain http (a container's name) is usual; its keys would be anybody's on
 * that network. */
static str usable(str url)
{
    if (url.len == 0 || file_of(url).at != NULL || fetch_is_safe(url))
        return url;
    log_line(LOG_WARN, "keys are not fetched",
             "url=%.*s reason=\"neither https nor this machine\" hint=\"POSTERN_JWKS_URL\"",
             STR_ARG(url));
    return STR("");
}

/* Sets of different issuers are kept apart. */
static str kept_at(struct jwks *jwks, const struct config *config)
{
    if (jwks->url.len == 0 || file_of(jwks->url).at != NULL)
        return (str){NULL, 0};
    uint64_t hash = str_hash(jwks->url, STR_HASH_SEED);
    str name = arena_printf(jwks->mem, "jwks-%016llx.json", (unsigned long long)hash);
    return state_path(jwks->mem, config, name.at);
}

/* ---- one set ---- */

static bool get(arena *mem, str url, const struct fetch_limits *limits, str *set, str *why)
{
    str file = file_of(url);

    *why = (str){NULL, 0};
    if (file.at == NULL)
        return fetch_get(mem, url, limits, set, why) && key_set_check(*set, why);
    *set = state_read(mem, file, limits->bytes_max);
    if (set->at == NULL)
        *why = STR("the file cannot be read");
    return set->at != NULL && key_set_check(*set, why);
}

/* False: it is the one that is here already. */
static bool take(struct jwks *jwks, str set)
{
    if (jwks->set.at != NULL && str_eq(jwks->set, set))
        return false;
    char *copy = h2o_mem_alloc(set.len + 1);
    memcpy(copy, set.at, set.len);
    free((char *)(uintptr_t)jwks->set.at);
    jwks->set = (str){copy, set.len};
    return true;
}

static void keep(const struct jwks *jwks, arena *mem, str set)
{
    str why = {NULL, 0};

    if (jwks->kept.at != NULL && !state_write(mem, jwks->kept, set, &why))
        log_line(LOG_WARN, "keys not kept", "reason=\"%.*s\" hint=\"POSTERN_STATE_DIR\"",
                 STR_ARG(why));
}

static void first(struct jwks *jwks)
{
    const struct fetch_limits limits = {.bytes_max = SET_BYTES_MAX, .within_ms = JWKS_START_MS};
    arena *mem = arena_open();
    str set, why, no;

    if (get(mem, jwks->url, &limits, &set, &why)) {
        take(jwks, set);
        keep(jwks, mem, set);
        jwks->due_us = clock_us() + jwks->every_us;
    } else {
        set = jwks->kept.at == NULL ? (str){NULL, 0} : state_read(mem, jwks->kept, SET_BYTES_MAX);
        bool old = set.at != NULL && key_set_check(set, &no);
        if (old)
            take(jwks, set);
        log_line(LOG_WARN, "keys not fetched", "url=%.*s kept=%s reason=\"%.*s\"",
                 STR_ARG(jwks->url), old ? "yes" : "no", STR_ARG(why));
        jwks->due_us = clock_us() + jwks->again_us;
    }
    jwks->asked_us = clock_us();
    arena_close(&mem);
}

struct jwks *jwks_new(const struct config *config)
{
    arena *mem = arena_open();
    struct jwks *jwks = arena_new(mem, struct jwks);

    jwks->mem = mem;
    jwks->url = arena_copy(mem, usable(url_of(mem, config)));
    jwks->kept = kept_at(jwks, config);
    jwks->every_us = config->jwks_every_ms * 1000;
    jwks->again_us = config->jwks_again_ms * 1000;
    if (jwks->url.len > 0)
        first(jwks);
    return jwks;
}

/* ---- from then on ---- */

static void fetch_in_thread(void *arg)
{
    struct jwks *jwks = arg;
    const struct fetch_limits limits = {
        .bytes_max = SET_BYTES_MAX, .within_ms = WITHIN_MS, .stop = &jwks->stop};

    jwks->trip = arena_open();
    if (get(jwks->trip, jwks->url, &limits, &jwks->fetched, &jwks->why) &&
        (jwks->set.at == NULL || !str_eq(jwks->fetched, jwks->set)))
        keep(jwks, jwks->trip, jwks->fetched);
}

static void free_jwks(struct jwks *jwks)
{
    arena *mem = jwks->mem;

    keys_unref(&jwks->keys);
    free((char *)(uintptr_t)jwks->set.at);
    arena_close(&mem);
}

static void on_fetched(void *arg)
{
    struct jwks *jwks = arg;
    bool fine = jwks->why.at == NULL;

    jwks->fetching = false;
    if (jwks->closing) {
        arena_close(&jwks->trip);
        free_jwks(jwks);
        return;
    }
    metric_add(jwks->metrics, fine ? METRIC_JWKS_LOADS : METRIC_JWKS_FAILURES, 1);
    jwks->due_us = clock_us() + (fine ? jwks->every_us : jwks->again_us);
    bool changed = fine && take(jwks, jwks->fetched);
    if (!fine)
        log_line(LOG_WARN, "keys not fetched", "url=%.*s reason=\"%.*s\"", STR_ARG(jwks->url),
                 STR_ARG(jwks->why));
    arena_close(&jwks->trip);
    if (changed) {
        log_line(LOG_INFO, "keys fetched", "url=%.*s bytes=%zu", STR_ARG(jwks->url), jwks->set.len);
        jwks->changed(jwks->arg);
    }
}

/* A token of a new key comes to be known here, a moment after it was refused: who has made it up
 * costs the issuer one request in JWKS_COOLDOWN. */
static void look(void *arg)
{
    struct jwks *jwks = arg;
    int64_t now = clock_us();
    bool may = !jwks->fetching && now - jwks->asked_us >= jwks->again_us;

    if (!may || !(now >= jwks->due_us || keys_take_missed(jwks->keys)))
        return;
    jwks->asked_us = now;
    jwks->fetching = true;
    loop_work(jwks->loop, fetch_in_thread, on_fetched, jwks);
}

void jwks_start(struct jwks *jwks, struct loop *loop, struct metrics *metrics,
                void (*changed)(void *arg), void *arg)
{
    jwks->loop = loop;
    jwks->metrics = metrics;
    jwks->changed = changed;
    jwks->arg = arg;
    if (jwks->url.len > 0)
        jwks->timer = timer_start(loop, LOOK_MS, LOOK_MS, look, jwks);
}

void jwks_close(struct jwks **jwks)
{
    struct jwks *last = *jwks;

    *jwks = NULL;
    timer_close(&last->timer);
    last->closing = true;
    atomic_store(&last->stop, true);
    if (!last->fetching)
        free_jwks(last);
}

const struct keys *jwks_keys(struct jwks *jwks, arena *mem, const struct config *config, str *why)
{
    const struct key_set set = {.is_wanted = jwks->url.len > 0, .text = jwks->set};
    const struct keys *keys = keys_with_set(mem, config, &set, why);

    if (keys == NULL)
        return NULL;
    keys_unref(&jwks->keys);
    jwks->keys = keys_ref(keys);
    return keys;
}
