/* What comes from WebSocket clients: frames become messages; pings are answered, and who breaks the
 * protocol is told so and closed. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws/ws_inside.h"

enum {
    CLOSE_GRACE_US = 5000000, /* to take what is queued and the close frame */
    CLOSE_AWAY = 1001,
    CLOSE_PROTOCOL = 1002,
    CLOSE_NOT_UTF8 = 1007,
    CLOSE_POLICY = 1008,
    CLOSE_TOO_LARGE = 1009
};

/* ---- messages ---- */

static void forget_message(struct peer *peer)
{
    free(peer->in.at);
    peer->in = (struct message_in){NULL, 0, 0, 0};
}

static void receive(struct peer *peer, enum message_kind kind, str message)
{
    if (kind == MESSAGE_TEXT && !framing_text_is_good(message))
        peer_close(peer, CLOSE_NOT_UTF8, STR("not UTF-8"));
    else
        peer->ws->fns->received(peer->session, kind, message);
}

static void keep(struct peer *peer, str bytes)
{
    struct message_in *in = &peer->in;

    if (in->len + bytes.len > in->room) {
        in->room = (in->len + bytes.len) * 2;
        in->at = realloc(in->at, in->room);
        if (in->at == NULL)
            abort();
    }
    if (bytes.len > 0)
        memcpy(in->at + in->len, bytes.at, bytes.len);
    in->len += bytes.len;
}

static void on_data(struct peer *peer, const struct framing_piece *piece)
{
    struct message_in *in = &peer->in;

    if (piece->message_ends && in->len == 0) {
        receive(peer, piece->kind, piece->bytes);
        forget_message(peer);
        return;
    }
    in->frames += piece->frame_ends;
    if (in->len + piece->bytes.len > WS_FRAME_MAX) {
        peer_close(peer, CLOSE_TOO_LARGE, STR("the message is too large"));
        return;
    }
    if (in->frames > WS_PIECES_MAX) {
        peer_close(peer, CLOSE_POLICY, STR("the message has too many pieces"));
        return;
    }
    keep(peer, piece->bytes);
    if (!piece->message_ends)
        return;
    receive(peer, piece->kind, (str){in->at, in->len});
    forget_message(peer);
}

/* ---- control frames ---- */

static void on_ping(struct peer *peer, str payload)
{
    struct message *pong = message_new(MESSAGE_PONG, payload);

    pong->droppable = true;
    peer_send(peer, pong);
    message_unref(&pong);
}

/* The answer to our own close frame, or one that is to be answered with the same. */
static void on_close(struct peer *peer, str payload)
{
    peer->heard_close = true;
    peer_close(peer, framing_close_code(payload), STR(""));
    peer_write(peer);
}

static void on_frame(struct peer *peer, enum framing_event event, const struct framing_piece *piece)
{
    if (event == FRAMING_CLOSE)
        on_close(peer, piece->bytes);
    else if (peer->closing_us != 0)
        return; /* it says what it has to say, nobody listens any more */
    else if (event == FRAMING_DATA)
        on_data(peer, piece);
    else if (event == FRAMING_PING)
        on_ping(peer, piece->bytes);
}

/* ---- reading ---- */

static void take(struct peer *peer, char *bytes, size_t len)
{
    struct framing_piece piece;
    enum framing_event event = FRAMING_DATA;

    peer->heard_us = clock_us();
    while (!peer->heard_close && !peer->ended && event != FRAMING_MORE && event != FRAMING_BAD) {
        event = framing_read(&peer->framing, &bytes, &len, &piece);
        on_frame(peer, event, &piece);
    }
    if (event != FRAMING_BAD)
        return;
    peer_close(peer, CLOSE_PROTOCOL, STR("against the protocol"));
    peer->deaf = true; /* until it ends: a socket that is closed before would lose what we say */
}

static void read_some(struct peer *peer)
{
    struct ws *ws = peer->ws;
    ssize_t len = recv(peer->fd, ws->in, WS_IN_BYTES, MSG_DONTWAIT);

    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
        peer_end(peer);
    else if (len > 0 && !peer->deaf)
        take(peer, ws->in, (size_t)len);
}

static void on_ready(void *arg, int events)
{
    struct peer *peer = arg;

    if (events < 0) {
        peer_end(peer);
        return;
    }
    if ((events & WATCH_WRITE) != 0)
        peer_write(peer);
    if ((events & WATCH_READ) != 0 && !peer->ended)
        read_some(peer);
}

/* ---- life ---- */

void peer_new(struct ws *ws, int fd, void *session, str early)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    char *bytes = malloc(early.len + 1);

    if (peer == NULL || bytes == NULL)
        abort();
    *peer = (struct peer){.ws = ws,
                          .fd = fd,
                          .session = session,
                          .heard_us = clock_us(),
                          .queue = {.meter = ws->meter}};
    list_init(&peer->of_waiting);
    list_append(&ws->peers, &peer->node);
    ws->npeers++;
    peer->watch = watch_open(ws->loop, fd, on_ready, peer);
    watch_for(peer->watch, WATCH_READ);
    ws->fns->opened(session, peer);
    if (early.len > 0) {
        memcpy(bytes, early.at, early.len);
        take(peer, bytes, early.len);
    }
    free(bytes);
}

void peer_free(struct peer *peer)
{
    list_remove(&peer->node);
    list_remove(&peer->of_waiting);
    peer->ws->npeers--;
    peer->ws->fns->closed(peer->session);
    watch_close(&peer->watch);
    close(peer->fd);
    queue_clear(&peer->queue);
    free(peer->in.at);
    free(peer);
}

void peer_look(struct peer *peer, int64_t now_us)
{
    peer_look_at_queue(peer);
    if (peer->closing_us != 0 && now_us - peer->closing_us > CLOSE_GRACE_US)
        peer_end(peer);
    else if (now_us - peer->heard_us > peer->ws->idle_ms * 1000)
        peer_close(peer, CLOSE_AWAY, STR("idle"));
}
