/* Where the book of curated routes comes from: the files inside the program, or a folder
 * (POSTERN_ROUTES_DIR), which is looked at again while the server runs. */
#ifndef SHELF_H
#define SHELF_H

#include "base/config.h"
#include "route/book.h"

struct shelf {
    const struct config *config;
    uint64_t seen; /* a hash over names and contents of the last reading */
};

/* Reads the files. Returns a new book (the caller holds one reference) when anything is
 * different from the last reading, else NULL. NULL with why->at != NULL: a file is wrong; the
 * sentence is in *why, and it is said once, not again until something changes. The files inside
 * the program never change: the first call returns their book, later ones NULL. Blocking. */
const struct book *shelf_read(struct shelf *shelf, arena *mem, str *why);

#endif
