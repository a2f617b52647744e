/* The table of nodes from the inside, for fleet.c (what is known) and show.c (how it is told). */
#ifndef FLEET_FLEET_INSIDE_H
#define FLEET_FLEET_INSIDE_H

#include <pthread.h>

#include "fleet/node.h"

struct fleet {
    pthread_mutex_t lock; /* guards everything below */
    struct table nodes;
    const struct node **by_name; /* all of them; see fleet_in_order */
    size_t room;                 /* of by_name */
    bool ordered;                /* by_name is as nodes are */
    uint64_t doubts, doubt_all;  /* how many there were; the last one that was of all nodes */
    bool hearing, seeding, seeded;
    int64_t seeded_us; /* monotonic */
};

/* The nodes, nodes.count of them, in the order of their names: sorted anew only when nodes have
 * come or gone. Under the lock. */
const struct node *const *fleet_in_order(struct fleet *fleet);

#endif
