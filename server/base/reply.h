/* The answer to one request as plain data: made by rest/answer.c, a route or serve.c,
 * turned into bytes by http/. Everything it points to lives in the request's arena,
 * or is kept alive by it, until the last byte has left. */
#ifndef BASE_REPLY_H
#define BASE_REPLY_H

#include <assert.h>

#include "base/headers.h"

enum { REPLY_HEADERS_MAX = 16 };

struct reply {
    int status;
    const char *reason; /* behind the status; NULL: the usual one */
    str body;           /* not sent for HEAD, 204 and 304 */
    int nheaders;
    struct header headers[REPLY_HEADERS_MAX]; /* Content-Length, CORS and X-Request-Id are http's */
    struct headers asked; /* by the database: they replace ours of the same name */
};

static inline void reply_header(struct reply *reply, str name, str value)
{
    assert(reply->nheaders < REPLY_HEADERS_MAX);
    reply->headers[reply->nheaders++] = (struct header){name, value};
}

/* A new reply in the arena with its Content-Type (absent: none). */
static inline struct reply *reply_new(arena *mem, int status, str content_type)
{
    struct reply *reply = arena_new(mem, struct reply);
    reply->status = status;
    if (content_type.at != NULL)
        reply_header(reply, STR("Content-Type"), content_type);
    return reply;
}

#define TYPE_JSON STR("application/json; charset=utf-8")
#define TYPE_TEXT STR("text/plain; charset=utf-8")

#endif
