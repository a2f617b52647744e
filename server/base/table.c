/* See table.h. */
#include "base/table.h"

#include <stdlib.h>

enum { ROOM_FIRST = 16 };

static struct table_node **bucket_of(const struct table *table, uint64_t hash)
{
    return &table->buckets[(hash ^ hash >> 32) & (table->room - 1)];
}

static void link_in(const struct table *table, struct table_node *node)
{
    struct table_node **bucket = bucket_of(table, node->hash);

    node->next = *bucket;
    *bucket = node;
}

static void grow(struct table *table)
{
    struct table bigger = {.room = table->room == 0 ? ROOM_FIRST : table->room * 2,
                           .count = table->count};

    bigger.buckets = calloc(bigger.room, sizeof(struct table_node *));
    if (bigger.buckets == NULL)
        abort();
    TABLE_EACH(node, table)
    link_in(&bigger, node);
    free((void *)table->buckets);
    *table = bigger;
}

void table_put(struct table *table, struct table_node *node, uint64_t hash)
{
    if (table->count >= table->room)
        grow(table);
    table->count++;
    node->hash = hash;
    link_in(table, node);
}

void table_remove(struct table *table, struct table_node *node)
{
    struct table_node **at = bucket_of(table, node->hash);

    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    table->count--;
}

void table_free(struct table *table)
{
    free((void *)table->buckets);
    *table = (struct table){0};
}

bool table_next(const struct table *table, uint64_t hash, struct table_node **node)
{
    if (table->room == 0)
        return false;
    *node = *node == NULL ? *bucket_of(table, hash) : (*node)->next;
    while (*node != NULL && (*node)->hash != hash)
        *node = (*node)->next;
    return *node != NULL;
}
