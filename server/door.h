/* The listening socket of one worker. Looks at the first bytes of each connection, still in the
 * kernel, and hands the socket to http or to ws. */
#ifndef DOOR_H
#define DOOR_H

#include "base/config.h"
#include "loop/loop.h"

struct door;

struct door_sides {
    void (*http)(void *arg, int fd);
    void (*ws)(void *arg, int fd); /* GET /ws..., GET /realtime/... */
    void *arg;
};

/* Takes over fd, which listens. */
struct door *door_open(struct loop *loop, int fd, const struct config *config,
                       const struct door_sides *sides);

/* Takes no more connections, but the ones that are on their way: those of a place that is shared
 * with another process for a moment longer, while new ones go to that. */
void door_shut(struct door *door, bool shared);
int door_fd(const struct door *door);     /* its socket */
bool door_quiet(const struct door *door); /* shut, and nobody is at it */
void door_close(struct door **door);      /* who is at the door, and has said nothing, is let go */

#endif
