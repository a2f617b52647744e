/* What an API key may be used for: kinds of requests, checked before anything is done for one. */
#ifndef AUTH_SCOPE_H
#define AUTH_SCOPE_H

#include "base/arena.h"

/* Bits. How a request is made says which it takes, not what comes of it: a POST writes. */
enum scope {
    SCOPE_NONE = 0,
    SCOPE_REST_READ = 1,  /* "rest:read": tables and views: GET, HEAD, QUERY */
    SCOPE_REST_WRITE = 2, /* "rest:write": tables and views: every other method */
    SCOPE_REST_CALL = 4,  /* "rest:call": functions, by any method */
    SCOPE_API_READ = 8,   /* "api:read": curated routes: GET and HEAD */
    SCOPE_API_WRITE = 16, /* "api:write": curated routes: every other method */
    SCOPE_LIVE = 32,      /* "live": WebSockets, and broadcasts by HTTP */
    SCOPE_ALL = 63
};

/* The bit of a name; SCOPE_NONE: there is no such scope. */
unsigned scope_named(str name);

/* A comma list; false: a name is unknown, or there is none. */
bool scopes_parse(str list, unsigned *scopes);

/* "rest:read, live" */
str scopes_text(arena *mem, unsigned scopes);

#endif
