/* Server-sent events: an answer that does not end. What is put while the client is busy waits in
 * one buffer and leaves in one piece; a comment now and then keeps the connection alive.
 *
 *     static const struct events_fns fns = {.slow = on_slow, .gone = on_gone};
 *     TRY(events_open(req, &fns, stream, &stream->events));     the head leaves: 200
 *     events_put(stream->events, &(struct event){.id = id, .name = STR("gap"), .data = json});
 *     events_end(stream->events);                               after what waits
 *
 * A handler that has opened a stream returns NULL; req->mem lives as long as the stream.
 * Source: HTML, "Server-sent events" (9.2). */
#ifndef HTTP_EVENTS_H
#define HTTP_EVENTS_H

#include "http/http.h"

enum {
    EVENTS_WAITING_MAX = 1 << 20, /* bytes that wait for one client */
    EVENTS_QUIET_MS = 15000,      /* then a comment is sent */
    EVENTS_GRACE_MS = 10000,      /* for a slow client to take the end */
    EVENTS_STUCK_MS = 60000       /* for a piece to leave; then the connection is cut */
};
#define EVENTS_RETRY_MS "2000" /* a client comes back after so long: told at the start */

struct events;

/* An absent text (at == NULL) is a field that is not sent. Data may have several lines. */
struct event {
    str id, name, data;
};

struct events_fns {
    /* More than EVENTS_WAITING_MAX would wait: all of it is dropped and so is what is put until
     * this is called, a moment later from the loop. What is put now is sent: say what is missing,
     * then end. NULL: the stream just ends. */
    void (*slow)(void *arg);
    /* All that was put has left: there is room for more. NULL: nobody waits for it. */
    void (*drained)(void *arg);
    /* The client has left, or the server stops: the stream is over, and not to be used again. Not
     * called after events_end. */
    void (*gone)(void *arg);
};

/* Answers the request with a stream. Fails with 503 when the worker has as many as
 * POSTERN_EVENT_STREAMS allows, or is stopping. */
const struct fail *events_open(struct request *req, const struct events_fns *fns, void *arg,
                               struct events **events);

void events_put(struct events *events, const struct event *event);
size_t events_waiting(const struct events *events); /* bytes that have not left */
void events_end(struct events *events);

/* Does the client want a stream: does its Accept header name text/event-stream first? */
bool events_wanted(const struct request *req);

/* For http.c alone: all streams end. */
void events_end_all(struct http *http);

#endif
