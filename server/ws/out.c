/* What is sent to clients: messages wait until the end of the loop's turn, then all of them leave
 * in one write; a client that does not read has a queue with a cap. */
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "ws/ws_inside.h"

/* ---- writing ---- */

/* As much of what waits as one write takes; the first message may have left in part. */
static size_t gather(const struct queue *queue, char *out)
{
    size_t len = 0, skip = queue->sent;

    for (uint32_t i = 0; i < queue->count && len < WS_OUT_BYTES; i++) {
        const struct message *message = queue_at(queue, i);
        size_t rest = message->len - skip, room = WS_OUT_BYTES - len;
        size_t take = rest < room ? rest : room;
        memcpy(out + len, message->bytes + skip, take);
        len += take;
        skip = 0;
    }
    return len;
}

/* False: the socket takes no more. */
static bool write_some(struct peer *peer)
{
    size_t len = gather(&peer->queue, peer->ws->out);
    ssize_t sent = send(peer->fd, peer->ws->out, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        peer_end(peer);
    if (sent <= 0)
        return false;
    peer->stuck = false;
    queue_sent(&peer->queue, (size_t)sent);
    return (size_t)sent == len;
}

void peer_write(struct peer *peer)
{
    bool more = true;

    while (more && !peer->ended && peer->queue.count > 0)
        more = write_some(peer);
    if (peer->ended)
        return;
    watch_for(peer->watch, WATCH_READ | (peer->queue.count > 0 ? WATCH_WRITE : 0));
    if (peer->queue.count == 0 && peer->closing_us != 0 && peer->heard_close)
        peer_end(peer);
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
        struct peer *peer = LIST_ENTRY(node, struct peer, of_waiting);
        list_remove(node);
        peer_write(peer);
        if (peer->ended)
            peer_free(peer);
    }
}

static void flush_soon(struct peer *peer)
{
    struct ws *ws = peer->ws;

    if (list_empty(&peer->of_waiting))
        list_append(&ws->waiting, &peer->of_waiting);
    if (!ws->flushing && !ws->closing)
        loop_soon(ws->loop, flush, ws);
    ws->flushing = true;
}

void peer_end(struct peer *peer)
{
    peer->ended = true;
    watch_for(peer->watch, 0);
    flush_soon(peer);
}

/* ---- the cap ---- */

static bool fits(const struct peer *peer, const struct message *message)
{
    return peer->queue.count == 0 || peer->queue.bytes + message->len <= WS_QUEUE_MAX;
}

static void overflow(struct peer *peer)
{
    queue_lose(&peer->queue, WS_ROOM);
    peer->ws->fns->overflown(peer->session);
}

/* At the cost of what waits, if it must be. */
static bool make_room(struct peer *peer, const struct message *message)
{
    if (peer->queue.bytes > WS_OUT_BYTES)
        peer_write(peer); /* who reads should not lose anything because a turn is long */
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
    if (peer->closing_us != 0 || peer->ended || !make_room(peer, message))
        return;
    if (peer->closing_us != 0 || peer->ended)
        return; /* that is what it has led to */
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

void peer_look_at_queue(struct peer *peer)
{
    if (peer->closing_us != 0 || peer->ended || peer_queued(peer) < WS_ROOM)
        return;
    if (peer->stuck)
        overflow(peer);
    peer->stuck = !peer->stuck;
}
