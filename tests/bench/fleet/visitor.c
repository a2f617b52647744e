/* One who looks at a page again and again, and costs next to nothing beside the server that is
 * measured: a connection for each path, all asked at once, the answers read and not looked into.
 * usage: visitor PORT TOKEN LOADS PAUSE_MS PATH...
 * Prints a line for each load: the milliseconds until the last answer was whole. An answer that is
 * not 200 ends it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATHS_MAX = 16, ROOM = 1 << 18, REQUEST_MAX = 4096, ARGUMENTS = 5 };

struct visit {
    int fd;
    const char *path;
    char request[REQUEST_MAX];
    size_t len;
};

static void end(const char *what, const char *path)
{
    fprintf(stderr, "visitor: %s %s\n", what, path);
    exit(1);
}

static double now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static void visit_open(struct visit *visit, const char *port, const char *token, const char *path)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)atoi(port)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;

    visit->path = path;
    visit->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    visit->len = (size_t)snprintf(
        visit->request, REQUEST_MAX,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", path, token);
    if (visit->len >= REQUEST_MAX || connect(visit->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        end("no connection for", path);
    setsockopt(visit->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

static void ask(const struct visit *visit)
{
    if (write(visit->fd, visit->request, visit->len) != (ssize_t)visit->len)
        end("cannot ask for", visit->path);
}

/* How many bytes the whole answer has; 0: its head is not all there. */
static size_t whole_len(const struct visit *visit, char *head, size_t len)
{
    static const char name[] = "\r\ncontent-length: ";
    char *last, *length;

    head[len] = '\0';
    last = strstr(head, "\r\n\r\n");
    if (last == NULL)
        return 0;
    if (strncmp(head, "HTTP/1.1 200 ", strlen("HTTP/1.1 200 ")) != 0)
        end("not answered with 200:", visit->path);
    length = strcasestr(head, name);
    if (length == NULL || length > last)
        end("no length of", visit->path);
    return (size_t)(last - head) + strlen("\r\n\r\n") + strtoul(length + strlen(name), NULL, 10);
}

/* The head comes with the first bytes; of the rest only the number counts. */
static void read_answer(const struct visit *visit, char *room)
{
    size_t got = 0, whole = 0;

    while (whole == 0 || got < whole) {
        size_t kept = whole == 0 ? got : 0;
        ssize_t more = read(visit->fd, room + kept, ROOM - kept - 1);
        if (more <= 0)
            end("broken off:", visit->path);
        got += (size_t)more;
        if (whole == 0)
            whole = whole_len(visit, room, got);
    }
}

static double load(const struct visit *visits, int count, char *room)
{
    double start = now_ms();

    for (int i = 0; i < count; i++)
        ask(&visits[i]);
    for (int i = 0; i < count; i++)
        read_answer(&visits[i], room);
    return now_ms() - start;
}

int main(int argc, char **argv)
{
    struct visit visits[PATHS_MAX];
    static char room[ROOM];
    int count = argc - ARGUMENTS;

    if (count < 1 || count > PATHS_MAX) {
        fputs("usage: visitor PORT TOKEN LOADS PAUSE_MS PATH...\n", stderr);
        return 2;
    }
    for (int i = 0; i < count; i++)
        visit_open(&visits[i], argv[1], argv[2], argv[ARGUMENTS + i]);
    for (int left = atoi(argv[3]); left > 0; left--) {
        printf("%.3f\n", load(visits, count, room));
        usleep((useconds_t)(atoi(argv[4]) * 1000));
    }
    return 0;
}
