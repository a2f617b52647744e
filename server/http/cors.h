/* Cross-origin requests. Every answer of every status carries the headers, or a browser hides
 * it from the page. Source: WHATWG Fetch, "CORS protocol". */
#ifndef HTTP_CORS_H
#define HTTP_CORS_H

#include "base/config.h"
#include "base/reply.h"

enum { CORS_HEADERS_MAX = 4 };

/* The headers for an answer to this origin (absent: none); returns how many. */
int cors_headers(const struct config *config, str origin, struct header headers[CORS_HEADERS_MAX]);

/* Those of an answer to OPTIONS without an origin: it is what one would be told. */
int cors_open(const struct config *config, struct header headers[CORS_HEADERS_MAX]);

/* An OPTIONS request of a browser that asks for permission: the reply, else NULL. */
const struct reply *cors_preflight(const struct request *req);

#endif
