/* `postern routes`: the curated routes as a table, and the check that each one is a statement
 * its database accepts. */
#ifndef CLI_ROUTES_H
#define CLI_ROUTES_H

#include "base/config.h"
#include "route/book.h"

/* Prepares every variant of every route on its pool, as the role of curated routes. False with
 * "file: sentence of PostgreSQL" in *why at the first one that is refused, or when the database
 * cannot be reached. Blocking: for the start, before the workers run. */
bool routes_check(const struct book *book, const struct config *config, arena *mem, str *why);

#endif
