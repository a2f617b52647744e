/* Keeps the API keys of the database at hand: read at the start, when the database says that they
 * are others (NOTIFY), when one expires, and every KEYRING_EVERY_MS, which also tells it which ones
 * were used. A
 * failed read changes nothing. Runs on the control loop, reads in work threads. */
#ifndef KEYRING_H
#define KEYRING_H

#include "auth/api_key.h"
#include "base/config.h"
#include "loop/loop.h"

enum { KEYRING_EVERY_MS = 15000 };

struct keyring;

/* The first read, blocking. NULL with why. The caller holds one reference. */
const struct api_keys *keyring_first(arena *mem, const struct config *config, str *why);

/* changed: another set; take a reference. */
struct keyring *keyring_open(struct loop *loop, const struct config *config,
                             const struct api_keys *first, /* takes a reference of its own */
                             void (*changed)(void *arg, const struct api_keys *keys), void *arg);
void keyring_take(struct keyring *keyring, const struct config *config); /* from the next read on */
void keyring_now(struct keyring *keyring);
void keyring_close(struct keyring **keyring);

#endif
