/* The signature algorithms of tokens: which key each needs, and how it signs.
 * Source: RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864. */
#ifndef AUTH_ALGORITHM_H
#define AUTH_ALGORITHM_H

#include "base/str.h"

enum key_type { KEY_OCT, KEY_RSA, KEY_EC, KEY_OKP };
enum padding { PADDING_NONE, PADDING_PKCS1, PADDING_PSS };

enum { SIGNATURE_PART_MAX = 66 /* bytes of a coordinate of P-521 */ };

struct algorithm {
    str name; /* as a token's header says it */
    enum key_type type;
    const char *digest;   /* OpenSSL's name; NULL: the algorithm has its own */
    enum padding padding; /* of RSA */
    str curve;            /* of EC and OKP, as a JWK says it */
    size_t part;          /* bytes of r and of s in an EC signature */
};

const struct algorithm *algorithm_find(str name); /* NULL: none of ours; "none" is none */

#endif
