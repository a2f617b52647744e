/* Settings on their way: all layers are read anew in a work thread, then whoever asked takes them
 * or frees them. */
#ifndef RENEWAL_H
#define RENEWAL_H

#include "auth/keys.h"
#include "base/config.h"
#include "base/list.h"
#include "loop/loop.h"

struct renewal {
    struct list node; /* the owner's, once taken */
    arena *mem;       /* it lives in it */
    struct config config;
    const struct keys *keys;
    str why; /* the settings are no good; absent: they are */
    const struct config *given;
    void (*done)(void *arg, struct renewal *renewal);
    void *arg;
};

/* given: the settings of the start, which stay those of what was opened with them. done is called
 * from the loop. */
struct renewal *renewal_start(struct loop *loop, const struct config *given,
                              void (*done)(void *arg, struct renewal *renewal), void *arg);
void renewal_free(struct renewal *renewal);

#endif
