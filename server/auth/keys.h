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

bool keys_any(const struct keys *keys);   /* false: there is no secret */
str keys_secret(const struct keys *keys); /* its bytes; for minting */

/* The HMAC-SHA-256 of the text under the secret, which must be there. Safe from any thread. */
enum { MAC_BYTES = 32 };
void keys_mac(const struct keys *keys, str text, unsigned char mac[MAC_BYTES]);

#endif
