/* Sockets that an API key has opened: when the key is revoked they are closed. */
#ifndef KEYED_H
#define KEYED_H

#include "auth/api_key.h"
#include "base/list.h"

struct peer;

/* Part of whoever stands for the socket. */
struct keyed {
    struct list node; /* of all sockets with a key; none: it came without one */
    unsigned char hash[API_KEY_HASH_BYTES];
    struct peer *peer; /* once it is open */
    bool is_revoked;
};

/* The text it came with: a token, which is not remembered, or a key. */
void keyed_init(struct keyed *keyed, struct list *all, str text);
void keyed_opened(struct keyed *keyed, struct peer *peer);
void keyed_closed(struct keyed *keyed);

void keyed_judge(struct list *all, const struct api_keys *keys);

#endif
