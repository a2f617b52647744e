/* See place.h. A process that replaces another one listens beside it, by SO_REUSEPORT or by
 * renaming its socket over the other's; what the kernel has already given to the older one must be
 * accepted by it, or is lost when it closes. Source: socket(7), tcp(7), unix(7). */
#include "place.h"

#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

struct place place_of_server(const struct config *config)
{
    return (struct place){.host = config->host,
                          .port = config->port,
                          .path = config->unix_socket,
                          .mode = config->unix_socket_mode,
                          .shared = config->reuseport};
}

bool place_of_admin(const struct config *config, struct place *place)
{
    *place = (struct place){.host = config->admin_host.len > 0 ? config->admin_host : config->host,
                            .port = config->admin_port,
                            .path = config->admin_unix_socket,
                            .mode = config->admin_unix_socket_mode,
                            .shared = config->reuseport};
    return place->path.at != NULL || place->port > 0;
}

/* ---- TCP ---- */

static int bind_tcp(const struct addrinfo *at, bool shared)
{
    int on = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int connect_tcp(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* What is done with the address that the place's names mean. */
enum tcp_use { USE_ALONE, USE_SHARED, USE_CONNECT };

static int open_tcp(const struct place *place, enum tcp_use use)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = use == USE_CONNECT ? 0 : AI_PASSIVE};
    struct addrinfo *found = NULL;
    char host[256], port[16];

    snprintf(host, sizeof(host), "%.*s", STR_ARG(place->host));
    snprintf(port, sizeof(port), "%lld", (long long)place->port);
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = use == USE_CONNECT ? connect_tcp(found) : bind_tcp(found, use == USE_SHARED);
    int why = errno;
    freeaddrinfo(found);
    errno = why;
    return fd;
}

static int64_t port_of(int fd)
{
    struct sockaddr_in6 at = {0}; /* IPv4 has its port in the same place */
    socklen_t len = sizeof(at);

    return getsockname(fd, (struct sockaddr *)&at, &len) == 0 ? ntohs(at.sin6_port) : 0;
}

/* With SO_REUSEPORT a second server would share the port unnoticed: so once without. */
static bool taken_tcp(const struct place *place)
{
    int fd = place->port == 0 ? -1 : open_tcp(place, USE_ALONE);

    if (fd < 0)
        return place->port != 0 && errno == EADDRINUSE;
    close(fd);
    return false;
}

/* ---- unix sockets ---- */

/* False: the path is too long for one. */
static bool name_socket(struct sockaddr_un *at, str path, const char *suffix)
{
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    int len = snprintf(at->sun_path, sizeof(at->sun_path), "%.*s%s", STR_ARG(path), suffix);
    if ((size_t)len < sizeof(at->sun_path))
        return true;
    errno = ENAMETOOLONG;
    return false;
}

static bool settle_file(struct place *place, const char *fresh)
{
    struct sockaddr_un at;
    struct stat file;

    if (!name_socket(&at, place->path, "") || chmod(fresh, (mode_t)place->mode) != 0 ||
        stat(fresh, &file) != 0 || rename(fresh, at.sun_path) != 0)
        return false;
    place->inode = file.st_ino;
    return true;
}

static int listen_unix(struct place *place)
{
    struct sockaddr_un at;
    char suffix[24];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    snprintf(suffix, sizeof(suffix), ".%d", (int)getpid());
    if (fd < 0 || !name_socket(&at, place->path, suffix))
        return -1;
    unlink(at.sun_path);
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, BACKLOG) == 0 &&
        settle_file(place, at.sun_path))
        return fd;
    int why = errno;
    unlink(at.sun_path);
    close(fd);
    errno = why;
    return -1;
}

static int connect_unix(const struct place *place)
{
    struct sockaddr_un at;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 ||
        (name_socket(&at, place->path, "") && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0))
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* Something else than a socket is never ours to replace. */
static bool taken_unix(const struct place *place)
{
    struct sockaddr_un at;
    struct stat file;

    if (!name_socket(&at, place->path, "") || stat(at.sun_path, &file) != 0)
        return false;
    int fd = connect_unix(place);
    bool answers = fd >= 0;
    if (answers)
        close(fd);
    return answers || !S_ISSOCK(file.st_mode);
}

void place_leave(const struct place *place)
{
    struct sockaddr_un at;
    struct stat file;

    if (place->path.at != NULL && name_socket(&at, place->path, "") &&
        stat(at.sun_path, &file) == 0 && file.st_ino == place->inode)
        unlink(at.sun_path);
}

/* ---- both ---- */

int place_listen(struct place *place)
{
    if (place->path.at != NULL)
        return listen_unix(place);
    int fd = open_tcp(place, USE_SHARED);
    if (fd >= 0)
        place->port = port_of(fd); /* the others take the one that the first has found */
    return fd;
}

int place_connect(const struct place *place)
{
    return place->path.at != NULL ? connect_unix(place) : open_tcp(place, USE_CONNECT);
}

bool place_taken(const struct place *place)
{
    return place->path.at != NULL ? taken_unix(place) : taken_tcp(place);
}

str place_text(arena *mem, const struct place *place)
{
    if (place->path.at != NULL)
        return arena_printf(mem, "unix:%.*s", STR_ARG(place->path));
    bool v6 = str_find(place->host, ':') >= 0;
    return arena_printf(mem, v6 ? "http://[%.*s]:%lld" : "http://%.*s:%lld", STR_ARG(place->host),
                        (long long)place->port);
}

/* Drops segments that ask for a new connection (SYN without ACK). Their clients ask again after
 * a second, when this socket is gone, and find the other process. */
void place_turn_away(int fd)
{
    enum { FLAGS_AT = 13, SYN = 0x02, ACK = 0x10, ALL = 0x40000 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_AT),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN | ACK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, ALL),
    };
    const struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}
