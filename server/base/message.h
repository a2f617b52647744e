/* What is sent to a WebSocket client: one whole frame, counted. Frames of a server are not masked,
 * so the same bytes serve every client: encoded once, shared by all, also across threads.
 * Source: RFC 6455 5.2. */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdatomic.h>

#include "base/str.h"

enum message_kind { MESSAGE_TEXT = 1, MESSAGE_BINARY = 2, MESSAGE_CLOSE = 8, MESSAGE_PONG = 10 };

struct message {
    atomic_int refs;
    atomic_int waiting; /* queues it stands in */
    bool droppable;     /* a slow client may lose it: a broadcast, never a change */
    bool stays;         /* it tells of a loss, and is not lost with the rest */
    size_t len;
    char bytes[]; /* the frame */
};

/* The bytes of all messages that wait for somebody, those of several queues once. */
struct message_meter {
    atomic_llong waiting;
};

struct message *message_new(enum message_kind kind, str payload);
struct message *message_ref(struct message *message);
/* The frame that ends a connection. */
struct message *message_new_close(int code, str reason);
void message_unref(struct message **message); /* NULLs it */
str message_payload(const struct message *message);

#endif
