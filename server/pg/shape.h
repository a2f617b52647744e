/* How long statements of one text take, so that slow ones go to a lane of their own.
 * A fixed table by hash: a newcomer takes the place of whom it meets. */
#ifndef PG_SHAPE_H
#define PG_SHAPE_H

#include "base/str.h"

enum { SHAPES_MAX = 1024, SHAPE_SLOW_US = 20000, SHAPE_WEIGHT = 8 };

struct shape {
    uint64_t hash;
    int64_t average_us; /* exponentially weighted, a slow run counts at once */
    bool known;         /* has been measured alone */
};

struct shapes {
    struct shape table[SHAPES_MAX];
};

struct shape *shape_get(struct shapes *shapes, str text);
void shape_measure(struct shape *shape, uint64_t hash, int64_t us);

/* A batch with this shape in it was slow: it is unknown again. */
void shape_doubt(struct shape *shape, uint64_t hash);

static inline bool shape_slow(const struct shape *shape)
{
    return shape->average_us > SHAPE_SLOW_US;
}

#endif
