/* Gets one document by HTTP, in the caller's thread: for work threads and the start of the
 * program, never on a loop. Source: libcurl's easy interface. */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <stdatomic.h>

#include "base/arena.h"

struct fetch_limits {
    size_t bytes_max; /* of the document */
    int64_t within_ms;
    const atomic_bool *stop; /* true: give up within a second; NULL: there is nobody to ask */
};

/* "https://host/path", or "http://" to a loopback address or localhost; without a password. */
bool fetch_is_safe(str url);

/* Follows no redirects, checks certificates, takes proxies from the environment (for https). The
 * body is in mem. False with a sentence in *why unless the answer is 200 within the limits. */
bool fetch_get(arena *mem, str url, const struct fetch_limits *limits, str *body, str *why);

#endif
