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
#include "ws/refusal.h"
#include "ws/ws_inside.h"

enum {
    SWEEP_MS = 2000,
    CLOSE_GRACE_MS = 5000, /* to take what is queued and the close frame */
    RX_BYTES = 512,        /* a piece of a message; small, as every connection holds one */
    WRITE_BYTES = 1 << 20, /* that libwebsockets tries at once; unless told it tries RX_BYTES */
    HEAD_BYTES = 1024
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
    list_remove(&peer->of_waiting);
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
        return peer_on_writable(peer);
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
    list_init(&peer->of_waiting);
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

static void sweep(void *arg)
{
    struct ws *ws = arg;
    int64_t now = clock_us();

    LIST_EACH (node, &ws->peers) {
        struct peer *peer = LIST_ENTRY(node, struct peer, node);
        peer_look(peer);
        if (peer->closing_us != 0 && now - peer->closing_us > CLOSE_GRACE_MS * INT64_C(1000))
            lws_set_timeout(peer->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
        else if (now - peer->heard_us > ws->idle_ms * 1000)
            peer_close(peer, LWS_CLOSE_STATUS_GOINGAWAY, STR("idle"));
    }
}

static const struct lws_protocols protocols[] = {
    {"live", on_event, sizeof(struct peer *), RX_BYTES, 0, NULL, WRITE_BYTES},
    {NULL,   NULL,     0,                     0,        0, NULL, 0          },
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
    ws->out = malloc(LWS_PRE + WS_OUT_BYTES);
    list_init(&ws->peers);
    list_init(&ws->waiting);
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
