/* The messages that wait for one client, in order: a ring that is only there while it is needed,
 * as most clients have nothing waiting most of the time. */
#ifndef WS_QUEUE_H
#define WS_QUEUE_H

#include "base/message.h"

struct queue {
    struct message **ring;
    uint32_t first, count, room; /* room: a power of two, or 0 */
    size_t bytes;
    size_t sent;                 /* bytes of the first that have left: the others must follow */
    struct message_meter *meter; /* of all queues; NULL: nobody counts */
};

void queue_put(struct queue *queue, struct message *message); /* takes a reference */
struct message *queue_first(const struct queue *queue);       /* NULL: empty */
struct message *queue_at(const struct queue *queue, uint32_t i);
void queue_sent(struct queue *queue, size_t len); /* so many bytes more have left */
void queue_take(struct queue *queue);             /* drops the first */
void queue_drop(struct queue *queue);             /* all that may be lost */
void queue_lose(struct queue *queue, size_t max); /* all but what stays, if that is not more */
void queue_clear(struct queue *queue);

#endif
