/* One HTTP request as plain data. server/http fills it; everyone else reads it.
 * Owner: h2o, through the arena. Lives: until the reply is sent or the client leaves. */
#ifndef BASE_REQUEST_H
#define BASE_REQUEST_H

#include "base/arena.h"
#include "base/claims.h"
#include "base/timing.h"

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER
};

enum { PATH_VALUES_MAX = 4 };

struct api_key;
struct fail;
struct schema;
struct worker;
struct db;
struct route;

struct header {
    str name; /* lower case in a request */
    str value;
};

/* A part of the path that the route's pattern names: /rest/v1/:relation */
struct path_value {
    str name, value; /* value is percent-decoded */
};

struct request {
    arena *mem;
    str id; /* X-Request-Id, taken or made; in every log line of this request */
    enum method method;
    str method_name; /* as sent; QUERY is a GET, see rest/long_query.h */
    str path;        /* as sent, percent-encoded, without the query */
    str query;       /* as sent, behind the '?'; empty when there is none */
    str body;
    str peer; /* the client's address as text: behind trusted proxies the one they name */
    const struct header *headers;
    size_t nheaders;
    const struct route *route; /* set by serve() */
    struct path_value path_values[PATH_VALUES_MAX];
    int npath_values;
    unsigned scope;              /* what an API key must be for, of auth/scope.h; set by serve() */
    const struct claims *claims; /* set by admit(); never NULL in a handler */
    const struct api_key *key;   /* the API key it brings; NULL: none. Set by admit() */
    const struct schema *schema; /* the snapshot this request was planned with */
    struct worker *worker;       /* loop, pools and hub of this thread */
    struct db *db;               /* the worker's pools, for pg/ */

    struct timing timing;

    struct header limited[2]; /* of rate limits, for the answer; absent names: none */

    bool writes;        /* its statement may write; set by db_run */
    const char *pool;   /* the name of the pool that was asked, or NULL; set by db_run */
    bool is_for_admins; /* a curated route that only administrators may call: for the audit */
    const char *failed; /* the code of the failure that was answered, for the log; or NULL */

    /* Set by who waits for something on behalf of this request, called when the client
     * leaves before the answer. One wait per request, so one slot. */
    void (*on_gone)(void *arg);
    void *on_gone_arg;

    /* Set by who may have a better answer than a failure (a cached one). Called once, before
     * the failure is answered; true when it has answered the request itself. */
    bool (*on_fail)(void *arg, const struct fail *fail);
    void *on_fail_arg;
};

/* The value of a header, names in lower case; at == NULL when absent. When a header
 * is repeated this is the first. */
str request_header(const struct request *req, str name);
str request_path_value(const struct request *req, str name); /* at == NULL when absent */

/* GET and HEAD are one thing but for the body of the answer. */
static inline bool request_reads(const struct request *req)
{
    return req->method == METHOD_GET || req->method == METHOD_HEAD;
}

#endif
