/* What the channels of realtime-js have received for certain: the trail by which one that has lost
 * its socket is known again when it joins anew, and goes on where it was. One table for all
 * workers, as a client may come back to another one; it guards itself.
 *
 * realtime-js counts what it sends (ref), over all its sockets: one that comes back goes on
 * counting, a page that was just opened begins at 1. A join is that of a channel that was lost if
 * it asks for the same (key), and if its socket's first ref is higher than the last that came from
 * the channel's former one; or if that one was lost by the same socket. The former socket may still
 * seem to be open: nobody says when a network is gone.
 *
 * A few clients of one identity may have counted about as far as each other, and nobody can tell
 * them apart then: each goes on where the one stopped that has the least. That is at least once.
 * Source: reference "Wire protocol", section 1; realtime-js, RealtimeClient and phoenix Socket. */
#ifndef LIVE_TRAIL_H
#define LIVE_TRAIL_H

#include "live/change.h"

struct trails;
struct trail; /* of one channel, as long as it is joined, and then a while */

struct trails *trails_new(int64_t age_max_us); /* so long those of the lost are kept */
void trails_free(struct trails **trails);      /* no channel is joined any more */

/* A number for a socket, never 0. */
uint64_t trails_socket(struct trails *trails);

/* A channel has joined: trail_note follows. key: a hash of who asks for what. */
struct trail *trail_new(struct trails *trails, uint64_t key, uint64_t socket);
/* It has certainly received everything up to here; ref: the last that came from its socket. */
void trail_note(struct trail *trail, int64_t ref, struct position position);
/* Somebody else asks for it from now on: a token of another user has come. */
void trail_rename(struct trail *trail, uint64_t key);
/* It has left, and wants no more of it. */
void trail_free(struct trail **trail);
/* It was lost, and may come back: the table keeps its trail. */
void trail_lose(struct trail **trail, int64_t ref, int64_t now_us);

/* Who joins: what for, from which socket, and the first ref that came from there. */
struct comer {
    uint64_t key, socket;
    int64_t first_ref;
};
struct missed {
    struct position from; /* what is up to here it has */
    bool unknown;         /* its position means nothing any more: the stream has begun anew */
};
/* False: it has not been here. A trail that can be of nobody else is taken off. */
bool trails_follow(struct trails *trails, const struct comer *comer, struct missed *missed);

/* The stream begins anew: positions of before say nothing. */
void trails_forget_positions(struct trails *trails);
void trails_age(struct trails *trails, int64_t now_us); /* drops what was lost too long ago */
size_t trails_lost(struct trails *trails);              /* how many are kept of lost channels */

#endif
