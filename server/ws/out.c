/* What is sent to clients: messages wait until the end of the loop's turn, then all of them leave
 * in one write; a client that does not read has a queue with a cap. */
#include <stdlib.h>

#include "base/clock.h"
#include "ws/ws_inside.h"

/* ---- writing ---- */

/* As many messages as fit; one that never fits goes alone. */
static void write_some(struct peer *peer)
{
    struct ws *ws = peer->ws;
    struct message *message = queue_first(&peer->queue);
    unsigned char *out = ws->out + LWS_PRE, *large = NULL;
    size_t len = 0;

    if (message != NULL && message->len > WS_OUT_BYTES) {
        large = malloc(LWS_PRE + message->len);
        if (large == NULL)
            abort();
        out = large + LWS_PRE;
    }
    while (message != NULL && (len == 0 || len + message->len <= WS_OUT_BYTES)) {
        memcpy(out + len, message->bytes, message->len);
        len += message->len;
        queue_take(&peer->queue);
        message = large == NULL ? queue_first(&peer->queue) : NULL;
    }
    /* The frames are complete: libwebsockets sends the bytes as they are. */
    if (len > 0 && lws_write(peer->wsi, out, len, LWS_WRITE_HTTP) < 0)
        peer->broken = true;
    peer->stuck = false;
    free(large);
}

/* What the socket does not take of a write libwebsockets keeps: until that has left it gets no
 * more. */
static bool may_write(const struct peer *peer)
{
    return !peer->broken && peer->queue.count > 0 && !lws_partial_buffered(peer->wsi);
}

static void write_all(struct peer *peer)
{
    while (may_write(peer))
        write_some(peer);
    if (peer->broken)
        lws_set_timeout(peer->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
    else if (peer->queue.count > 0)
        lws_callback_on_writable(peer->wsi);
    if (peer->crowded && peer_queued(peer) < WS_ROOM) {
        peer->crowded = false;
        peer->ws->fns->roomy(peer->session);
    }
}

/* To be told first that a socket is writable would cost more than the write. */
static void flush(void *arg)
{
    struct ws *ws = arg;

    ws->flushing = false;
    LIST_EACH (node, &ws->waiting) {
        list_remove(node);
        write_all(LIST_ENTRY(node, struct peer, of_waiting));
    }
}

static void flush_soon(struct peer *peer)
{
    struct ws *ws = peer->ws;

    if (list_empty(&peer->of_waiting))
        list_append(&ws->waiting, &peer->of_waiting);
    if (!ws->flushing)
        loop_soon(ws->loop, flush, ws);
    ws->flushing = true;
}

int peer_on_writable(struct peer *peer)
{
    write_all(peer);
    return peer->broken ? -1 : 0;
}

/* ---- the cap ---- */

static void overflow(struct peer *peer)
{
    queue_lose(&peer->queue, WS_ROOM);
    peer->ws->fns->overflown(peer->session);
}

static bool fits(const struct peer *peer, const struct message *message)
{
    return peer->queue.count == 0 || peer->queue.bytes + message->len <= WS_QUEUE_MAX;
}

/* Room for one more, if it cannot be had otherwise at the cost of what waits. */
static bool make_room(struct peer *peer, const struct message *message)
{
    if (peer->queue.bytes > WS_OUT_BYTES)
        write_all(peer); /* who reads should not lose anything because a turn is long */
    if (fits(peer, message))
        return true;
    if (message->droppable)
        return false;
    queue_drop(&peer->queue);
    if (!fits(peer, message))
        overflow(peer);
    return true;
}

void peer_send(struct peer *peer, struct message *message)
{
    if (peer->closing_us != 0 || peer->broken || !make_room(peer, message))
        return;
    if (peer->closing_us != 0)
        return; /* that is what overflowing has led to */
    queue_put(&peer->queue, message);
    peer->crowded |= peer_queued(peer) >= WS_ROOM;
    flush_soon(peer);
}

void peer_close(struct peer *peer, int code, str reason)
{
    if (peer->closing_us != 0)
        return;
    struct message *last = message_new_close(code, reason);
    peer->closing_us = clock_us();
    queue_put(&peer->queue, last);
    message_unref(&last);
    flush_soon(peer);
}

size_t peer_queued(const struct peer *peer)
{
    return peer->queue.bytes;
}

void peer_look(struct peer *peer)
{
    if (peer->closing_us != 0 || peer_queued(peer) < WS_ROOM)
        return;
    if (peer->stuck)
        overflow(peer);
    peer->stuck = !peer->stuck;
}
