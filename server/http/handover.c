/* Gives a connection away to who speaks WebSocket: it comes here when a client or a proxy asks on a
 * connection that has already carried a request (a fresh one is told apart at the door). */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/exchange.h"

#include <h2o/http1.h>

enum { LINE_MAX_BYTES = 128 };

/* Outlives the request, which ends when h2o lets go. */
struct handover {
    handover_fn *take;
    void *arg;
    size_t len;
    char head[]; /* the request's head, written again */
};

static char *put(char *at, str text)
{
    memcpy(at, text.at, text.len);
    return at + text.len;
}

static size_t measure(const struct request *req)
{
    size_t len = req->path.len + req->query.len + LINE_MAX_BYTES;

    for (size_t i = 0; i < req->nheaders; i++)
        len += req->headers[i].name.len + req->headers[i].value.len + STR(": \r\n").len;
    return len;
}

/* h2o keeps Host, Connection and Upgrade for itself. */
static struct handover *handover_new(const struct request *req, handover_fn *take, void *arg)
{
    struct handover *handover = h2o_mem_alloc(sizeof(*handover) + measure(req));
    char *at = put(handover->head, STR("GET "));

    *handover = (struct handover){.take = take, .arg = arg};
    at = put(at, req->path);
    at = put(at, req->query.len > 0 ? STR("?") : STR(""));
    at = put(at, req->query);
    at = put(at, STR(" HTTP/1.1\r\nHost: postern\r\nConnection: Upgrade\r\n"));
    for (size_t i = 0; i < req->nheaders; i++) {
        at = put(at, req->headers[i].name);
        at = put(at, STR(": "));
        at = put(at, req->headers[i].value);
        at = put(at, STR("\r\n"));
    }
    at = put(at, STR("Upgrade: websocket\r\n\r\n"));
    handover->len = (size_t)(at - handover->head);
    return handover;
}

static void on_detached(void *arg, h2o_socket_t *sock, size_t request_bytes)
{
    struct handover *handover = arg;
    h2o_socket_export_t out;

    if (sock != NULL) {
        h2o_buffer_consume(&sock->input, request_bytes);
        if (h2o_socket_export(sock, &out) == 0) {
            handover->take(handover->arg, out.fd, (str){handover->head, handover->len},
                           (str){out.input->bytes, out.input->size});
            h2o_buffer_dispose(&out.input);
        } else {
            h2o_socket_close(sock);
        }
    }
    free(handover);
}

/* h2o says 101 in its own words before it lets go: for that moment the descriptor is /dev/null's.
 */
bool http_hand_over(struct request *req, handover_fn *take, void *arg)
{
    struct exchange *exchange = exchange_of(req);
    h2o_req_t *h2o = exchange->h2o;
    str upgrade = {h2o->upgrade.base, h2o->upgrade.len};

    if (upgrade.len == 0 || !str_ieq(upgrade, STR("websocket")) || h2o->version >= 0x200)
        return false;
    int fd = h2o_socket_get_fd(h2o->conn->callbacks->get_socket(h2o->conn));
    int kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool ready = kept >= 0 && null >= 0 && dup3(null, fd, O_CLOEXEC) >= 0;

    if (ready) {
        exchange->status = 101;
        exchange_finish(exchange, EXCHANGE_ANSWERED);
        h2o->res.status = 101;
        h2o->res.reason = "Switching Protocols";
        h2o_http1_upgrade(h2o, NULL, 0, on_detached, handover_new(req, take, arg));
        dup3(kept, fd, O_CLOEXEC);
    }
    if (kept >= 0)
        close(kept);
    if (null >= 0)
        close(null);
    return ready;
}
