/* The table of nodes from the inside, for fleet.c (what is known) and show.c (how it is told). */
#ifndef FLEET_FLEET_INSIDE_H
#define FLEET_FLEET_INSIDE_H

#include <pthread.h>

#include "fleet/node.h"

struct fleet {
    pthread_mutex_t lock; /* guards everything below */
    struct table nodes;
    uint64_t doubts, doubt_all; /* how many there were; the last one that was of all nodes */
    bool hearing, seeding, seeded;
    int64_t seeded_us; /* monotonic */
};

#endif
