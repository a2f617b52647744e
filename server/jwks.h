/* The keys that an issuer of tokens publishes (Supabase Auth, or any other): fetched at the start,
 * every JWKS_INTERVAL, and soon when a token names a key that is not there. In threads of their
 * own, so that no request ever waits. The last good set serves until a better one comes, also over
 * a restart; a key that has gone from the set verifies nothing from then on.
 * Source: RFC 7517 section 5; Supabase "JWT Signing Keys". */
#ifndef JWKS_H
#define JWKS_H

#include "auth/keys.h"
#include "base/config.h"
#include "base/metrics.h"
#include "loop/loop.h"

struct jwks;

/* What is wrong with the settings; absent: nothing. */
str jwks_check(arena *mem, const struct config *config);

/* Fetches for the first time, blocking for JWKS_START_MS at most; else takes the kept set. Never
 * NULL: without a URL it holds no set and does nothing. */
enum { JWKS_START_MS = 3000 };
struct jwks *jwks_new(const struct config *config);

/* Goes on by itself. changed: there is another set now, see jwks_keys. */
void jwks_start(struct jwks *jwks, struct loop *loop, struct metrics *metrics,
                void (*changed)(void *arg), void *arg);
void jwks_close(struct jwks **jwks);

/* The keys of these settings and the set of now; NULL with why, as keys_new. The caller holds one
 * reference. From then on they are the ones that are asked what they have missed. */
const struct keys *jwks_keys(struct jwks *jwks, arena *mem, const struct config *config, str *why);

#endif
