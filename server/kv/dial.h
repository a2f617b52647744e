/* A connected socket to Redis. Resolving a name blocks, so it happens in a work thread. */
#ifndef KV_DIAL_H
#define KV_DIAL_H

#include "kv/url.h"
#include "loop/loop.h"

enum { DIAL_WAIT_MS = 1000 };

/* done is called once, from the loop: a descriptor that does not block, the caller's from then on;
 * or -1 and why. The url must live until then. */
void dial(struct loop *loop, const struct kv_url *url,
          void (*done)(void *arg, int fd, const char *why), void *arg);

#endif
