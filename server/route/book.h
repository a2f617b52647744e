/* The curated routes: every routes/api .sql file, parsed. Counted and immutable like a snapshot. */
#ifndef ROUTE_BOOK_H
#define ROUTE_BOOK_H

#include "base/arena.h"

struct book;

const struct book *book_ref(const struct book *book);
void book_unref(const struct book **book);

#endif
