/* What the client said, as the route's parameters: from the path, the JSON body's top-level keys
 * and the query string, in this order of precedence. */
#ifndef ROUTE_ASK_H
#define ROUTE_ASK_H

#include "base/fail.h"
#include "route/book.h"
#include "route/file.h"

struct route_ask {
    const struct route_file *file;
    const struct answer *answer; /* the one whose conditions hold */
    struct param_value *values;  /* one a parameter of the file */
};

/* Reads and checks every parameter. Query parameters that the route does not know are ignored
 * (cache busters), an empty one counts as missing; of a repeated one the first counts.
 * Fails with the 400 that names the parameter, or 400/415 for a body that is no JSON object. */
const struct fail *route_ask_parse(const struct request *req, const struct book_match *match,
                                   struct route_ask *ask);

bool conditions_hold(const struct conditions *when, const struct param_value *values);

/* The statement: the lines whose conditions hold, each parameter as $n with its cast, each word
 * as itself; the guard that its access asks for. The role is the caller's to set. What it points
 * to lives as long as mem. */
void route_statement(arena *mem, const struct route_ask *ask, struct statement *statement);

/* The guard alone, for who has said something wrong: whether he may call at all comes first. False:
 * there is none. */
bool route_guard(const struct route_file *file, struct statement *statement);

/* Appends what tells this answer from other answers of the same program: the URL, and the
 * values in an unambiguous form. Who asks is not in it. */
void route_key(struct buf *key, const struct route_ask *ask);

/* The statements to be prepared when the program starts: nothing optional given, everything,
 * each one alone, each with every listed word. At most `max`, none twice. Returns the count. In
 * their text a line that falls away is left empty: line n is line file->sql_line + n - 1. */
size_t route_variants(arena *mem, const struct route_file *file, struct statement *statements,
                      size_t max);

#endif
