/* WebSocket clients of one worker. Messages wait in a queue with a cap; all of one turn of the loop
 * leave in one write. Source: RFC 6455. */
#ifndef WS_WS_H
#define WS_WS_H

#include "base/message.h"
#include "loop/loop.h"
#include "ws/handshake.h"

enum {
    WS_QUEUE_MAX = 1 << 20,  /* bytes that wait for one client; one that is larger waits alone */
    WS_ROOM = 256 << 10,     /* with less than this a client has room for more changes */
    WS_FRAME_MAX = 5000000,  /* bytes of one message from a client: more is 1009 */
    WS_PIECES_MAX = 10000,   /* frames of one message from a client: more is 1008 */
    WS_HANDSHAKE_MS = 10000, /* to send the head */
    WS_REFUSED_MAX = 1000    /* refusals that wait for their delay; more are answered at once */
};

struct ws;
struct peer;

/* Why a handshake is refused: the answer, and how long a client must wait for it. */
struct ws_refusal {
    int status;
    str body; /* JSON */
    int64_t delay_ms;
};

struct ws_fns {
    /* May the client in? If so, *session is what the other calls get. The texts of the handshake
     * and of the refusal need live only until it returns. */
    bool (*admit)(void *arg, const struct handshake *handshake, void **session,
                  struct ws_refusal *refusal);
    void (*opened)(void *session, struct peer *peer);
    void (*received)(void *session, enum message_kind kind, str payload);
    /* The queue was over its cap, or not read at all, and has been emptied: messages are lost. This
     * and the next may be called inside of peer_send: they must only take note. */
    void (*overflown)(void *session);
    void (*roomy)(void *session); /* there was no room, and now there is */
    /* The client is gone; the session is the caller's to free. Also after an admit whose
     * handshake failed: opened was not called then. */
    void (*closed)(void *session);
};

/* The meter counts what waits for the clients of all workers. */
struct ws *ws_new(struct loop *loop, const struct ws_fns *fns, struct message_meter *meter,
                  void *arg);
void ws_set_idle(struct ws *ws, int64_t ms); /* how long a client may say nothing */
void ws_adopt(struct ws *ws, int fd);        /* the handshake has not been read */
/* The same when somebody else has read it: head and behind are lent. */
void ws_adopt_read(struct ws *ws, int fd, str head, str behind);
/* Closes all with 1012 "service restart", and at once who comes after. */
void ws_drain(struct ws *ws);
int ws_connections(const struct ws *ws);
void ws_close(struct ws *ws);
void ws_free(struct ws **ws); /* after the loop has ended */

void peer_send(struct peer *peer, struct message *message); /* takes a reference of its own */
void peer_close(struct peer *peer, int code, str reason);   /* after what is queued */
size_t peer_queued(const struct peer *peer);                /* bytes */

#endif
