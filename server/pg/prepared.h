/* The prepared statements of one connection, by role and text: a name shared by two roles is
 * planned anew at each switch. Least recently used ones make room. */
#ifndef PG_PREPARED_H
#define PG_PREPARED_H

#include "base/list.h"
#include "base/str.h"

enum { PREPARED_MAX = 256, PREPARED_BUCKETS = 512 };

struct prepared {
    struct list node; /* by use, the latest first */
    struct prepared *next;
    uint64_t hash;
    unsigned number;
    char name[12]; /* "p<number>" */
    bool ready;    /* PostgreSQL has confirmed it */
    size_t role_len, text_len;
    char bytes[]; /* role, then text */
};

struct prepareds {
    struct list used;
    struct prepared *buckets[PREPARED_BUCKETS];
    int count;
    unsigned last;
};

void prepareds_init(struct prepareds *all);
void prepareds_release(struct prepareds *all);
struct prepared *prepared_find(struct prepareds *all, str role, str text); /* NULL: not yet */
/* Adds one. When there are too many, *evicted is the number of the one to deallocate, else 0. */
struct prepared *prepared_add(struct prepareds *all, str role, str text, unsigned *evicted);
struct prepared *prepared_by_number(struct prepareds *all, unsigned number);
void prepared_forget(struct prepareds *all, unsigned number);

#endif
