/* See change.h. */
#include "live/change.h"

#include <stdlib.h>

const struct live_table *live_table_ref(const struct live_table *table)
{
    atomic_fetch_add(&((struct live_table *)(uintptr_t)table)->refs, 1);
    return table;
}

void live_table_unref(const struct live_table **table)
{
    struct live_table *last = (struct live_table *)(uintptr_t)*table;

    *table = NULL;
    if (last == NULL || atomic_fetch_sub(&last->refs, 1) > 1)
        return;
    free(last);
}

const struct change *change_ref(const struct change *change)
{
    atomic_fetch_add(&((struct change *)(uintptr_t)change)->refs, 1);
    return change;
}

void change_unref(const struct change **change)
{
    struct change *last = (struct change *)(uintptr_t)*change;

    *change = NULL;
    if (last == NULL || atomic_fetch_sub(&last->refs, 1) > 1)
        return;
    live_table_unref(&last->table);
    free(last);
}

int live_table_column(const struct live_table *table, str name)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (str_eq(table->columns[i].name, name))
            return i;
    return -1;
}
