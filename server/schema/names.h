/* From a name to a number, in constant time: the index of a list that was given at the start.
 * Immutable, in the arena of what it indexes. */
#ifndef SCHEMA_NAMES_H
#define SCHEMA_NAMES_H

#include "base/arena.h"

struct names {
    const str *scopes, *keys; /* scopes may be NULL: all names are in one */
    int *slots;               /* 1 + position in keys; 0 is free */
    int count;
    size_t mask;
};

/* Indexes count keys, each within its scope ("public", "primes"). Of equal ones the first is
 * found. The arrays must live as long as the index. */
void names_init(struct names *names, arena *mem, const str *scopes, const str *keys, int count);

/* The position of a key, or -1. */
int names_find(const struct names *names, str scope, str key);

#endif
