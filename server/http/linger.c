/* A client that is still sending when its request is refused (413 above all) must be able to read
 * why: a socket that is closed with unread bytes sends a reset, and the answer is lost. So a copy
 * of the descriptor stays open behind h2o's, says that nothing more will come, and drops what
 * arrives, for a while. Source: RFC 9112, 9.6. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/exchange.h"

enum { LINGER_MS = 2000, LINGER_MAX = 256, DROP_BYTES = 64 << 10 };

struct straggler {
    struct list node;
    struct http *http;
    int fd;
    struct watch *watch;
    struct timer *patience;
};

static void linger_end(void *arg)
{
    struct straggler *straggler = arg;

    watch_close(&straggler->watch);
    timer_close(&straggler->patience);
    list_remove(&straggler->node);
    straggler->http->lingering_count--;
    close(straggler->fd);
    free(straggler);
}

static void drop(void *arg, int events)
{
    struct straggler *straggler = arg;
    char bytes[DROP_BYTES];
    ssize_t len = events < 0 ? 0 : recv(straggler->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
        linger_end(straggler);
}

/* h2o has written its answer in the turn that ends now. */
static void say_goodbye(void *arg)
{
    struct straggler *straggler = arg;

    shutdown(straggler->fd, SHUT_WR);
    straggler->watch = watch_open(straggler->http->loop, straggler->fd, drop, straggler);
    watch_for(straggler->watch, WATCH_READ);
}

void linger_start(struct http *http, int fd)
{
    struct straggler *straggler;
    int copy = http->lingering_count < LINGER_MAX ? dup(fd) : -1;

    if (copy < 0)
        return;
    straggler = h2o_mem_alloc(sizeof(*straggler));
    *straggler = (struct straggler){.http = http, .fd = copy};
    list_append(&http->lingering, &straggler->node);
    http->lingering_count++;
    straggler->patience = timer_start(http->loop, LINGER_MS, 0, linger_end, straggler);
    loop_soon(http->loop, say_goodbye, straggler);
}

void linger_end_all(struct http *http)
{
    LIST_EACH (node, &http->lingering)
        linger_end(LIST_ENTRY(node, struct straggler, node));
}
