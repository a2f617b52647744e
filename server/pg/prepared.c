/* See prepared.h. */
#include "pg/prepared.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

static uint64_t hash_of(str role, str text)
{
    return str_hash(text, str_hash(role, STR_HASH_SEED));
}

void prepareds_init(struct prepareds *all)
{
    *all = (struct prepareds){.count = 0};
    list_init(&all->used);
}

static void drop(struct prepareds *all, struct prepared *one)
{
    struct prepared **at = &all->buckets[one->hash % PREPARED_BUCKETS];

    while (*at != one)
        at = &(*at)->next;
    *at = one->next;
    list_remove(&one->node);
    all->count--;
    free(one);
}

void prepareds_release(struct prepareds *all)
{
    while (!list_empty(&all->used))
        drop(all, LIST_ENTRY(all->used.next, struct prepared, node));
}

struct prepared *prepared_find(struct prepareds *all, str role, str text)
{
    uint64_t hash = hash_of(role, text);

    for (struct prepared *one = all->buckets[hash % PREPARED_BUCKETS]; one; one = one->next) {
        if (one->hash == hash && str_eq((str){one->bytes, one->role_len}, role) &&
            str_eq((str){one->bytes + one->role_len, one->text_len}, text)) {
            list_remove(&one->node);
            list_prepend(&all->used, &one->node);
            return one;
        }
    }
    return NULL;
}

struct prepared *prepared_add(struct prepareds *all, str role, str text, unsigned *evicted)
{
    struct prepared *one = h2o_mem_alloc(sizeof(*one) + role.len + text.len);
    uint64_t hash = hash_of(role, text);

    *evicted = 0;
    if (all->count == PREPARED_MAX) {
        struct prepared *oldest = LIST_ENTRY(all->used.prev, struct prepared, node);
        *evicted = oldest->number;
        drop(all, oldest);
    }
    *one = (struct prepared){.hash = hash, .role_len = role.len, .text_len = text.len};
    memcpy(one->bytes, role.at, role.len);
    memcpy(one->bytes + role.len, text.at, text.len);
    one->number = ++all->last;
    snprintf(one->name, sizeof(one->name), "p%u", one->number);
    one->next = all->buckets[hash % PREPARED_BUCKETS];
    all->buckets[hash % PREPARED_BUCKETS] = one;
    list_init(&one->node);
    list_prepend(&all->used, &one->node);
    all->count++;
    return one;
}

struct prepared *prepared_by_number(struct prepareds *all, unsigned number)
{
    LIST_EACH (node, &all->used) {
        struct prepared *one = LIST_ENTRY(node, struct prepared, node);
        if (one->number == number)
            return one;
    }
    return NULL;
}

void prepared_forget(struct prepareds *all, unsigned number)
{
    struct prepared *one = prepared_by_number(all, number);

    if (one != NULL)
        drop(all, one);
}
