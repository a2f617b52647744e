/* One request and its answer, as http/ sees it: struct request in front, h2o behind. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <uv.h>

#include <h2o.h>

#include "base/list.h"
#include "http/http.h"

enum exchange_state {
    EXCHANGE_PENDING,   /* a handler is at work */
    EXCHANGE_STREAMING, /* the head is out, pieces follow */
    EXCHANGE_ANSWERED,  /* everything is in h2o's hands */
    EXCHANGE_GONE       /* the client left first */
};

struct http {
    h2o_globalconf_t conf;
    h2o_context_t ctx;
    h2o_accept_ctx_t accept;
    struct loop *loop;
    const struct config *config;
    struct metrics *metrics;
    serve_fn *serve;
    struct worker *worker;
    void (*finished)(const struct request *req, int status); /* NULL: nobody wants to know */
    struct list pending;                                     /* exchanges, the oldest first */
    struct timer *gone;                                      /* looks after clients that leave */
    struct list lingering;                                   /* refused, still sending */
    int lingering_count;
    struct list events; /* streams of server-sent events, see events.c */
    int64_t nevents;
    struct timer *beat; /* looks after them; NULL: there are none */
    uint64_t last_id;
    int connections;
    bool draining;
};

struct exchange {
    struct request req;
    struct list node; /* http->pending until it is answered */
    enum exchange_state state;
    struct http *http;
    h2o_req_t *h2o;
    h2o_generator_t generator;
    int64_t started_us;
    int status;
    size_t bytes;
    /* streaming */
    void (*ready)(void *arg);
    void *ready_arg;
    bool sending, ending;
    enum stream_end how;
};

static inline struct exchange *exchange_of(const struct request *req)
{
    return LIST_ENTRY(req, struct exchange, req);
}

/* h2o's callback for each whole request: checks its framing, fills struct request, serves it. */
int exchange_on_request(h2o_handler_t *handler, h2o_req_t *h2o);

/* The client is away: whoever waits on its behalf is told, and h2o drops the connection. */
void exchange_leave(struct exchange *exchange);

/* Its answer is in h2o's hands, or the client is gone: counted and logged. */
void exchange_finish(struct exchange *exchange, enum exchange_state state);

/* linger.c: keeps the connection half open until the client has read its refusal. Call before
 * the answer is sent; the connection must be one that closes after it. */
void linger_start(struct http *http, int fd);
void linger_end_all(struct http *http);

/* gone.c: the timer's job. */
void gone_look(void *arg);

/* own_errors.c: makes h2o's own answers (413, 400, 417) look like ours. */
void own_errors_register(struct http *http);

#endif
