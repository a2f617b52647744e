/* See ws.h. A socket is a guest until its head is read and judged, then a peer; libwebsockets gets
 * a minimal handshake of our making, never the client's own head. */
#include "ws/ws.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "ws/queue.h"
#include "ws/refusal.h"

enum {
    SWEEP_MS = 2000,
    CLOSE_GRACE_MS = 5000, /* to take what is queued and the close frame */
    RX_BYTES = 512,        /* a piece of a message; small, as every connection holds one */
    OUT_BYTES = 64 << 10,  /* one write */
    HEAD_BYTES = 1024
};

struct ws {
    struct loop *loop;
    const struct ws_fns *fns;
    void *arg;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct list peers, guests;
    struct peer *adopting; /* libwebsockets answers the handshake inside the call that adopts */
    struct timer *sweep;
    struct message_meter *meter;
    int npeers, nrefused;
    int64_t idle_ms;
    unsigned char *out;
};

struct peer {
    struct list node;
    struct ws *ws;
    struct lws *wsi;
    void *session;
    struct queue queue;
    struct buf_in {
        char *at;
        size_t len, room;
    } in; /* a message of which not all pieces came */
    int64_t heard_us, closing_us;
    bool full; /* over WS_QUEUE_MAX since a sweep looked */
};

struct guest {
    struct list node;
    struct ws *ws;
    int fd;
    struct watch *watch;
    struct timer *timer;
    size_t len;
    char *text;
    bool refused;
};

/* ---- what is sent ---- */

static void overflow(struct peer *peer)
{
    queue_clear(&peer->queue);
    peer->full = false;
    peer->ws->fns->overflown(peer->session);
}

/* May it wait above the cap? */
static bool fits_burst(const struct peer *peer, const struct message *message)
{
    return peer->queue.bytes + message->len <= WS_BURST_MAX &&
           atomic_load(&peer->ws->meter->waiting) <= WS_ALL_MAX;
}

void peer_send(struct peer *peer, struct message *message)
{
    if (peer->closing_us != 0)
        return;
    if (peer->queue.bytes <= WS_QUEUE_MAX && peer->queue.bytes + message->len > WS_QUEUE_MAX)
        queue_drop(&peer->queue); /* once: over the cap none are added */
    if (peer->queue.count > 0 && peer->queue.bytes + message->len > WS_QUEUE_MAX) {
        if (message->droppable)
            return;
        if (!fits_burst(peer, message))
            overflow(peer);
    }
    queue_put(&peer->queue, message);
    lws_callback_on_writable(peer->wsi);
}

void peer_close(struct peer *peer, int code, str reason)
{
    if (peer->closing_us != 0)
        return;
    struct message *last = message_new_close(code, reason);
    peer->closing_us = clock_us();
    queue_put(&peer->queue, last);
    message_unref(&last);
    lws_callback_on_writable(peer->wsi);
}

size_t peer_queued(const struct peer *peer)
{
    return peer->queue.bytes;
}

/* As many messages as fit; one that never fits goes alone. False: the connection is broken. */
static bool write_some(struct peer *peer)
{
    struct ws *ws = peer->ws;
    struct message *message = queue_first(&peer->queue);
    unsigned char *out = ws->out + LWS_PRE, *large = NULL;
    size_t len = 0;

    if (message != NULL && message->len > OUT_BYTES) {
        large = malloc(LWS_PRE + message->len);
        if (large == NULL)
            abort();
        out = large + LWS_PRE;
    }
    while (message != NULL && (len == 0 || len + message->len <= OUT_BYTES)) {
        memcpy(out + len, message->bytes, message->len);
        len += message->len;
        queue_take(&peer->queue);
        message = large == NULL ? queue_first(&peer->queue) : NULL;
    }
    /* The frames are complete: libwebsockets sends the bytes as they are. */
    int sent = len == 0 ? 0 : lws_write(peer->wsi, out, len, LWS_WRITE_HTTP);
    free(large);
    return sent >= 0;
}

static int on_writable(struct peer *peer)
{
    if (!lws_partial_buffered(peer->wsi) && !write_some(peer))
        return -1;
    if (peer->queue.bytes <= WS_QUEUE_MAX)
        peer->full = false;
    if (peer->queue.count > 0 || lws_partial_buffered(peer->wsi))
        lws_callback_on_writable(peer->wsi);
    return 0;
}

/* ---- what comes ---- */

static bool keep_piece(struct peer *peer, str piece)
{
    struct buf_in *in = &peer->in;

    if (in->len + piece.len > WS_FRAME_MAX)
        return false;
    if (in->len + piece.len > in->room) {
        in->room = (in->len + piece.len) * 2;
        in->at = realloc(in->at, in->room);
        if (in->at == NULL)
            abort();
    }
    memcpy(in->at + in->len, piece.at, piece.len);
    in->len += piece.len;
    return true;
}

static int on_piece(struct peer *peer, str piece)
{
    struct buf_in *in = &peer->in;
    bool last = lws_is_final_fragment(peer->wsi) && lws_remaining_packet_payload(peer->wsi) == 0;
    enum message_kind kind = lws_frame_is_binary(peer->wsi) ? MESSAGE_BINARY : MESSAGE_TEXT;

    peer->heard_us = clock_us();
    if (peer->closing_us != 0)
        return 0;
    if (last && in->len == 0) {
        peer->ws->fns->received(peer->session, kind, piece);
        return 0;
    }
    if (!keep_piece(peer, piece)) {
        lws_close_reason(peer->wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
        return -1;
    }
    if (!last)
        return 0;
    struct buf_in whole = *in;
    *in = (struct buf_in){NULL, 0, 0};
    peer->ws->fns->received(peer->session, kind, (str){whole.at, whole.len});
    free(whole.at);
    return 0;
}

static void peer_free(struct peer *peer)
{
    list_remove(&peer->node);
    peer->ws->npeers--;
    queue_clear(&peer->queue);
    free(peer->in.at);
    free(peer);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct peer **mine = user, *peer = mine != NULL ? *mine : NULL;
    struct ws *ws = lws_context_user(lws_get_context(wsi));

    if (reason == LWS_CALLBACK_ESTABLISHED && mine != NULL && ws->adopting != NULL) {
        *mine = ws->adopting;
        (*mine)->wsi = wsi;
        ws->adopting = NULL;
        ws->fns->opened((*mine)->session, *mine);
        return 0;
    }
    if (peer == NULL)
        return 0;
    if (reason == LWS_CALLBACK_RECEIVE)
        return on_piece(peer, (str){in, len});
    if (reason == LWS_CALLBACK_RECEIVE_PONG)
        peer->heard_us = clock_us();
    if (reason == LWS_CALLBACK_WS_PEER_INITIATED_CLOSE && peer->closing_us != 0)
        return -1; /* the answer to our own */
    if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
        return on_writable(peer);
    if (reason == LWS_CALLBACK_CLOSED) {
        *mine = NULL;
        ws->fns->closed(peer->session);
        peer_free(peer);
    }
    return 0;
}

/* ---- the handshake ---- */

static void guest_free(struct guest *guest)
{
    if (guest->refused)
        guest->ws->nrefused--;
    watch_close(&guest->watch);
    timer_close(&guest->timer);
    list_remove(&guest->node);
    free(guest->text);
    free(guest);
}

static void send_home(void *arg)
{
    struct guest *guest = arg;
    int fd = guest->fd;

    if (guest->refused)
        (void)!send(fd, guest->text, guest->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    guest_free(guest);
    shutdown(fd, SHUT_WR);
    close(fd);
}

/* The answer leaves after the delay, which keeps a client without a back-off of its own from
 * asking again at once. */
static void refuse(struct guest *guest, const struct ws_refusal *refusal)
{
    struct ws *ws = guest->ws;
    bool now = ws->nrefused >= WS_REFUSED_MAX;

    watch_close(&guest->watch);
    timer_close(&guest->timer);
    free(guest->text);
    guest->text = refusal_write(refusal, &guest->len);
    guest->refused = true;
    ws->nrefused++;
    guest->timer = timer_start(ws->loop, now ? 0 : refusal->delay_ms, 0, send_home, guest);
}

static void refuse_bad(struct guest *guest, enum handshake_state state)
{
    bool upgrade = state == HANDSHAKE_NO_UPGRADE || state == HANDSHAKE_BAD_VERSION;
    const struct ws_refusal refusal = {
        .status = upgrade ? 426 : 400,
        .body = upgrade ? STR("{\"error\":\"This address speaks WebSocket, version 13\"}")
                        : STR("{\"error\":\"The WebSocket handshake is not understood\"}")};

    refuse(guest, &refusal);
}

/* What libwebsockets reads: our own words, then whatever the client sent behind its head. */
static void let_in(struct guest *guest, const struct handshake *handshake, size_t head,
                   void *session)
{
    struct ws *ws = guest->ws;
    struct peer *peer = calloc(1, sizeof(*peer));
    size_t early = guest->len - head;
    char *text = malloc(HEAD_BYTES + early);
    int fd = guest->fd;

    if (peer == NULL || text == NULL)
        abort();
    int len = snprintf(text, HEAD_BYTES,
                       "GET / HTTP/1.1\r\nHost: postern\r\nUpgrade: websocket\r\nConnection: "
                       "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %.*s\r\n\r\n",
                       STR_ARG(handshake->key));
    memcpy(text + len, guest->text + head, early);
    *peer = (struct peer){
        .ws = ws, .session = session, .heard_us = clock_us(), .queue = {.meter = ws->meter}};
    list_append(&ws->peers, &peer->node);
    ws->npeers++;
    guest_free(guest);
    ws->adopting = peer;
    lws_adopt_socket_vhost_readbuf(ws->vhost, fd, text, (size_t)len + early);
    free(text);
    if (ws->adopting == peer) { /* the handshake failed after all */
        ws->adopting = NULL;
        ws->fns->closed(session);
        peer_free(peer);
    }
}

static void judge(struct guest *guest)
{
    struct handshake handshake;
    struct ws_refusal refusal = {0};
    void *session = NULL;
    size_t head = 0;
    enum handshake_state state = handshake_read((str){guest->text, guest->len}, &handshake, &head);

    if (state == HANDSHAKE_PARTIAL)
        return;
    if (state != HANDSHAKE_GOOD)
        refuse_bad(guest, state);
    else if (guest->ws->fns->admit(guest->ws->arg, &handshake, &session, &refusal))
        let_in(guest, &handshake, head, session);
    else
        refuse(guest, &refusal);
}

static void on_head(void *arg, int events)
{
    struct guest *guest = arg;
    ssize_t len = recv(guest->fd, guest->text + guest->len, HANDSHAKE_MAX - guest->len, 0);

    (void)events;
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        send_home(guest);
        return;
    }
    guest->len += (size_t)len;
    judge(guest);
}

static struct guest *guest_new(struct ws *ws, int fd, size_t room)
{
    struct guest *guest = calloc(1, sizeof(*guest));

    if (guest == NULL)
        abort();
    *guest = (struct guest){.ws = ws, .fd = fd, .text = malloc(room)};
    if (guest->text == NULL)
        abort();
    list_append(&ws->guests, &guest->node);
    return guest;
}

void ws_adopt(struct ws *ws, int fd)
{
    struct guest *guest = guest_new(ws, fd, HANDSHAKE_MAX);

    guest->watch = watch_open(ws->loop, fd, on_head, guest);
    watch_for(guest->watch, WATCH_READ);
    guest->timer = timer_start(ws->loop, WS_HANDSHAKE_MS, 0, send_home, guest);
}

void ws_adopt_read(struct ws *ws, int fd, str head, str behind)
{
    struct guest *guest = guest_new(ws, fd, head.len + behind.len + 1);

    memcpy(guest->text, head.at, head.len);
    if (behind.len > 0)
        memcpy(guest->text + head.len, behind.at, behind.len);
    guest->len = head.len + behind.len;
    judge(guest);
}

/* ---- the life of it all ---- */

/* Over the cap at two looks, and never below it between them: the client does not read. */
static void look_at_queue(struct peer *peer)
{
    if (peer->full && peer->closing_us == 0)
        overflow(peer);
    else
        peer->full = peer->queue.count > 1 && peer->queue.bytes > WS_QUEUE_MAX;
}

static void sweep(void *arg)
{
    struct ws *ws = arg;
    int64_t now = clock_us();

    LIST_EACH (node, &ws->peers) {
        struct peer *peer = LIST_ENTRY(node, struct peer, node);
        look_at_queue(peer);
        if (peer->closing_us != 0 && now - peer->closing_us > CLOSE_GRACE_MS * INT64_C(1000))
            lws_set_timeout(peer->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
        else if (now - peer->heard_us > ws->idle_ms * 1000)
            peer_close(peer, LWS_CLOSE_STATUS_GOINGAWAY, STR("idle"));
    }
}

static const struct lws_protocols protocols[] = {
    {"live", on_event, sizeof(struct peer *), RX_BYTES, 0, NULL, 0},
    {NULL,   NULL,     0,                     0,        0, NULL, 0},
};

struct ws *ws_new(struct loop *loop, const struct ws_fns *fns, struct message_meter *meter,
                  void *arg)
{
    struct ws *ws = calloc(1, sizeof(*ws));
    void *loops[1] = {loop_uv(loop)};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_VALIDATE_UTF8,
        .gid = -1,
        .uid = -1,
        .user = ws,
    };

    if (ws == NULL)
        abort();
    *ws = (struct ws){.loop = loop, .fns = fns, .arg = arg, .meter = meter};
    ws->out = malloc(LWS_PRE + OUT_BYTES);
    list_init(&ws->peers);
    list_init(&ws->guests);
    lws_set_log_level(0, NULL); /* it calls every adopted socket an error */
    ws->context = lws_create_context(&info);
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.vhost_name = "live";
    ws->vhost = ws->context == NULL ? NULL : lws_create_vhost(ws->context, &info);
    if (ws->vhost == NULL || ws->out == NULL)
        abort();
    ws->sweep = timer_start(loop, SWEEP_MS, SWEEP_MS, sweep, ws);
    return ws;
}

void ws_set_idle(struct ws *ws, int64_t ms)
{
    ws->idle_ms = ms;
}

int ws_connections(const struct ws *ws)
{
    return ws->npeers;
}

void ws_drain(struct ws *ws)
{
    enum { SERVICE_RESTART = 1012 };

    LIST_EACH (node, &ws->guests)
        send_home(LIST_ENTRY(node, struct guest, node));
    LIST_EACH (node, &ws->peers)
        peer_close(LIST_ENTRY(node, struct peer, node), SERVICE_RESTART, STR("restart"));
}

void ws_close(struct ws *ws)
{
    LIST_EACH (node, &ws->guests)
        send_home(LIST_ENTRY(node, struct guest, node));
    timer_close(&ws->sweep);
    lws_context_destroy(ws->context);
}

/* The second call frees what the first one closed, now that the loop has seen it closed. */
void ws_free(struct ws **ws)
{
    lws_context_destroy((*ws)->context);
    free((*ws)->out);
    free(*ws);
    *ws = NULL;
}
