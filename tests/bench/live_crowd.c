/* Many listeners that cost next to nothing, so that the server is measured and not they: sockets
 * that shake hands and then count what comes.
 * usage: live_crowd PORT bytes|frames
 * Reads what each says when it is in (a line, may be empty), then a path for each socket, then an
 * empty line; says "ready" when all are in. Each further line is answered with what came since the
 * last one: {"bytes", "count", "lags"}. Frames are counted only if asked for; of every 16th one it
 * is told how old what it tells is ("at", milliseconds since the epoch). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OPENING_MAX = 100, ROOM = 1 << 20, EVENTS = 512, LAG_EVERY = 16, LAGS_MAX = 1 << 20 };

struct listener {
    int fd;
    bool in;
    char *rest; /* before it is in: the head; then a frame that has not come whole */
    size_t len;
};

struct crowd {
    int epoll, port;
    bool frames;
    char *hello;
    char **paths;
    struct listener *all;
    size_t count, started, in;
    char *room;
    double *lags;
    size_t nlags;
    unsigned long long bytes, heard;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void *must(void *memory)
{
    if (memory == NULL)
        die("memory");
    return memory;
}

/* ---- going in ---- */

static void say(int fd, const char *bytes, size_t len)
{
    if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        die("send");
}

/* A client's frame: masked, with a mask of zeros. */
static void say_frame(int fd, const char *text)
{
    size_t len = strlen(text), head = len < 126 ? 2 : 4;
    char *frame = must(calloc(1, head + 4 + len));

    frame[0] = (char)0x81;
    frame[1] = (char)(0x80 | (head == 2 ? len : 126));
    if (head == 4) {
        frame[2] = (char)(len >> 8);
        frame[3] = (char)len;
    }
    memcpy(frame + head + 4, text, len);
    say(fd, frame, head + 4 + len);
    free(frame);
}

static void start(struct crowd *crowd)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)crowd->port)};
    struct listener *listener = &crowd->all[crowd->started];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
    char *head;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener->fd < 0 || connect(listener->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        die("connect");
    int len = asprintf(&head,
                       "GET %s HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                       crowd->paths[crowd->started++]);
    if (len < 0)
        die("memory");
    say(listener->fd, head, (size_t)len);
    free(head);
    if (crowd->hello[0] != '\0')
        say_frame(listener->fd, crowd->hello);
    if (epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, listener->fd, &event) != 0)
        die("epoll_ctl");
}

static void start_more(struct crowd *crowd)
{
    while (crowd->started < crowd->count && crowd->started - crowd->in < OPENING_MAX)
        start(crowd);
}

static void read_frames(struct crowd *crowd, struct listener *listener, size_t len);

static bool has(const struct listener *listener, const char *text)
{
    return memmem(listener->rest, listener->len, text, strlen(text)) != NULL;
}

static void keep(struct listener *listener, const char *bytes, size_t len)
{
    if (len == 0) {
        free(listener->rest);
        listener->rest = NULL;
    } else {
        char *kept = must(malloc(len));
        memcpy(kept, bytes, len);
        free(listener->rest);
        listener->rest = kept;
    }
    listener->len = len;
}

static void go_in(struct crowd *crowd, struct listener *listener, const char *bytes, size_t len)
{
    keep(listener, bytes, len);
    if (!has(listener, "\r\n\r\n"))
        return;
    if (crowd->hello[0] != '\0' && !has(listener, "phx_reply") && !has(listener, "presence_state"))
        return;
    size_t head = (size_t)((char *)memmem(bytes, len, "\r\n\r\n", 4) + 4 - bytes);
    memmove(crowd->room, bytes + head, len - head);
    keep(listener, NULL, 0);
    if (crowd->frames)
        read_frames(crowd, listener, len - head);
    listener->in = true;
    if (++crowd->in == crowd->count)
        puts("ready");
    start_more(crowd);
}

/* ---- hearing ---- */

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void hear(struct crowd *crowd, const char *text, size_t len)
{
    static const char change[] = "\"postgres_changes\",{", at[] = "\"at\":";

    if (memmem(text, len, change, strlen(change)) == NULL)
        return;
    crowd->heard++;
    const char *found = memmem(text, len, at, strlen(at));
    if (crowd->heard % LAG_EVERY != 0 || found == NULL || crowd->nlags == LAGS_MAX)
        return;
    crowd->lags[crowd->nlags++] = now_ms() - strtod(found + strlen(at), NULL);
}

/* The size of a whole frame at the beginning; 0: more must come. */
static size_t frame_at(const unsigned char *bytes, size_t len, size_t *head)
{
    size_t size = 0, more;

    if (len < 2)
        return 0;
    more = (bytes[1] & 0x7f) < 126 ? 0 : (bytes[1] & 0x7f) == 126 ? 2 : 8;
    *head = 2 + more;
    if (len < *head)
        return 0;
    for (size_t i = 0; i < more; i++)
        size = size << 8 | bytes[2 + i];
    size = more == 0 ? bytes[1] & 0x7f : size;
    return len - *head < size ? 0 : *head + size;
}

static void read_frames(struct crowd *crowd, struct listener *listener, size_t len)
{
    const char *bytes = crowd->room;
    size_t size, head;

    while ((size = frame_at((const unsigned char *)bytes, len, &head)) > 0) {
        hear(crowd, bytes + head, size - head);
        bytes += size;
        len -= size;
    }
    keep(listener, bytes, len);
}

static void on_ready(struct crowd *crowd, struct listener *listener)
{
    bool counts = listener->in && !crowd->frames; /* only how much: it is not even copied */
    size_t old = listener->len;

    if (old >= ROOM)
        die("a frame that is too large");
    if (old > 0)
        memcpy(crowd->room, listener->rest, old);
    ssize_t len =
        recv(listener->fd, crowd->room + old, ROOM - old, MSG_DONTWAIT | (counts ? MSG_TRUNC : 0));
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        fprintf(stderr, "live_crowd: a socket was closed\n");
        exit(1);
    }
    crowd->bytes += (unsigned long long)len;
    if (!listener->in)
        go_in(crowd, listener, crowd->room, old + (size_t)len);
    else if (crowd->frames)
        read_frames(crowd, listener, old + (size_t)len);
}

/* ---- what it is told ---- */

static char *line(void)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t len = getline(&text, &room, stdin);

    if (len < 0)
        exit(0);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void read_task(struct crowd *crowd)
{
    size_t room = 1024;

    crowd->hello = line();
    crowd->paths = must(malloc(room * sizeof(char *)));
    for (char *path = line(); path[0] != '\0'; path = line()) {
        if (crowd->count == room)
            crowd->paths = must(realloc((void *)crowd->paths, (room *= 2) * sizeof(char *)));
        crowd->paths[crowd->count++] = path;
    }
    crowd->all = must(calloc(crowd->count, sizeof(struct listener)));
}

static void tell(struct crowd *crowd)
{
    free(line());
    printf("{\"bytes\":%llu,\"count\":%llu,\"lags\":[", crowd->bytes, crowd->heard);
    for (size_t i = 0; i < crowd->nlags; i++)
        printf("%s%.3f", i > 0 ? "," : "", crowd->lags[i]);
    puts("]}");
    crowd->bytes = crowd->heard = 0;
    crowd->nlags = 0;
}

int main(int argc, char **argv)
{
    struct crowd crowd = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event stdin_event = {.events = EPOLLIN}, events[EVENTS];

    if (argc != 3 || crowd.epoll < 0)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, ROOM);
    setvbuf(stdin, NULL, _IONBF, 0); /* what is read is what epoll knows of */
    crowd.port = atoi(argv[1]);
    crowd.frames = strcmp(argv[2], "frames") == 0;
    crowd.room = must(malloc(ROOM));
    crowd.lags = must(malloc(LAGS_MAX * sizeof(double)));
    read_task(&crowd);
    start_more(&crowd);
    epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &stdin_event);
    for (;;) {
        int count = epoll_wait(crowd.epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                tell(&crowd);
            else
                on_ready(&crowd, events[i].data.ptr);
        }
    }
}
