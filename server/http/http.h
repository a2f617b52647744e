/* HTTP/1.1 for one worker: libh2o behind two nouns, struct request in and struct reply out. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/config.h"
#include "base/fail.h"
#include "base/metrics.h"
#include "base/reply.h"
#include "loop/loop.h"

struct http; /* one per worker */

/* Called with each whole request; must answer it once, now or later. */
typedef void serve_fn(struct request *req);

struct http *http_new(struct loop *loop, const struct config *config, struct metrics *metrics,
                      serve_fn *serve, struct worker *worker);
void http_take(struct http *http, const struct config *config); /* settings for what comes */
/* Calls fn when a request has been answered, or its client has left (499). */
void http_on_finish(struct http *http, void (*fn)(const struct request *req, int status));
/* Takes a fresh connection; its first bytes are still unread. */
void http_adopt(struct http *http, int fd);

/* First call: every next answer says Connection: close. Later calls: idle connections are closed.
 */
void http_drain(struct http *http);
int http_connections(const struct http *http);
void http_close(
    struct http *http); /* no connection is left; its timers close as the loop goes on */
void http_free(struct http **http); /* after the loop has ended */

/* Answers the request, once. Adds Content-Length, X-Request-Id and CORS; leaves the body away
 * for HEAD, 204 and 304. The reply and what it points to must live as long as req->mem.
 * Returns NULL, so that a handler can end with it. */
const struct fail *http_reply(struct request *req, const struct reply *reply);

/* Gives the connection away if the request asks for a WebSocket: take gets the descriptor, the
 * request's head and what came behind it (both only lent). False: it does not ask. */
typedef void handover_fn(void *arg, int fd, str head, str behind);
bool http_hand_over(struct request *req, handover_fn *take, void *arg);

/* An answer in pieces (chunked). `ready` is called from the loop whenever the client can take
 * more: once after http_stream, then after each piece has left. Pieces must live until then.
 * http_stream_end(BROKEN) closes the connection without the last chunk, so that the client
 * cannot mistake it for a whole answer. */
enum stream_end { STREAM_COMPLETE, STREAM_BROKEN };
void http_stream(struct request *req, const struct reply *head, void (*ready)(void *arg),
                 void *arg);
void http_stream_put(struct request *req, str piece);
void http_stream_end(struct request *req, enum stream_end how);

#endif
