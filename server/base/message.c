/* See message.h. */
#include "base/message.h"

#include <stdlib.h>

/* The frame's head: final, kind, length. */
static size_t put_head(char head[10], enum message_kind kind, size_t len)
{
    size_t more = len < 126 ? 0 : len <= 0xffff ? 2 : 8;

    head[0] = (char)(0x80 | kind);
    head[1] = (char)(more == 0 ? len : more == 2 ? 126 : 127);
    for (size_t i = more; i > 0; i--, len >>= 8)
        head[1 + i] = (char)len;
    return 2 + more;
}

struct message *message_new(enum message_kind kind, str payload)
{
    char head[10];
    size_t start = put_head(head, kind, payload.len);
    struct message *message = malloc(sizeof(*message) + start + payload.len);

    if (message == NULL)
        abort();
    message->refs = 1;
    message->waiting = 0;
    message->droppable = message->stays = false;
    message->len = start + payload.len;
    memcpy(message->bytes, head, start);
    if (payload.len > 0)
        memcpy(message->bytes + start, payload.at, payload.len);
    return message;
}

struct message *message_new_close(int code, str reason)
{
    enum { REASON_MAX = 123 };
    char payload[2 + REASON_MAX] = {(char)(code >> 8), (char)code};
    size_t len = reason.len < REASON_MAX ? reason.len : (size_t)REASON_MAX;

    memcpy(payload + 2, reason.at, len);
    return message_new(MESSAGE_CLOSE, (str){payload, 2 + len});
}

struct message *message_ref(struct message *message)
{
    atomic_fetch_add(&message->refs, 1);
    return message;
}

void message_unref(struct message **message)
{
    struct message *last = *message;

    *message = NULL;
    if (last != NULL && atomic_fetch_sub(&last->refs, 1) == 1)
        free(last);
}

str message_payload(const struct message *message)
{
    int len = (unsigned char)message->bytes[1];
    size_t start = len < 126 ? 2 : len == 126 ? 4 : 10;

    return (str){message->bytes + start, message->len - start};
}
