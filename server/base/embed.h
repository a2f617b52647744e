/* Files of the source tree that travel inside the program: docs/, sql/, routes/api/ and web/.
 * The table is made by scripts/cmake/embed.cmake and sorted by path. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include "base/str.h"

struct embedded {
    const char *path; /* "sql/migrations/001_base.sql"; NULL ends the table */
    const char *start, *end;
};

extern const struct embedded embedded_files[];

/* The bytes of one file; at == NULL when there is no such file. */
str embed_find(str path);

#endif
