/* See refusal.h: h2o has given the socket away by now, so the answer is written here. */
#include "ws/refusal.h"

#include <stdio.h>
#include <stdlib.h>

enum { HEAD_BYTES = 256 };

static const char *reason_of(int status);

char *refusal_write(const struct ws_refusal *refusal, size_t *len)
{
    size_t room = HEAD_BYTES + refusal->body.len;
    char *text = malloc(room);

    if (text == NULL)
        abort();
    int written = snprintf(
        text, room,
        "HTTP/1.1 %d %s\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: "
        "%zu\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n%.*s",
        refusal->status, reason_of(refusal->status), refusal->body.len, STR_ARG(refusal->body));
    *len = (size_t)written;
    return text;
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {400, "Bad Request"        },
        {401, "Unauthorized"       },
        {403, "Forbidden"          },
        {404, "Not Found"          },
        {426, "Upgrade Required"   },
        {429, "Too Many Requests"  },
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Error";
}
