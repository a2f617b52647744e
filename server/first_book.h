/* The curated routes of the start. */
#ifndef FIRST_BOOK_H
#define FIRST_BOOK_H

#include "shelf.h"

/* The files of the shelf, each prepared in the database; none on a database without the product's
 * tables, unless they are of a folder of one's own. Ends the program when one is wrong. Blocking.
 * The caller holds one reference. */
const struct book *first_book(arena *mem, struct shelf *shelf);

#endif
