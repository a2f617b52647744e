/* See shape.h. */
#include "pg/shape.h"

#include "pg/pace.h"

struct shape *shape_get(struct shapes *shapes, str text)
{
    uint64_t hash = str_hash(text, STR_HASH_SEED);
    struct shape *shape = &shapes->table[hash % SHAPES_MAX];

    if (shape->hash != hash)
        *shape = (struct shape){.hash = hash};
    return shape;
}

void shape_measure(struct shape *shape, uint64_t hash, int64_t us, int at_once)
{
    bool few = at_once <= PACE_LEAST;
    int64_t own_us = us / (few ? at_once : PACE_LEAST);

    if (shape->hash != hash)
        return; /* the place was taken while the statement ran */
    if (!shape->known) {
        shape->average_us = own_us;
        shape->least_us = us;
    } else {
        shape->average_us += (own_us - shape->average_us) / SHAPE_WEIGHT;
        if (us < shape->least_us)
            shape->least_us = us;
        else if (few)
            shape->least_us += (us - shape->least_us) / SHAPE_LEAST_WEIGHT;
    }
    shape->known = true;
    shape->slow = shape->average_us > (shape->slow ? SHAPE_QUICK_US : SHAPE_SLOW_US);
}

void shape_doubt(struct shape *shape, uint64_t hash)
{
    if (shape->hash == hash)
        shape->known = false;
}
