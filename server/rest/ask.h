/* What the client said: the URL, the headers and the body of one request below /rest/v1, read
 * but not yet compared with the database. Made once, in the request's arena.
 * Source: PostgREST "API reference". */
#ifndef REST_ASK_H
#define REST_ASK_H

#include "base/config.h"
#include "rest/body.h"
#include "rest/condition.h"
#include "rest/item.h"
#include "rest/media.h"
#include "rest/prefer.h"
#include "rest/range.h"

enum ask_kind {
    ASK_READ,
    ASK_INSERT,
    ASK_PUT, /* the one row that the URL names: made or replaced */
    ASK_UPDATE,
    ASK_DELETE,
    ASK_CALL,
    ASK_OPTIONS
};
enum ask_target { ASK_RELATION, ASK_FUNCTION };

/* What is said of one embedded relation: author.name=eq.x, author.order=name, author.limit=3. */
struct level {
    struct name_list path; /* the names of the embeds that lead to it */
    struct condition *where;
    struct term *order;
    bool limited;
    int64_t limit, offset;
    bool limit_is_text, skips; /* a limit that is no integer; any offset */
    struct level *next;
};

struct ask {
    enum ask_kind kind;
    enum ask_target target;
    bool reads; /* GET or HEAD: a read-only transaction */
    bool head;  /* HEAD: nobody reads the body */
    str schema, name;
    bool several_schemas; /* are exposed: the answer says which */
    struct item *select;
    struct condition *where; /* all of them must hold */
    struct term *order;
    struct range range;
    struct level *levels; /* of embedded relations; where, order and range are what is said of the
                             target itself */
    struct name_list columns, on_conflict; /* count 0: not given. A PUT has no columns= */
    struct argument *arguments;
    struct prefer prefer;
    struct accept accept;
    struct body body;
    str canonical_query; /* sorted by key, for Content-Location */
};

/* Reads the request; target says whether the path names a relation or a function. Its name is
 * the path value "relation" or "name". */
const struct fail *ask_parse(const struct request *req, const struct config *config,
                             enum ask_target target, struct ask **ask);

/* Which of the exposed schemas the profile header names (absent: the first), and whether there are
 * several. 406 when it is not exposed. */
const struct fail *ask_schema(const struct request *req, const struct config *config, str *schema,
                              bool *several);

#endif
