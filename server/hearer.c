/* See hearer.h. */
#include "hearer.h"

static void tell(void *arg, str schema, str table)
{
    const struct list *hearers = arg;

    LIST_EACH (node, hearers) {
        struct hearer *hearer = LIST_ENTRY(node, struct hearer, node);
        hearer->changed(hearer->arg, schema, table);
    }
}

void hearers_tell_changes(struct list *hearers, const struct change_list *list)
{
    if (list_empty(hearers))
        return;
    for (size_t i = 0; i < list->count; i++) {
        const struct live_table *table = list->changes[i]->table;
        if (i == 0 || table != list->changes[i - 1]->table)
            tell(hearers, table->schema, table->name);
    }
}

void relations_each(str relations, void (*found)(void *arg, str schema, str table), void *arg)
{
    str relation, name;

    while (relations.len > 0 && str_cut(&relations, ',', &relation)) {
        name = str_trim(relation);
        long dot = str_find(name, '.');
        if (dot < 0)
            found(arg, STR("public"), name);
        else
            found(arg, (str){name.at, (size_t)dot}, str_skip(name, (size_t)dot + 1));
    }
}

void hearers_tell_refreshed(struct list *hearers, str relations)
{
    relations_each(relations, tell, hearers);
}
