/* Rate limits before a request is handled. Source: draft-ietf-httpapi-ratelimit-headers; RFC 6585
 * section 4. */
#ifndef THROTTLE_H
#define THROTTLE_H

#include "base/fail.h"
#include "base/request.h"

/* Takes one request from the caller's bucket, where the plan of its API key or its class has a
 * rule, and goes on with `next`: at once, or when Redis has answered. Over the limit it is 429. */
const struct fail *throttle(struct request *req, const struct fail *(*next)(struct request *req));

/* A request that is refused for its token: counts for the address. The failure, or 429. */
const struct fail *throttle_refused(struct request *req, const struct fail *fail);

#endif
