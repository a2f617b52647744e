/* What an API key has opened and keeps open, a socket or a stream: when the key is revoked it is
 * told. */
#ifndef KEYED_H
#define KEYED_H

#include "auth/api_key.h"
#include "base/list.h"

/* Part of whoever stands for the connection. */
struct keyed {
    struct list node; /* of all with a key; none: it came without one */
    unsigned char hash[API_KEY_HASH_BYTES];
    void (*revoked)(void *arg); /* once it is open */
    void *arg;
    bool is_revoked;
};

/* The text it came with: a token, which is not remembered, or a key. */
void keyed_init(struct keyed *keyed, struct list *all, str text);
/* revoked may be called at once, and more than once. */
void keyed_opened(struct keyed *keyed, void (*revoked)(void *arg), void *arg);
void keyed_closed(struct keyed *keyed);

void keyed_judge(struct list *all, const struct api_keys *keys);

#endif
