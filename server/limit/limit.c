/* See limit.h. */
#include "limit/limit.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

struct bucket {
    uint64_t who;
    int64_t full_at_us; /* in the past: full, and free for another */
};

struct limits {
    struct limit_rules rules;
    bool any;
    uint64_t seed; /* who may collide with whom is not for callers to compute */
    pthread_mutex_t lock;
    struct bucket *buckets; /* LIMIT_SETS of LIMIT_WAYS; NULL: nobody was counted yet */
};

struct limits *limits_new(const struct limit_rules *rules)
{
    struct limits *limits = calloc(1, sizeof(struct limits));

    if (limits == NULL)
        abort();
    limits->rules = *rules;
    for (int i = 0; i < LIMIT_CLASSES; i++)
        limits->any = limits->any || rules->all[i].count > 0;
    limits->seed = (uint64_t)clock_wall_us() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)getpid();
    pthread_mutex_init(&limits->lock, NULL);
    return limits;
}

void limits_free(struct limits **limits)
{
    struct limits *last = *limits;

    *limits = NULL;
    if (last == NULL)
        return;
    pthread_mutex_destroy(&last->lock);
    free(last->buckets);
    free(last);
}

bool limits_any(const struct limits *limits)
{
    return limits->any;
}

const struct limit_rule *limits_rule(const struct limits *limits, enum limit_class class)
{
    return &limits->rules.all[class];
}

/* The caller's bucket; else the one of its set that is full first. */
static struct bucket *find(struct limits *limits, uint64_t who)
{
    if (limits->buckets == NULL)
        limits->buckets = calloc((size_t)LIMIT_SETS * LIMIT_WAYS, sizeof(struct bucket));
    if (limits->buckets == NULL)
        abort();
    struct bucket *set = &limits->buckets[(who ^ who >> 32) % LIMIT_SETS * LIMIT_WAYS];
    struct bucket *first = &set[0];

    for (int i = 0; i < LIMIT_WAYS; i++) {
        if (set[i].who == who)
            return &set[i];
        if (set[i].full_at_us < first->full_at_us)
            first = &set[i];
    }
    *first = (struct bucket){.who = who};
    return first;
}

struct limit_verdict limit_judge(const struct limit_rule *rule, bool allowed, int64_t full_us)
{
    int64_t step_us = limit_step_us(rule), room_us = rule->window_us - full_us;

    return (struct limit_verdict){
        .allowed = allowed,
        .left = room_us <= 0 ? 0 : room_us / step_us,
        .full_us = full_us,
        .retry_us = allowed || room_us >= step_us ? 0 : step_us - room_us,
    };
}

struct limit_verdict limits_take(struct limits *limits, const struct limit_ask *ask, int64_t now_us)
{
    const struct limit_rule *rule = &ask->rule;
    uint64_t hash = str_hash(ask->who, str_hash(ask->name, limits->seed)) | 1; /* 0 is nobody */

    pthread_mutex_lock(&limits->lock);
    struct bucket *bucket = find(limits, hash);
    int64_t full_us = bucket->full_at_us > now_us ? bucket->full_at_us - now_us : 0;
    bool allowed = full_us + limit_step_us(rule) <= rule->window_us;
    if (allowed) {
        full_us += limit_step_us(rule);
        bucket->full_at_us = now_us + full_us;
    }
    pthread_mutex_unlock(&limits->lock);
    return limit_judge(rule, allowed, full_us);
}
