/* What batch.c (finding, judging) and deliver.c (sending) share. */
#ifndef LIVE_BATCH_INSIDE_H
#define LIVE_BATCH_INSIDE_H

#include "live/hub_inside.h"

/* The rows that many callers are asked about together, see joint.c. */
struct sheet {
    struct sheet *next;
    struct batch *batch;
    struct known *known; /* its checks have references */
    struct buf rows;
    int count;
    struct {
        const struct live_value *row;
        int at;
    } recent[2]; /* an update has two rows */
    struct check *first;
};

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
    struct sheet *sheet; /* it has the rows; NULL: it is a question of its own */
    struct check *of_sheet;
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
    uint64_t number;
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
    struct sheet *first_sheet;
    int waiting; /* for answers */
};

/* ---- batch.c ---- */
enum { ROWS_BYTES_MAX = 64 << 20 };
void batch_ask_check(struct batch *batch, struct check *check);
void batch_answered(struct batch *batch); /* one question less; with the last one it is delivered */

/* ---- joint.c ---- */
/* The sheet for a check that can be asked about together with others; NULL: it cannot. */
struct sheet *joint_sheet(struct batch *batch, const struct check *wanted);
int joint_row(struct sheet *sheet, const struct change *change, const struct live_value *row);
void joint_ask(struct batch *batch); /* all sheets */

/* ---- deliver.c ---- */
/* To all who may hear the i-th change, now that every question is answered. */
void deliver_change(struct batch *batch, size_t i);

#endif
