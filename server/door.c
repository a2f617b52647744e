/* See door.h. First bytes may trickle: SO_RCVLOWAT keeps a socket quiet until the request line can
 * be told apart; a timer ends those who say nothing. */
#include "door.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "place.h"

enum {
    ACCEPT_AT_ONCE = 16,
    LOOK_BYTES = 16,
    LOOK_MORE_BYTES = 24,
    PAUSE_MS = 100,     /* when descriptors run out */
    LAST_KNOCK_MS = 100 /* connections on their way come in before the door is shut */
};

struct door {
    struct loop *loop;
    struct door_sides sides;
    int64_t patience_ms;
    int fd;
    struct watch *watch;
    struct timer *pause, *last_knock;
    struct list guests; /* accepted, their first bytes not seen */
};

struct guest {
    struct list node;
    struct door *door;
    int fd;
    struct watch *watch;
    struct timer *patience;
    bool looked_twice;
};

static void guest_free(struct guest *guest)
{
    watch_close(&guest->watch);
    timer_close(&guest->patience);
    list_remove(&guest->node);
    free(guest);
}

static void send_home(void *arg)
{
    struct guest *guest = arg;
    int fd = guest->fd;

    guest_free(guest);
    close(fd);
}

static bool is_websocket(str line)
{
    return str_starts(line, STR("GET /ws ")) || str_starts(line, STR("GET /ws?")) ||
           str_starts(line, STR("GET /realtime/v1/websoc"));
}

/* Below /realtime/v1/ there is plain HTTP, too: more of the line decides. */
static bool is_undecided(str line)
{
    return line.len >= LOOK_BYTES && line.len < LOOK_MORE_BYTES &&
           str_starts(line, STR("GET /realtime/v1"));
}

/* HTTP/2 is refused here, before anybody parses it: 2.2.5 is open to CVE-2023-44487. */
static void show_in(struct guest *guest, str line)
{
    struct door *door = guest->door;
    int fd = guest->fd, low = 1;

    guest_free(guest);
    if (line.len == 0 || str_starts(line, STR("PRI * HTTP/2"))) {
        close(fd);
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
    if (is_websocket(line))
        door->sides.ws(door->sides.arg, fd);
    else
        door->sides.http(door->sides.arg, fd);
}

static void look(void *arg, int events)
{
    struct guest *guest = arg;
    char line[LOOK_MORE_BYTES];
    ssize_t len = recv(guest->fd, line, sizeof(line), MSG_PEEK);
    int more = LOOK_MORE_BYTES;

    (void)events;
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len > 0 && !guest->looked_twice && is_undecided((str){line, (size_t)len})) {
        guest->looked_twice = true;
        setsockopt(guest->fd, SOL_SOCKET, SO_RCVLOWAT, &more, sizeof(more));
        return;
    }
    show_in(guest, (str){line, len < 0 ? 0 : (size_t)len});
}

static void let_in(struct door *door, int fd)
{
    char line[LOOK_MORE_BYTES];
    ssize_t len = recv(fd, line, sizeof(line), MSG_PEEK);
    struct guest *guest = calloc(1, sizeof(*guest));
    int low = LOOK_BYTES;

    if (guest == NULL)
        abort();
    *guest = (struct guest){.door = door, .fd = fd};
    list_append(&door->guests, &guest->node);
    if (len == LOOK_MORE_BYTES) { /* the usual case: the request came with the connection */
        show_in(guest, (str){line, (size_t)len});
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low));
    guest->watch = watch_open(door->loop, fd, look, guest);
    watch_for(guest->watch, WATCH_READ);
    guest->patience = timer_start(door->loop, door->patience_ms, 0, send_home, guest);
}

static void go_on(void *arg)
{
    struct door *door = arg;

    timer_close(&door->pause);
    watch_for(door->watch, WATCH_READ);
}

static void on_knock(void *arg, int events)
{
    struct door *door = arg;

    (void)events;
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            let_in(door, fd);
            continue;
        }
        if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS)
            return; /* nobody else, or one that has left already */
        log_line(LOG_WARN, "cannot accept", "errno=%d pause_ms=%d", errno, PAUSE_MS);
        watch_for(door->watch, 0);
        door->pause = timer_start(door->loop, PAUSE_MS, 0, go_on, door);
        return;
    }
}

struct door *door_open(struct loop *loop, int fd, const struct config *config,
                       const struct door_sides *sides)
{
    struct door *door = calloc(1, sizeof(*door));

    if (door == NULL)
        abort();
    *door = (struct door){
        .loop = loop, .sides = *sides, .patience_ms = config->header_timeout_ms, .fd = fd};
    list_init(&door->guests);
    door->watch = watch_open(loop, fd, on_knock, door);
    watch_for(door->watch, WATCH_READ);
    return door;
}

static void stop_listening(struct door *door)
{
    watch_close(&door->watch);
    timer_close(&door->pause);
    timer_close(&door->last_knock);
    close(door->fd);
    door->fd = -1;
}

/* Who has knocked is let in: the kernel would send them away when the socket closes. */
static void let_last_in(void *arg)
{
    struct door *door = arg;
    int fd;

    while ((fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        let_in(door, fd);
    stop_listening(door);
}

void door_shut(struct door *door, bool shared)
{
    if (!shared) {
        let_last_in(door);
        return;
    }
    place_turn_away(door->fd);
    door->last_knock = timer_start(door->loop, LAST_KNOCK_MS, 0, let_last_in, door);
}

int door_fd(const struct door *door)
{
    return door->fd;
}

bool door_quiet(const struct door *door)
{
    return door->fd < 0 && list_empty(&door->guests);
}

void door_close(struct door **door)
{
    struct door *last = *door;

    *door = NULL;
    if (last == NULL)
        return;
    LIST_EACH (node, &last->guests)
        send_home(LIST_ENTRY(node, struct guest, node));
    if (last->fd >= 0)
        stop_listening(last);
    free(last);
}
