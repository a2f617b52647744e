/* The nouns inside of ws/: who wants in is in ws.c, what comes from peers in peer.c, what is sent
 * to them in out.c. */
#ifndef WS_WS_INSIDE_H
#define WS_WS_INSIDE_H

#include "base/list.h"
#include "ws/framing.h"
#include "ws/queue.h"
#include "ws/ws.h"

enum { WS_IN_BYTES = 32 << 10 /* one read */, WS_OUT_BYTES = 64 << 10 /* one write */ };

struct ws {
    struct loop *loop;
    const struct ws_fns *fns;
    void *arg;
    struct list peers, guests;
    struct list waiting; /* peers that have got something in this turn of the loop, or have ended */
    bool flushing;       /* at the end of this turn */
    struct timer *sweep;
    struct message_meter *meter;
    int npeers, nrefused;
    int64_t idle_ms;
    bool draining, closing;
    char *in, *out; /* what is read and what is written at the moment */
};

struct peer {
    struct list node, of_waiting;
    struct ws *ws;
    int fd;
    struct watch *watch;
    void *session;
    struct queue queue;
    struct framing framing;
    struct message_in {
        char *at;
        size_t len, room;
        int frames;
    } in; /* a message of which not all has come */
    int64_t heard_us, closing_us;
    bool heard_close; /* it says nothing more */
    bool deaf;        /* what it says cannot be read */
    bool ended;       /* it is freed at the end of the turn */
    bool crowded;     /* it has had no room since it was told that it has */
    bool stuck;       /* without room, and nothing has left since a sweep looked */
};

/* ---- peer.c ---- */
/* The answer to the handshake has been sent. early: what came behind the handshake. */
void peer_new(struct ws *ws, int fd, void *session, str early);
void peer_free(struct peer *peer);
void peer_look(struct peer *peer, int64_t now_us); /* every few seconds */

/* ---- out.c ---- */
void peer_write(struct peer *peer); /* what waits, as far as the socket takes it */
void peer_end(struct peer *peer);   /* at the end of the turn */
void peer_look_at_queue(struct peer *peer);

#endif
