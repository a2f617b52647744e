/* The keys that tokens are verified with, and where the claims name the role: an HS256 secret, a
 * JSON Web Key or a set of them. Counted and immutable, so that a set can be replaced whole while
 * requests go on. Source: RFC 7517 section 5; PostgREST "Configuration" (jwt-secret). */
#ifndef AUTH_KEYS_H
#define AUTH_KEYS_H

#include "auth/algorithm.h"
#include "base/config.h"

enum { KEYS_MAX = 64 /* of a set */ };

struct keys;
struct role_path;

/* From JWT_SECRET and its companions. NULL when one is unusable (a secret too short, bad base64,
 * JSON without a key that can verify, no secret to sign with for AUTH=builtin, a role path or an
 * audience that is none), with the sentence
 * in *why, which lives in mem. No secret at all is possible: then every token is refused with
 * PGRST300. The caller holds one reference. */
const struct keys *keys_new(arena *mem, const struct config *config, str *why);

/* A set that its issuer publishes, beside the keys of the settings. Shared secrets in it do not
 * count. Until it has come (text absent) keys_wait. */
struct key_set {
    bool is_wanted;
    str text; /* passes key_set_check */
};
const struct keys *keys_with_set(arena *mem, const struct config *config, const struct key_set *set,
                                 str *why);

/* Is the text a JSON Web Key Set that may take the place of another? An empty one may, and one of
 * keys that cannot be used here: their issuer has withdrawn the others. */
bool key_set_check(str text, str *why);

const struct keys *keys_ref(const struct keys *keys);
void keys_unref(const struct keys **keys); /* NULLs it */

bool keys_any(const struct keys *keys);   /* false: there is no key */
bool keys_wait(const struct keys *keys);  /* a set that is wanted has not come yet */
str keys_secret(const struct keys *keys); /* the first HS256 secret, for minting; absent: none */
const struct role_path *keys_role_path(const struct keys *keys);

/* Tries every key that fits the algorithm and the key id (absent: none). KEYS_NONE: no key fits;
 * KEYS_REFUSE: none that fits has made this signature. Safe from any thread. */
enum keys_verdict { KEYS_NONE, KEYS_REFUSE, KEYS_ACCEPT };
struct signed_text {
    const struct algorithm *algorithm;
    str kid;
    str text, signature;
};
/* Has a token asked for a key that is not here since the last call? From any thread. */
bool keys_take_missed(const struct keys *keys);
enum keys_verdict keys_check(const struct keys *keys, const struct signed_text *what);

#endif
