/* "Perhaps you meant": which of some names is the most similar to one that does not exist.
 * Names are compared by the groups of three letters (then of two) that they share, and the best
 * of these by edit distance, as PostgREST's hints do. */
#ifndef SCHEMA_SIMILAR_H
#define SCHEMA_SIMILAR_H

#include "base/arena.h"

enum { SIMILAR_PERCENT = 33, SIMILAR_RELATION_PERCENT = 75 };

/* Among more names a search would delay the requests behind it. */
enum { SIMILAR_CANDIDATES_MAX = 500 };

/* The position of the most similar candidate, or -1 when none is at least `percent` similar. */
int similar_find(arena *mem, const str *candidates, int count, str text, int percent);

/* One or two columns that a misspelt name may have meant, by PostgreSQL's own rule
 * (src/backend/parser/parse_relation.c): at most three letters changed and no more than half of
 * them, and not when more than two are equally near. Returns how many, their positions in found. */
enum { SIMILAR_COLUMNS_MAX = 2 };
int similar_columns(arena *mem, const str *columns, int count, str text,
                    int found[SIMILAR_COLUMNS_MAX]);

#endif
