/* Clients that leave. h2o 2.2.5 does not read while a handler waits, so it cannot see them go;
 * reading would move the bytes that the request points into. So the sockets of requests that have
 * waited for a while are asked now and then: nothing for a fast request, one poll(2) for many slow
 * ones. */
#include <poll.h>

#include "base/clock.h"
#include "http/exchange.h"

enum { LOOKED_AT_MAX = 128, YOUNG_US = 40000 };

struct look {
    struct pollfd fds[LOOKED_AT_MAX];
    struct exchange *exchanges[LOOKED_AT_MAX];
    int count;
};

static void ask(struct look *look)
{
    const short away = POLLRDHUP | POLLHUP | POLLERR | POLLNVAL;

    if (look->count == 0 || poll(look->fds, (nfds_t)look->count, 0) <= 0)
        return;
    for (int i = 0; i < look->count; i++)
        if (look->fds[i].revents & away)
            exchange_leave(look->exchanges[i]);
}

void gone_look(void *arg)
{
    struct http *http = arg;
    struct look look = {.count = 0};
    int64_t now = clock_us();

    LIST_EACH (node, &http->pending) {
        struct exchange *exchange = LIST_ENTRY(node, struct exchange, node);
        if (now - exchange->started_us < YOUNG_US)
            break; /* and all behind it are younger */
        h2o_conn_t *conn = exchange->h2o->conn;
        int fd = h2o_socket_get_fd(conn->callbacks->get_socket(conn));
        look.fds[look.count] = (struct pollfd){.fd = fd, .events = POLLRDHUP};
        look.exchanges[look.count++] = exchange;
        if (look.count == LOOKED_AT_MAX) {
            ask(&look);
            look.count = 0;
        }
    }
    ask(&look);
}
