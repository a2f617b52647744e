/* How long a stream of events may go on: until its token expires, or until the API key that it came
 * with is revoked. */
#ifndef ROUTES_LEASE_H
#define ROUTES_LEASE_H

#include "base/request.h"
#include "keyed.h"

struct timer;

/* Part of the stream. */
struct lease {
    const struct request *req;
    struct keyed keyed;
    struct timer *expiry;
    void (*ended)(void *arg, str why);
    void *arg;
};

/* ended is called from the loop, not before lease_begin has returned true; the lease may be ended
 * in it. */
void lease_init(struct lease *lease, const struct request *req, void (*ended)(void *arg, str why),
                void *arg);
bool lease_begin(struct lease *lease); /* the stream is open; false: the key is revoked by now */
void lease_end(struct lease *lease);   /* any number of times */

#endif
