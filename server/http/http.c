/* See http.h: h2o's configuration and context of one worker, connections in and out. */
#include "http/http.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/events.h"
#include "http/exchange.h"

#include <h2o/http1.h>

enum { GONE_EVERY_MS = 50 };

/* A connection's libuv handle; h2o owns the socket made of it. */
struct link {
    uv_tcp_t tcp;
    struct http *http;
};

static void configure(struct http *http)
{
    h2o_config_init(&http->conf);
    h2o_hostconf_t *host =
        h2o_config_register_host(&http->conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    h2o_handler_t *handler = h2o_create_handler(path, sizeof(*handler) + sizeof(struct http *));

    handler->on_req = exchange_on_request;
    *(struct http **)(void *)(handler + 1) = http;
    http->conf.server_name = h2o_iovec_init(H2O_STRLIT("postern/" POSTERN_VERSION));
    http->conf.http1.upgrade_to_http2 = 0; /* CVE-2023-44487 is open in 2.2.5 */
    http->conf.http1.req_timeout = (uint64_t)http->config->header_timeout_ms;
    http->conf.max_request_entity_size = (size_t)http->config->body_max;
    http->accept.hosts = http->conf.hosts;
    own_errors_register(http);
}

struct http *http_new(struct loop *loop, const struct config *config, struct metrics *metrics,
                      serve_fn *serve, struct worker *worker)
{
    struct http *http = h2o_mem_alloc(sizeof(*http));

    memset(http, 0, sizeof(*http));
    http->loop = loop;
    http->config = config;
    http->metrics = metrics;
    http->serve = serve;
    http->worker = worker;
    http->last_id = (uint64_t)clock_wall_us() ^ (uint64_t)(uintptr_t)http;
    list_init(&http->pending);
    list_init(&http->lingering);
    list_init(&http->events);
    configure(http);
    h2o_context_init(&http->ctx, loop_uv(loop), &http->conf);
    http->accept.ctx = &http->ctx;
    http->gone = timer_start(loop, GONE_EVERY_MS, GONE_EVERY_MS, gone_look, http);
    return http;
}

void http_on_finish(struct http *http, void (*fn)(const struct request *req, int status))
{
    http->finished = fn;
}

void http_take(struct http *http, const struct config *config)
{
    http->config = config;
}

static void on_closed(uv_handle_t *handle)
{
    struct link *link = LIST_ENTRY(handle, struct link, tcp);

    link->http->connections--;
    metric_add(link->http->metrics, METRIC_CONNECTIONS, -1);
    free(link);
}

void http_adopt(struct http *http, int fd)
{
    struct link *link = h2o_mem_alloc(sizeof(*link));
    struct timeval now;

    link->http = http;
    uv_tcp_init(loop_uv(http->loop), &link->tcp);
    http->connections++;
    metric_add(http->metrics, METRIC_CONNECTIONS, 1);
    if (uv_tcp_open(&link->tcp, fd) != 0) {
        close(fd);
        uv_close((uv_handle_t *)&link->tcp, on_closed);
        return;
    }
    uv_tcp_nodelay(&link->tcp, 1);
    gettimeofday(&now, NULL);
    h2o_http1_accept(&http->accept, h2o_uv_socket_create((uv_stream_t *)&link->tcp, on_closed),
                     now);
}

/* Between two requests: nothing of the next one has been read. End of file makes h2o close it. */
static int close_if_idle(h2o_req_t *h2o, void *arg)
{
    h2o_socket_t *socket = h2o->conn->callbacks->get_socket(h2o->conn);

    (void)arg;
    if (h2o->version == 0 && socket->input->size == 0)
        shutdown(h2o_socket_get_fd(socket), SHUT_RD);
    return 0;
}

void http_drain(struct http *http)
{
    events_end_all(http);
    if (http->draining)
        H2O_HTTP1_CALLBACKS.foreach_request(&http->ctx, close_if_idle, NULL);
    else
        http->ctx.shutdown_requested =
            1; /* h2o_context_request_shutdown would start HTTP/2 timers */
    http->draining = true;
}

int http_connections(const struct http *http)
{
    return http->connections;
}

void http_close(struct http *http)
{
    timer_close(&http->gone);
    timer_close(&http->beat);
    linger_end_all(http);
    if (http->connections == 0)
        h2o_context_dispose(&http->ctx);
}

void http_free(struct http **http)
{
    if ((*http)->connections == 0) {
        h2o_config_dispose(&(*http)->conf);
        free(*http);
    }
    *http = NULL;
}
