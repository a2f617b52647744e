/* The keys that tokens are verified with, each pinned to its algorithm. Here: one HS256 secret.
 * Immutable, made at the start. */
#ifndef AUTH_KEYS_H
#define AUTH_KEYS_H

#include "base/config.h"

enum { SECRET_MIN = 32 }; /* bytes; shorter ones refuse to start */

struct keys;

/* NULL on a bad secret (too short, bad base64), with the sentence in *why. No secret at all is
 * possible: then every token is refused with PGRST300. */
const struct keys *keys_new(arena *mem, const struct config *config, str *why);

#endif
