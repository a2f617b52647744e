/* The nouns inside of ws/: what comes is in ws.c, what is sent in out.c. */
#ifndef WS_WS_INSIDE_H
#define WS_WS_INSIDE_H

#include <libwebsockets.h>

#include "base/list.h"
#include "ws/queue.h"
#include "ws/ws.h"

enum { WS_OUT_BYTES = 16 << 10 /* one write; what the socket does not take of it is copied */ };

struct ws {
    struct loop *loop;
    const struct ws_fns *fns;
    void *arg;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct list peers, guests;
    struct list waiting;   /* peers that have got something in this turn of the loop */
    bool flushing;         /* at the end of this turn */
    struct peer *adopting; /* libwebsockets answers the handshake inside the call that adopts */
    struct timer *sweep;
    struct message_meter *meter;
    int npeers, nrefused;
    int64_t idle_ms;
    unsigned char *out;
};

struct peer {
    struct list node, of_waiting;
    struct ws *ws;
    struct lws *wsi;
    void *session;
    struct queue queue;
    struct buf_in {
        char *at;
        size_t len, room;
    } in; /* a message of which not all pieces came */
    int64_t heard_us, closing_us;
    bool broken;  /* a write has failed */
    bool crowded; /* it has had no room since it was told that it has */
    bool stuck;   /* without room, and nothing has left since a sweep looked */
};

/* ---- out.c ---- */
int peer_on_writable(struct peer *peer); /* what libwebsockets is to be told: -1 ends it */
void peer_look(struct peer *peer);       /* every few seconds: does it read at all? */

#endif
