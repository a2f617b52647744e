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

/* A socket that listens on the host and port, shared with other workers by SO_REUSEPORT.
 * -1 with errno. door_taken: somebody else listens there already. */
int door_listen(const struct config *config);
int64_t door_port(int fd); /* the port it listens on: of interest when the setting is 0 */
bool door_taken(const struct config *config);

struct door *door_open(struct loop *loop, int fd, const struct config *config,
                       const struct door_sides *sides);
void door_close(struct door **door); /* takes no more; who is at the door is let go */

#endif
