/* See table.h. */
#include "base/table.h"

#include <stdlib.h>

enum { ROOM_FIRST = 16 };

static struct list *bucket_of(const struct table *table, uint64_t hash)
{
    return &table->buckets[(hash ^ hash >> 32) & (table->room - 1)];
}

static void grow(struct table *table)
{
    struct table bigger = {.room = table->room == 0 ? ROOM_FIRST : table->room * 2};

    bigger.count = table->count;
    bigger.buckets = malloc(bigger.room * sizeof(struct list));
    if (bigger.buckets == NULL)
        abort();
    for (size_t i = 0; i < bigger.room; i++)
        list_init(&bigger.buckets[i]);
    TABLE_EACH(at, table)
    {
        struct table_node *node = LIST_ENTRY(at, struct table_node, list);
        list_remove(at);
        list_append(bucket_of(&bigger, node->hash), at);
    }
    free(table->buckets);
    *table = bigger;
}

void table_put(struct table *table, struct table_node *node, uint64_t hash)
{
    if (table->count >= table->room)
        grow(table);
    table->count++;
    node->hash = hash;
    list_append(bucket_of(table, hash), &node->list);
}

void table_remove(struct table *table, struct table_node *node)
{
    table->count--;
    list_remove(&node->list);
}

void table_free(struct table *table)
{
    free(table->buckets);
    *table = (struct table){0};
}

bool table_next(const struct table *table, uint64_t hash, struct table_node **node)
{
    if (table->room == 0)
        return false;
    const struct list *end = bucket_of(table, hash);
    const struct list *at = *node == NULL ? end->next : (*node)->list.next;
    for (; at != end; at = at->next) {
        *node = LIST_ENTRY(at, struct table_node, list);
        if ((*node)->hash == hash)
            return true;
    }
    return false;
}
