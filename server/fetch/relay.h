/* HTTP requests to another server on the worker's loop, for forwarding: what comes back is handed
 * on as it is, redirects and errors too. Source: libcurl's multi_socket interface. */
#ifndef FETCH_RELAY_H
#define FETCH_RELAY_H

#include "base/headers.h"
#include "loop/loop.h"

struct relay; /* one a worker; takes nothing until the first call */

struct relay_ask {
    str method, url;
    struct headers headers; /* Host and Content-Length are libcurl's */
    str body;
    int64_t within_ms;
    size_t answer_max; /* bytes of the body */
};

struct relay_answer {
    int status;
    struct headers headers; /* in their order, at most ASKED_MAX */
    str body;
};

/* Why there is no answer. */
enum relay_trouble { RELAY_FINE, RELAY_LATE, RELAY_UNREACHABLE, RELAY_TOO_LARGE, RELAY_BUSY };
/* Called once, from the loop, never from inside relay_start; the answer is in the call's arena. */
typedef void relay_fn(void *arg, enum relay_trouble trouble, const struct relay_answer *answer);

struct relay *relay_new(struct loop *loop);
void relay_free(struct relay **relay); /* calls that are under way are never answered */

/* What the ask points to lives in mem. If mem dies first, the call is broken off and fn never
 * called. RELAY_BUSY: too many are under way; RELAY_UNREACHABLE: libcurl cannot be had. */
enum relay_trouble relay_start(struct relay *relay, arena *mem, const struct relay_ask *ask,
                               relay_fn *fn, void *arg);

#endif
