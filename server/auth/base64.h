/* base64url as JWTs use it. Source: RFC 4648 section 5, RFC 7515 section 2. */
#ifndef AUTH_BASE64_H
#define AUTH_BASE64_H

#include "base/arena.h"

/* Strict, for tokens: no padding, no blanks, no '+' or '/', and no second spelling of the same
 * bytes (unused bits must be zero). False otherwise. The bytes are followed by a NUL. */
bool base64url_decode(arena *mem, str text, str *bytes) __attribute__((warn_unused_result));

/* Lenient, for a secret that a person wrote: both alphabets, padding or none. */
bool base64_decode(arena *mem, str text, str *bytes) __attribute__((warn_unused_result));

str base64url_encode(arena *mem, str bytes); /* without padding */

#endif
