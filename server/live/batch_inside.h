/* What batch.c (finding, judging) and deliver.c (sending) share. */
#ifndef LIVE_BATCH_INSIDE_H
#define LIVE_BATCH_INSIDE_H

#include "live/hub_inside.h"

/* One question about visibility: the same for all who share the identity that the policies read,
 * and the same filter if that is PostgreSQL's to judge. */
struct check {
    struct table_node node;
    struct batch *batch;
    struct check *next;
    struct known *known; /* a reference */
    const struct claims *claims;
    const struct binding *filtered; /* NULL: no filter to judge */
    enum check_how how;
    struct buf rows;
    int count;
    const struct live_value *last; /* the row that was put last */
    bool *visible;                 /* by row */
    str why;                       /* absent, or why it cannot be told */
    enum trouble trouble;
};

/* A row of a check. */
struct asked {
    struct check *check; /* NULL: nothing to ask */
    int row;
};

/* One binding that wants one change, if it may. */
struct hit {
    struct binding *binding;
    struct known *known; /* a reference */
    struct asked row, old;
    struct hit *next; /* of the same channel */
};

struct batch {
    struct list node;
    struct hub *hub;
    arena *mem;
    const struct change **changes; /* references */
    size_t count, room, bytes;
    struct listener *only; /* who catches up; NULL: for all */
    bool judging;
    size_t *ends; /* of the hits of each change */
    struct hit *hits;
    size_t nhits, hits_room;
    struct table checks;
    struct check *first_check;
    int waiting; /* for answers */
};

/* ---- deliver.c ---- */
/* To all who may hear the i-th change, now that every question is answered. */
void deliver_change(struct batch *batch, size_t i);

#endif
