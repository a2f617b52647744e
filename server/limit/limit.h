/* Token buckets in memory, one for each class and caller: a bucket holds as many requests as the
 * rule allows in its window, and fills evenly. What is kept of one is the time at which it is full
 * again (GCRA), so that a full one needs no memory. One table a process, of a fixed size, used by
 * all workers: a lock guards it, for less than a microsecond at a time. */
#ifndef LIMIT_LIMIT_H
#define LIMIT_LIMIT_H

#include "limit/rule.h"

/* LIMIT_SETS * LIMIT_WAYS callers at a time; of more, those that have asked least are forgotten. */
enum { LIMIT_SETS = 4096, LIMIT_WAYS = 8 };

struct limits;

/* Buckets are allocated when the first request is counted. */
struct limits *limits_new(const struct limit_rules *rules);
void limits_free(struct limits **limits);
/* Is there a rule at all? */
bool limits_any(const struct limits *limits);
/* A count of 0: none. */
const struct limit_rule *limits_rule(const struct limits *limits, enum limit_class class);

struct limit_verdict {
    bool allowed;
    int64_t left;     /* requests that would be allowed now */
    int64_t full_us;  /* until the bucket is full again */
    int64_t retry_us; /* not allowed: until one is */
};

/* Which bucket: that of somebody for a rule of this name. */
struct limit_ask {
    str name, who;
    struct limit_rule rule;
};

/* Takes one request out of the bucket. */
struct limit_verdict limits_take(struct limits *limits, const struct limit_ask *ask,
                                 int64_t now_us);

/* The verdict on a bucket that is full again in full_us, elsewhere. */
struct limit_verdict limit_judge(const struct limit_rule *rule, bool allowed, int64_t full_us);

/* What one request costs: the part of the window that it takes to be allowed again. */
static inline int64_t limit_step_us(const struct limit_rule *rule)
{
    return rule->window_us / rule->count;
}

#endif
