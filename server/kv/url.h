/* Where Redis is: redis://[user:password@]host[:port][/db], or unix://[user:password@]/path[?db=n].
 * Source: the IANA registrations "redis" and "rediss"; redis-cli and hiredis's clients. */
#ifndef KV_URL_H
#define KV_URL_H

#include "base/arena.h"

struct kv_url {
    str user, password; /* absent: none; both percent-decoded */
    str host, port;     /* absent: a unix socket */
    str path;           /* of the unix socket */
    str db;             /* a number; "0" when it is not said */
};

/* False when it cannot be read, with a sentence without the password in *why. */
bool kv_url_parse(arena *mem, str url, struct kv_url *parsed, str *why);

#endif
