/* See ws.h. A socket is a guest until its head is read and judged, then a peer. */
#include "ws/ws.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ws/refusal.h"
#include "ws/ws_inside.h"

enum { SWEEP_MS = 2000, ANSWER_BYTES = 256, CLOSE_RESTART = 1012 };

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

static void close_peers(struct ws *ws)
{
    LIST_EACH (node, &ws->peers)
        peer_close(LIST_ENTRY(node, struct peer, node), CLOSE_RESTART, STR("restart"));
}

/* The answer fits into the buffer of a socket that has sent nothing yet. */
static void let_in(struct guest *guest, const struct handshake *handshake, size_t head,
                   void *session)
{
    struct ws *ws = guest->ws;
    char accept[HANDSHAKE_ACCEPT_BYTES], answer[ANSWER_BYTES];
    int fd = guest->fd, on = 1;

    handshake_accept(handshake->key, accept);
    int len = snprintf(answer, sizeof(answer),
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
                       "Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                       accept);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (send(fd, answer, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) == len) {
        watch_close(&guest->watch);
        peer_new(ws, fd, session, (str){guest->text + head, guest->len - head});
        if (ws->draining) /* it knocked before the door was shut */
            close_peers(ws);
    } else {
        ws->fns->closed(session);
        close(fd);
    }
    guest_free(guest);
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
    int64_t now_us = clock_us();

    LIST_EACH (node, &ws->peers)
        peer_look(LIST_ENTRY(node, struct peer, node), now_us);
}

struct ws *ws_new(struct loop *loop, const struct ws_fns *fns, struct message_meter *meter,
                  void *arg)
{
    struct ws *ws = calloc(1, sizeof(*ws));

    if (ws == NULL)
        abort();
    *ws = (struct ws){.loop = loop,
                      .fns = fns,
                      .arg = arg,
                      .meter = meter,
                      .in = malloc(WS_IN_BYTES),
                      .out = malloc(WS_OUT_BYTES)};
    if (ws->in == NULL || ws->out == NULL)
        abort();
    list_init(&ws->peers);
    list_init(&ws->guests);
    list_init(&ws->waiting);
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
    ws->draining = true;
    LIST_EACH (node, &ws->guests)
        send_home(LIST_ENTRY(node, struct guest, node));
    close_peers(ws);
}

void ws_close(struct ws *ws)
{
    ws->closing = true;
    LIST_EACH (node, &ws->guests)
        send_home(LIST_ENTRY(node, struct guest, node));
    LIST_EACH (node, &ws->peers)
        peer_free(LIST_ENTRY(node, struct peer, node));
    timer_close(&ws->sweep);
}

void ws_free(struct ws **ws)
{
    free((*ws)->in);
    free((*ws)->out);
    free(*ws);
    *ws = NULL;
}
