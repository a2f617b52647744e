/* "Perhaps you meant": which of some names is the most similar to one that does not exist.
 * Names are compared by the groups of three letters (then of two) that they share, and the best
 * of these by edit distance, as PostgREST's hints do. */
#ifndef SCHEMA_SIMILAR_H
#define SCHEMA_SIMILAR_H

#include "base/arena.h"

enum { SIMILAR_PERCENT = 33, SIMILAR_RELATION_PERCENT = 75 };

/* The position of the most similar candidate, or -1 when none is at least `percent` similar. */
int similar_find(arena *mem, const str *candidates, int count, str text, int percent);

#endif
