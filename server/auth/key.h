/* One key that tokens are verified with: its kind and curve, and the algorithm it is pinned to.
 * Made from a secret or from a JSON Web Key; immutable. Source: RFC 7517, RFC 7518 section 6. */
#ifndef AUTH_KEY_H
#define AUTH_KEY_H

#include <jansson.h>

#include "auth/algorithm.h"
#include "base/arena.h"

enum { SECRET_MIN = 32 /* bytes */, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 16384 };

struct key;

/* A secret that a person wrote: HS256 and nothing else, under whatever key id a token names. It has
 * at least SECRET_MIN bytes. */
struct key *key_of_secret(arena *mem, str secret);

/* A JSON Web Key. NULL, with why it cannot verify in *why ("has no \"n\""). A private key is taken
 * for its public half. */
struct key *key_of_jwk(arena *mem, const json_t *jwk, str *why);

/* May this key verify a token with this algorithm and key id (absent: none)? Never by what the
 * token says alone: kind and curve must be the algorithm's, and the key's own "alg" the same. */
bool key_fits(const struct key *key, const struct algorithm *algorithm, str kid);

/* Is it the signature of the text? The algorithm fits the key. Safe from any thread. */
bool key_verify(const struct key *key, const struct algorithm *algorithm, str text, str signature);

bool key_is_shared(const struct key *key); /* a secret, not a public key */
str key_secret(const struct key *key); /* the bytes of a shared secret for HS256; absent: none */

#endif
