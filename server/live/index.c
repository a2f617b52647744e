/* The bindings of a table, found by what a changed row holds: those that want one value of a column
 * (eq) or one of several (in) stand in a table by column and value; the others are those of an
 * audience. */
#include <stdlib.h>

#include "live/hub_inside.h"

/* A column that bindings are found by. */
struct indexed {
    struct list node;
    str name, type;
    struct list bindings; /* all of them, by binding->of_index */
};

/* One value that a binding wants. */
struct keyed {
    struct table_node node;
    struct binding *binding;
    str value;
};

static uint64_t hash_of(const struct indexed *indexed, str value)
{
    return str_hash(value, str_hash(indexed->name, STR_HASH_SEED) + 1);
}

/* ---- in ---- */

static struct indexed *indexed_get(struct watched *watched, const struct fact_column *column)
{
    LIST_EACH (node, &watched->columns) {
        struct indexed *indexed = LIST_ENTRY(node, struct indexed, node);
        if (str_eq(indexed->name, column->name) && str_eq(indexed->type, column->type))
            return indexed;
    }
    struct indexed *indexed = malloc(sizeof(struct indexed) + column->name.len + column->type.len);
    if (indexed == NULL)
        abort();
    char *room = (char *)(indexed + 1);
    memcpy(room, column->name.at, column->name.len);
    memcpy(room + column->name.len, column->type.at, column->type.len);
    indexed->name = (str){room, column->name.len};
    indexed->type = (str){room + column->name.len, column->type.len};
    list_init(&indexed->bindings);
    list_append(&watched->columns, &indexed->node);
    return indexed;
}

static bool has_value(const struct binding *binding, str value)
{
    for (int i = 0; i < binding->nkeyed; i++)
        if (str_eq(binding->keyed[i].value, value))
            return true;
    return false;
}

static void put_values(struct watched *watched, struct binding *binding, const str *values,
                       int count)
{
    size_t bytes = 0;

    for (int i = 0; i < count; i++)
        bytes += values[i].len;
    binding->keyed = malloc((size_t)count * sizeof(struct keyed) + bytes);
    if (binding->keyed == NULL)
        abort();
    binding->nkeyed = 0;
    char *room = (char *)(binding->keyed + count);
    for (int i = 0; i < count; i++) {
        if (has_value(binding, values[i]))
            continue;
        struct keyed *keyed = &binding->keyed[binding->nkeyed++];
        memcpy(room, values[i].at, values[i].len);
        *keyed = (struct keyed){
            .binding = binding, .value = {room, values[i].len}
        };
        room += values[i].len;
        table_put(&watched->values, &keyed->node, hash_of(binding->indexed, keyed->value));
    }
}

void index_add(struct watched *watched, struct binding *binding, const struct facts *facts)
{
    arena *mem = arena_open();
    str *values = NULL;
    const struct filter *key =
        facts == NULL ? NULL : filter_key(mem, binding->filters, facts, &values);

    audience_add(watched, binding);
    if (key == NULL) {
        audience_add_unkeyed(binding);
    } else {
        binding->indexed = indexed_get(watched, facts_column(facts, key->column));
        list_append(&binding->indexed->bindings, &binding->of_index);
        put_values(watched, binding, values, key->nvalues);
    }
    arena_close(&mem);
}

void index_remove(struct watched *watched, struct binding *binding)
{
    struct indexed *indexed = binding->indexed;

    list_remove(&binding->of_index);
    for (int i = 0; i < binding->nkeyed; i++)
        table_remove(&watched->values, &binding->keyed[i].node);
    free(binding->keyed);
    binding->keyed = NULL;
    binding->nkeyed = 0;
    binding->indexed = NULL;
    audience_remove(binding);
    if (indexed == NULL || !list_empty(&indexed->bindings))
        return;
    list_remove(&indexed->node);
    free(indexed);
}

/* ---- out ---- */

struct looking {
    struct hub *hub;
    const struct change *change;
    void (*found)(void *arg, struct binding *binding);
    void *arg;
};

static void give_all(const struct looking *looking, struct list *bindings)
{
    LIST_EACH (node, bindings)
        looking->found(looking->arg, LIST_ENTRY(node, struct binding, of_index));
}

/* A column that has got another type may print the values in another way. */
static bool is_as_it_was(const struct looking *looking, const struct indexed *indexed)
{
    const struct live_table *table = looking->change->table;
    const struct binding *any = LIST_ENTRY(indexed->bindings.next, struct binding, of_index);
    const struct known *known =
        known_find(looking->hub, any->listener->claims, table->schema, table->name);
    const struct fact_column *column =
        known->state == KNOWN_GOOD ? facts_column(known->facts, indexed->name) : NULL;

    return column != NULL && str_eq(column->type, indexed->type);
}

static void give_equal(const struct looking *looking, const struct watched *watched,
                       const struct indexed *indexed, str value)
{
    struct table_node *node = NULL;

    while (table_next(&watched->values, hash_of(indexed, value), &node)) {
        const struct keyed *keyed = LIST_ENTRY(node, struct keyed, node);
        if (keyed->binding->indexed == indexed && str_eq(keyed->value, value))
            looking->found(looking->arg, keyed->binding);
    }
}

/* What the log does not tell of the row must be looked up for each. */
static void give_indexed(const struct looking *looking, const struct watched *watched,
                         struct indexed *indexed)
{
    const struct live_value *row = change_judged(looking->change);
    int at = live_table_column(looking->change->table, indexed->name);

    if (row == NULL || at < 0)
        return;
    if (row[at].state == VALUE_UNCHANGED || !is_as_it_was(looking, indexed))
        give_all(looking, &indexed->bindings);
    else if (row[at].state == VALUE_TEXT)
        give_equal(looking, watched, indexed, row[at].text);
}

void index_look(struct hub *hub, struct watched *watched, const struct change *change,
                void (*found)(void *arg, struct binding *binding), void *arg)
{
    const struct looking looking = {.hub = hub, .change = change, .found = found, .arg = arg};

    LIST_EACH (node, &watched->audiences)
        audience_look(hub, LIST_ENTRY(node, struct audience, node), change, found, arg);
    LIST_EACH (node, &watched->columns)
        give_indexed(&looking, watched, LIST_ENTRY(node, struct indexed, node));
}
