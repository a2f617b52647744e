/* See queue.h. */
#include "ws/queue.h"

#include <stdlib.h>

enum { ROOM_FIRST = 8 };

static struct message **slot(const struct queue *queue, uint32_t i)
{
    return &queue->ring[(queue->first + i) & (queue->room - 1)];
}

static void grow(struct queue *queue)
{
    struct queue bigger = *queue;

    bigger.room = queue->room == 0 ? ROOM_FIRST : queue->room * 2;
    bigger.first = 0;
    bigger.ring = malloc(bigger.room * sizeof(struct message *));
    if (bigger.ring == NULL)
        abort();
    for (uint32_t i = 0; i < queue->count; i++)
        bigger.ring[i] = *slot(queue, i);
    free((void *)queue->ring);
    *queue = bigger;
}

static void begin_wait(const struct queue *queue, struct message *message)
{
    if (queue->meter != NULL && atomic_fetch_add(&message->waiting, 1) == 0)
        atomic_fetch_add(&queue->meter->waiting, (long long)message->len);
}

static void end_wait(const struct queue *queue, struct message *message)
{
    if (queue->meter != NULL && atomic_fetch_sub(&message->waiting, 1) == 1)
        atomic_fetch_sub(&queue->meter->waiting, (long long)message->len);
    message_unref(&message);
}

void queue_put(struct queue *queue, struct message *message)
{
    if (queue->count == queue->room)
        grow(queue);
    queue->count++;
    *slot(queue, queue->count - 1) = message_ref(message);
    queue->bytes += message->len;
    begin_wait(queue, message);
}

struct message *queue_first(const struct queue *queue)
{
    return queue->count == 0 ? NULL : *slot(queue, 0);
}

struct message *queue_at(const struct queue *queue, uint32_t i)
{
    return *slot(queue, i);
}

static void give_back(struct queue *queue)
{
    if (queue->count > 0)
        return;
    free((void *)queue->ring);
    *queue = (struct queue){.meter = queue->meter};
}

void queue_take(struct queue *queue)
{
    struct message *message = *slot(queue, 0);

    queue->sent = 0;
    queue->bytes -= message->len;
    queue->first = (queue->first + 1) & (queue->room - 1);
    queue->count--;
    end_wait(queue, message);
    give_back(queue);
}

void queue_sent(struct queue *queue, size_t len)
{
    size_t sent = queue->sent + len;

    while (queue->count > 0 && sent >= queue_first(queue)->len) {
        sent -= queue_first(queue)->len;
        queue_take(queue);
    }
    queue->sent = sent;
}

/* Keeps those for which keeps is true. */
static void keep_only(struct queue *queue, bool (*keeps)(const struct message *message))
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < queue->count; i++) {
        struct message *message = *slot(queue, i);
        if (keeps(message) || (i == 0 && queue->sent > 0)) {
            *slot(queue, kept++) = message;
        } else {
            queue->bytes -= message->len;
            end_wait(queue, message);
        }
    }
    queue->count = kept;
    give_back(queue);
}

static bool is_due(const struct message *message)
{
    return !message->droppable;
}

void queue_drop(struct queue *queue)
{
    keep_only(queue, is_due);
}

static bool never(const struct message *message)
{
    (void)message;
    return false;
}

static bool stays(const struct message *message)
{
    return message->stays;
}

void queue_lose(struct queue *queue, size_t max)
{
    keep_only(queue, stays);
    if (queue->bytes > max)
        keep_only(queue, never);
}

void queue_clear(struct queue *queue)
{
    while (queue->count > 0)
        queue_take(queue);
}
