/* Where the server listens: an address and a port, or a unix socket. */
#ifndef PLACE_H
#define PLACE_H

#include <sys/types.h>

#include "base/config.h"

struct place {
    str host;
    int64_t port; /* 0: any free one, until the first place_listen has found it */
    str path;     /* of a unix socket; absent: TCP */
    int64_t mode; /* of that socket's file */
    bool shared;  /* another process may take the place over: SO_REUSEPORT, rename */
    ino_t inode;  /* the file that place_listen has made */
};

struct place place_of_server(const struct config *config);
/* False: no admin listener is wanted. */
bool place_of_admin(const struct config *config, struct place *place);

/* A socket that listens, or -1 with errno. The TCP place may be asked again, for as many workers
 * as there are: the kernel spreads clients over them. A unix socket is one; workers dup it. Its
 * file appears by rename, so that clients of an older process are never without one. */
int place_listen(struct place *place);

/* A connection to who listens there, blocking; -1 with errno. */
int place_connect(const struct place *place);

/* Somebody else listens there already. */
bool place_taken(const struct place *place);

/* "http://127.0.0.1:8080", "unix:/run/postern.sock" */
str place_text(arena *mem, const struct place *place);

/* Removes the unix socket's file, unless another process has put its own there. */
void place_leave(const struct place *place);

/* From now on the socket takes no new connection, but those on their way are still accepted;
 * another process that shares the place gets the others. Where the kernel does not allow it,
 * nothing changes. */
void place_turn_away(int fd);

#endif
