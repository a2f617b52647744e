/* Primes that were found, as /ws tells them: each at its commit, and a notification a form, which
 * gathers for ten seconds what comes after the first. See plain.h for the frames and the caps. */
#ifndef LIVE_FINDS_H
#define LIVE_FINDS_H

#include "base/message.h"
#include "live/change.h"

struct finds;

/* send gets a frame for all clients; they may lose it when they are slow. */
struct finds *finds_new(void (*send)(void *arg, struct message *message), void *arg);
void finds_free(struct finds **finds);
void finds_take(struct finds *finds, const struct change *const *changes, size_t count);
void finds_tick(struct finds *finds);

#endif
