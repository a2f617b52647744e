/* h2o answers some requests by itself, before any handler sees them: a body over the cap, broken
 * chunks, an unknown expectation. This filter gives those answers our JSON and our CORS headers. */
#include <stdio.h>

#include "base/reply.h"
#include "http/cors.h"
#include "http/exchange.h"

struct own_filter {
    h2o_filter_t super;
    struct http *http;
};

struct own_stream {
    h2o_ostream_t super;
    str body;
};

static void send_own(h2o_ostream_t *stream, h2o_req_t *h2o, h2o_iovec_t *bufs, size_t count,
                     h2o_send_state_t state)
{
    const struct own_stream *own = (struct own_stream *)stream;
    h2o_iovec_t body = {(char *)(uintptr_t)own->body.at, own->body.len};

    (void)bufs; /* h2o's own words */
    (void)count;
    h2o_ostream_send_next(stream, h2o, &body, 1, state);
}

static const struct fail *fail_for(h2o_req_t *h2o, int64_t body_max)
{
    struct fail *fail;

    if (h2o->res.status == 413) {
        fail = fail_new(&h2o->pool, FAIL_TOO_LARGE, "The request's body is too large");
        fail->hint = arena_printf(&h2o->pool, "At most %lld bytes are accepted (POSTERN_BODY_MAX)",
                                  (long long)body_max);
        return fail;
    }
    fail = fail_new(&h2o->pool, FAIL_MALFORMED, "%s", h2o->res.reason);
    fail->status = h2o->res.status;
    return fail;
}

static void add(h2o_req_t *h2o, struct header header)
{
    h2o_add_header_by_str(&h2o->pool, &h2o->res.headers, header.name.at, header.name.len, 0, NULL,
                          header.value.at, header.value.len);
}

static str origin_of(const h2o_req_t *h2o)
{
    ssize_t at = h2o_find_header_by_str(&h2o->headers, H2O_STRLIT("origin"), -1);

    if (at == -1)
        return (str){NULL, 0};
    return (str){h2o->headers.entries[at].value.base, h2o->headers.entries[at].value.len};
}

static void on_setup(h2o_filter_t *filter, h2o_req_t *h2o, h2o_ostream_t **slot)
{
    struct http *http = ((struct own_filter *)filter)->http;
    const struct fail *fail = fail_for(h2o, http->config->body_max);
    struct own_stream *own = (void *)h2o_add_ostream(h2o, sizeof(*own), slot);
    struct header cors[CORS_HEADERS_MAX];
    int count = cors_headers(http->config, origin_of(h2o), cors);

    own->super.do_send = send_own;
    own->body = fail_json(&h2o->pool, fail);
    h2o->res.headers.size = 0;
    h2o->res.content_length = own->body.len;
    add(h2o, (struct header){STR("Content-Type"), TYPE_JSON});
    add(h2o, (struct header){STR("Proxy-Status"),
                             arena_printf(&h2o->pool, "Postern; error=%s", fail->code)});
    for (int i = 0; i < count; i++)
        add(h2o, cors[i]);
    metric_request(http->metrics, h2o->res.status, 0);
    linger_start(http, h2o_socket_get_fd(h2o->conn->callbacks->get_socket(h2o->conn)));
    h2o_setup_next_ostream(h2o, &own->super.next);
}

void own_errors_register(struct http *http)
{
    /* h2o binds a request to the fallback path when it fails before a path is chosen. */
    struct own_filter *filter = (struct own_filter *)(void *)h2o_create_filter(
        &http->accept.hosts[0]->fallback_path, sizeof(*filter));

    filter->super.on_setup_ostream = on_setup;
    filter->http = http;
}
