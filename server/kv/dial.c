/* See dial.h. */
#include "kv/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct dialing {
    const struct kv_url *url;
    void (*done)(void *arg, int fd, const char *why);
    void *arg;
    int fd;
    const char *why;
};

/* The error number that connecting ended with. */
static int wait_connected(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof(error);

    if (poll(&pollfd, 1, DIAL_WAIT_MS) != 1)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return errno;
    return error;
}

static int connect_to(struct dialing *dialing, const struct sockaddr *address, socklen_t len)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = 0, on = 1;

    if (fd >= 0 && connect(fd, address, len) != 0)
        error = errno == EINPROGRESS ? wait_connected(fd) : errno;
    if (fd < 0 || error != 0) {
        dialing->why = strerrordesc_np(fd < 0 ? errno : error);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (address->sa_family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void dial_unix(struct dialing *dialing)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    str path = dialing->url->path;

    if (path.len >= sizeof(address.sun_path)) {
        dialing->why = "the path of the socket is too long";
        return;
    }
    memcpy(address.sun_path, path.at, path.len);
    dialing->fd = connect_to(dialing, (const struct sockaddr *)&address, sizeof(address));
}

static void dial_tcp(struct dialing *dialing)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    arena *mem = arena_open();
    int error = getaddrinfo(arena_cstr(mem, dialing->url->host),
                            arena_cstr(mem, dialing->url->port), &hints, &found);

    if (error != 0)
        dialing->why = gai_strerror(error);
    for (const struct addrinfo *one = found; one != NULL && dialing->fd < 0; one = one->ai_next)
        dialing->fd = connect_to(dialing, one->ai_addr, one->ai_addrlen);
    if (found != NULL)
        freeaddrinfo(found);
    arena_close(&mem);
}

static void work(void *arg)
{
    struct dialing *dialing = arg;

    if (dialing->url->path.len > 0)
        dial_unix(dialing);
    else
        dial_tcp(dialing);
}

static void on_done(void *arg)
{
    struct dialing *dialing = arg;

    dialing->done(dialing->arg, dialing->fd, dialing->why);
    free(dialing);
}

void dial(struct loop *loop, const struct kv_url *url,
          void (*done)(void *arg, int fd, const char *why), void *arg)
{
    struct dialing *dialing = calloc(1, sizeof(struct dialing));

    if (dialing == NULL)
        abort();
    *dialing = (struct dialing){.url = url, .done = done, .arg = arg, .fd = -1};
    loop_work(loop, work, on_done, dialing);
}
