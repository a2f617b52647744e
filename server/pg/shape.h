/* How long statements of one text take, so that slow ones go to a lane of their own.
 * A fixed table by hash: a newcomer takes the place of whom it meets. */
#ifndef PG_SHAPE_H
#define PG_SHAPE_H

#include "base/str.h"

enum {
    SHAPES_MAX = 1024,
    SHAPE_SLOW_US = 20000,  /* slow from here on ... */
    SHAPE_QUICK_US = 10000, /* ... until it is below this: lanes are not changed back and forth */
    SHAPE_WEIGHT = 8,       /* so once is enough from eight times that on */
    SHAPE_LEAST_WEIGHT = 256
};

struct shape {
    uint64_t hash;
    int64_t average_us; /* exponentially weighted */
    int64_t least_us;   /* the best; while few run at a time it rises slowly, for tables grow */
    bool known;         /* has been measured alone */
    bool slow;
};

struct shapes {
    struct shape table[SHAPES_MAX];
};

struct shape *shape_get(struct shapes *shapes, str text);
/* It ran alone on its connection, at_once of the slow and the new at a time on the worker: they
 * share the processors, so what the others take of it, up to as many as run at a time anyhow, is
 * not the shape's. */
void shape_measure(struct shape *shape, uint64_t hash, int64_t us, int at_once);

/* A batch with this shape in it was slow: it is unknown again. */
void shape_doubt(struct shape *shape, uint64_t hash);

static inline bool shape_slow(const struct shape *shape)
{
    return shape->slow;
}

#endif
