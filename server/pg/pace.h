/* How many slow units a worker has PostgreSQL run at a time: as many as do not slow each other
 * down. Beside PostgreSQL on two cores that is two; far away, on many cores or asleep, up to all
 * connections. Additive increase, multiplicative decrease, as TCP finds the pace of a network. */
#ifndef PG_PACE_H
#define PG_PACE_H

#include <stdint.h>

enum {
    PACE_LEAST = 2,
    PACE_UNIT = 1024 /* most is in these: a unit that came through adds one, spread over `most` */
};

struct pace {
    int64_t most; /* 0: PACE_LEAST */
};

/* How many at a time. */
int pace_most(const struct pace *pace);

/* A unit that takes alone_us at best took us, at_once of its kind at a time; never above cap. */
void pace_learn(struct pace *pace, int64_t us, int64_t alone_us, int at_once, int cap);

#endif
