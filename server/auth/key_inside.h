/* What a key is made of: shared by key.c, which verifies, and jwk.c, which reads. */
#ifndef AUTH_KEY_INSIDE_H
#define AUTH_KEY_INSIDE_H

#include <openssl/evp.h>

#include "auth/key.h"

enum { KEY_MACS = 3 /* HS256, HS384, HS512 */ };

struct key {
    enum key_type type;
    str curve;                    /* of EC and OKP */
    str kid;                      /* absent: none */
    bool any_kid;                 /* the key has no name that a token could miss */
    const struct algorithm *only; /* NULL: any that fits kind and curve */
    EVP_PKEY *pkey;
    str secret;
    EVP_MAC_CTX *macs[KEY_MACS]; /* keyed; copied for each token: keying costs two hash blocks */
};

void key_set_secret(struct key *key, arena *mem, str secret);

#endif
