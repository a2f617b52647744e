/* Intrusive doubly linked lists: a thing is on exactly one, and that list is its state. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list {
    struct list *next, *prev;
};

#define LIST_ENTRY(node, type, member) ((type *)(void *)((uintptr_t)(node)-offsetof(type, member)))
/* The current node may be removed on the way. */
#define LIST_EACH(node, all)                                                                       \
    for (struct list *node = (all)->next, *node##_next = node->next; node != (all);                \
         node = node##_next, node##_next = node->next)

static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

static inline void list_append(struct list *list, struct list *node)
{
    node->prev = list->prev;
    node->next = list;
    list->prev->next = node;
    list->prev = node;
}

static inline void list_prepend(struct list *list, struct list *node)
{
    list_append(list->next, node);
}

#endif
