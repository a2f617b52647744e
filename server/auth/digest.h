/* SHA-256 as text: names for what is too long, or too private, to be a name itself. */
#ifndef AUTH_DIGEST_H
#define AUTH_DIGEST_H

#include "base/arena.h"

str digest_hex(arena *mem, str bytes); /* 64 digits in lower case */

#endif
