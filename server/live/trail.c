/* See trail.h. Trails of one key are in one list; those of lost channels in another one, too, in
 * the order in which they were lost. */
#include "live/trail.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"
#include "live/limits.h"

struct trails {
    pthread_mutex_t lock;
    int64_t age_max_us;
    struct table keys; /* struct same */
    struct list lost;  /* the first was lost first */
    size_t nlost;
    uint64_t last_socket;
};

/* Those of one key. */
struct same {
    struct table_node node;
    struct list trails;
};

struct trail {
    struct trails *trails;
    struct same *same;
    struct list of_same, of_lost;
    uint64_t socket;
    int64_t ref; /* the last that came; 0: nothing is known of it yet */
    struct position position;
    int64_t lost_us; /* 0: it is joined */
    bool unknown;    /* see struct missed */
};

static void *allocate(size_t size)
{
    void *room = calloc(1, size);

    if (room == NULL)
        abort();
    return room;
}

struct trails *trails_new(int64_t age_max_us)
{
    struct trails *trails = allocate(sizeof(struct trails));

    pthread_mutex_init(&trails->lock, NULL);
    trails->age_max_us = age_max_us;
    list_init(&trails->lost);
    return trails;
}

/* This and what follows with the lock held. */
static void take_off_key(struct trail *trail)
{
    list_remove(&trail->of_same);
    if (!list_empty(&trail->same->trails))
        return;
    table_remove(&trail->trails->keys, &trail->same->node);
    free(trail->same);
}

static void drop(struct trail *trail)
{
    trail->trails->nlost -= trail->lost_us != 0;
    list_remove(&trail->of_lost);
    take_off_key(trail);
    free(trail);
}

static struct trail *first_lost(const struct trails *trails)
{
    return LIST_ENTRY(trails->lost.next, struct trail, of_lost);
}

void trails_free(struct trails **trails)
{
    struct trails *last = *trails;

    *trails = NULL;
    if (last == NULL)
        return;
    while (!list_empty(&last->lost))
        drop(first_lost(last));
    table_free(&last->keys);
    pthread_mutex_destroy(&last->lock);
    free(last);
}

uint64_t trails_socket(struct trails *trails)
{
    pthread_mutex_lock(&trails->lock);
    uint64_t socket = ++trails->last_socket;
    pthread_mutex_unlock(&trails->lock);
    return socket;
}

/* ---- a channel's own ---- */

static struct same *find_same(const struct trails *trails, uint64_t key)
{
    struct table_node *node = NULL;

    return table_next(&trails->keys, key, &node) ? LIST_ENTRY(node, struct same, node) : NULL;
}

static void put_under_key(struct trail *trail, uint64_t key)
{
    struct same *same = find_same(trail->trails, key);

    if (same == NULL) {
        same = allocate(sizeof(struct same));
        list_init(&same->trails);
        table_put(&trail->trails->keys, &same->node, key);
    }
    trail->same = same;
    list_append(&same->trails, &trail->of_same);
}

struct trail *trail_new(struct trails *trails, uint64_t key, uint64_t socket)
{
    struct trail *trail = allocate(sizeof(struct trail));

    trail->trails = trails;
    trail->socket = socket;
    list_init(&trail->of_lost);
    pthread_mutex_lock(&trails->lock);
    put_under_key(trail, key);
    pthread_mutex_unlock(&trails->lock);
    return trail;
}

void trail_note(struct trail *trail, int64_t ref, struct position position)
{
    pthread_mutex_lock(&trail->trails->lock);
    trail->ref = ref;
    trail->position = position;
    trail->unknown = false;
    pthread_mutex_unlock(&trail->trails->lock);
}

void trail_rename(struct trail *trail, uint64_t key)
{
    pthread_mutex_lock(&trail->trails->lock);
    take_off_key(trail);
    put_under_key(trail, key);
    pthread_mutex_unlock(&trail->trails->lock);
}

void trail_free(struct trail **trail)
{
    struct trail *last = *trail;

    *trail = NULL;
    if (last == NULL)
        return;
    struct trails *trails = last->trails;
    pthread_mutex_lock(&trails->lock);
    drop(last);
    pthread_mutex_unlock(&trails->lock);
}

void trail_lose(struct trail **trail, int64_t ref, int64_t now_us)
{
    struct trail *last = *trail;
    struct trails *trails = last->trails;

    *trail = NULL;
    pthread_mutex_lock(&trails->lock);
    last->ref = ref;
    last->lost_us = now_us;
    list_append(&trails->lost, &last->of_lost);
    if (++trails->nlost > LIVE_TRAILS_MAX)
        drop(first_lost(trails));
    pthread_mutex_unlock(&trails->lock);
}

/* ---- who comes back ---- */

static bool is_own(const struct trail *trail, const struct comer *comer)
{
    return trail->lost_us != 0 && trail->socket == comer->socket;
}

static bool may_be(const struct trail *trail, const struct comer *comer)
{
    return trail->socket != comer->socket && trail->ref != 0 && trail->ref < comer->first_ref;
}

/* The one that comes closest: the one that is the socket's own, or has counted furthest. */
static struct trail *find_closest(const struct same *same, const struct comer *comer)
{
    struct trail *closest = NULL;

    LIST_EACH (node, &same->trails) {
        struct trail *trail = LIST_ENTRY(node, struct trail, of_same);
        if (is_own(trail, comer))
            return trail;
        if (may_be(trail, comer) && (closest == NULL || trail->ref > closest->ref))
            closest = trail;
    }
    return closest;
}

/* Others have counted about as far: how far back do they go? False: there is none. */
static bool widen(const struct same *same, const struct trail *closest, const struct comer *comer,
                  struct missed *missed)
{
    bool any = false;

    LIST_EACH (node, &same->trails) {
        const struct trail *trail = LIST_ENTRY(node, struct trail, of_same);
        if (trail == closest || !may_be(trail, comer) ||
            trail->ref < closest->ref - LIVE_TRAIL_REFS)
            continue;
        any = true;
        missed->unknown |= trail->unknown;
        if (position_order(trail->position, missed->from) < 0)
            missed->from = trail->position;
    }
    return any;
}

bool trails_follow(struct trails *trails, const struct comer *comer, struct missed *missed)
{
    struct trail *closest = NULL;

    pthread_mutex_lock(&trails->lock);
    const struct same *same = find_same(trails, comer->key);
    if (same != NULL)
        closest = find_closest(same, comer);
    bool found = closest != NULL;
    if (found) {
        *missed = (struct missed){.from = closest->position, .unknown = closest->unknown};
        bool sure = is_own(closest, comer) || !widen(same, closest, comer, missed);
        if (sure && closest->lost_us != 0)
            drop(closest);
    }
    pthread_mutex_unlock(&trails->lock);
    return found;
}

/* ---- time ---- */

void trails_forget_positions(struct trails *trails)
{
    pthread_mutex_lock(&trails->lock);
    TABLE_EACH(node, &trails->keys)
    LIST_EACH (of_same, &LIST_ENTRY(node, struct same, node)->trails)
        LIST_ENTRY(of_same, struct trail, of_same)->unknown = true;
    pthread_mutex_unlock(&trails->lock);
}

void trails_age(struct trails *trails, int64_t now_us)
{
    pthread_mutex_lock(&trails->lock);
    while (!list_empty(&trails->lost) && now_us - first_lost(trails)->lost_us > trails->age_max_us)
        drop(first_lost(trails));
    pthread_mutex_unlock(&trails->lock);
}

size_t trails_lost(struct trails *trails)
{
    pthread_mutex_lock(&trails->lock);
    size_t count = trails->nlost;
    pthread_mutex_unlock(&trails->lock);
    return count;
}
