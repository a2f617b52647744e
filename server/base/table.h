/* Intrusive hash tables: things that carry a node, found by a hash and the caller's own comparison.
 * Not safe for several threads. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/list.h"

struct table_node {
    struct table_node *next; /* of the same bucket */
    uint64_t hash;
};

struct table {
    struct table_node **buckets; /* NULL while empty */
    size_t room, count;          /* room: a power of two */
};

void table_put(struct table *table, struct table_node *node, uint64_t hash);
void table_remove(struct table *table, struct table_node *node);
void table_free(struct table *table); /* only the table: its things are the caller's */

/* The things of one hash, one after the other: *node starts NULL; false at the end. */
bool table_next(const struct table *table, uint64_t hash, struct table_node **node);

/* All things, in no order; the one at hand may be removed. */
#define TABLE_EACH(node, table)                                                                    \
    for (size_t node##_at = 0; node##_at < (table)->room; node##_at++)                             \
        for (struct table_node *node = (table)->buckets[node##_at],                                \
                               *node##_next = node == NULL ? NULL : node->next;                    \
             node != NULL; node = node##_next, node##_next = node == NULL ? NULL : node->next)

#endif
