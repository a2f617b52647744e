/* --ready: asks the admin listener of a running server whether it is ready, for health checks where
 * there is no curl. Source: PostgREST "CLI". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "place.h"

enum { PATIENCE_S = 10, STATUS_AT = 9 /* behind "HTTP/1.1 " */ };

/* A server that listens everywhere is asked here. */
static struct place reachable(struct place place)
{
    if (str_eq(place.host, STR("0.0.0.0")))
        place.host = STR("127.0.0.1");
    else if (str_eq(place.host, STR("::")))
        place.host = STR("::1");
    return place;
}

/* The status, or 0 when there is no answer. */
static int ask(int fd)
{
    static const char question[] =
        "GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    char answer[256];
    size_t len = 0;
    ssize_t more = 1;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (send(fd, question, sizeof(question) - 1, MSG_NOSIGNAL) != sizeof(question) - 1)
        return 0;
    while (more > 0 && len < STATUS_AT + 3) {
        more = recv(fd, answer + len, sizeof(answer) - len, 0);
        len += more > 0 ? (size_t)more : 0;
    }
    int64_t status = 0;
    bool known = len >= STATUS_AT + 3 && str_int((str){answer + STATUS_AT, 3}, &status);
    return known ? (int)status : 0;
}

int ready_command(const struct config *config, int argc, char **argv)
{
    struct place place;

    (void)argc;
    (void)argv;
    if (!place_of_admin(config, &place)) {
        fprintf(stderr, "ERROR: Admin server is not running. Please check admin-server-port "
                        "config.\n");
        return 1;
    }
    place = reachable(place);
    bool tcp = place.path.at == NULL;
    str url = place_text(config->mem, &place);
    int fd = place_connect(&place);
    if (fd < 0) {
        fprintf(stderr, "ERROR: connection refused to %.*s%s (%s)\n", STR_ARG(url),
                tcp ? "/ready" : ":/ready", strerror(errno));
        return 1;
    }
    int status = ask(fd);
    close(fd);
    bool good = status >= 200 && status < 300;
    fprintf(good ? stdout : stderr, "%s: %.*s%s\n", good ? "OK" : "ERROR", STR_ARG(url),
            tcp ? "/ready" : ":/ready");
    return good ? 0 : 1;
}
