/* One connection that listens: LISTEN needs a session of its own, never a pooled one. It comes
 * back by itself with growing pauses; what was missed meanwhile is the caller's to assume. */
#ifndef PG_LISTEN_H
#define PG_LISTEN_H

#include "base/str.h"
#include "loop/loop.h"

struct listen;

struct listen_fns {
    void (*up)(void *arg); /* listening now: first, and after each gap */
    void (*notice)(void *arg, str channel, str payload);
    void (*down)(void *arg); /* not listening: the connection is lost, or could not be made */
};

/* channels: names, comma-separated; quoted by us. */
struct listen *listen_open(struct loop *loop, str url, str channels, const struct listen_fns *fns,
                           void *arg);
void listen_close(struct listen **listen);

#endif
