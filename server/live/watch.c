/* What channels want to hear of tables: read from the join, found by a change's table. */
#include <stdlib.h>

#include "base/json.h"
#include "live/hub_inside.h"

enum { ID_MASK = 0x7ffffff };

/* ---- reading ---- */

static str text_of(arena *mem, str value)
{
    return json_kind_of(value) == JSON_STRING ? json_unquote(mem, value) : (str){NULL, 0};
}

static unsigned read_event(str event)
{
    return str_eq(event, STR("*"))         ? WANTS_ALL
           : str_ieq(event, STR("insert")) ? WANTS_INSERT
           : str_ieq(event, STR("update")) ? WANTS_UPDATE
           : str_ieq(event, STR("delete")) ? WANTS_DELETE
                                           : 0;
}

static int count_of(str array)
{
    struct json_walk walk;
    str key, value;
    int count = 0;

    if (json_walk_open(&walk, array) == JSON_ARRAY)
        while (json_walk_next(&walk, &key, &value))
            count++;
    return count;
}

static void read_select(arena *mem, str array, struct binding *binding)
{
    struct json_walk walk;
    str key, value;
    int count = count_of(array);

    if (count == 0)
        return;
    binding->select = arena_array(mem, str, (size_t)count);
    json_walk_open(&walk, array);
    while (json_walk_next(&walk, &key, &value))
        binding->select[binding->nselect++] =
            json_kind_of(value) == JSON_STRING ? json_unquote(mem, value) : STR("");
}

static void read_member(arena *mem, str key, str value, struct binding *binding)
{
    if (str_eq(key, STR("\"event\"")))
        binding->wants = read_event(text_of(mem, value));
    else if (str_eq(key, STR("\"schema\"")))
        binding->schema = text_of(mem, value);
    else if (str_eq(key, STR("\"table\"")))
        binding->table = text_of(mem, value);
    else if (str_eq(key, STR("\"filter\"")))
        binding->filter = text_of(mem, value);
    else if (str_eq(key, STR("\"select\"")))
        read_select(mem, value, binding);
}

void watch_read_one(arena *mem, str json, struct listener *listener, struct binding *binding)
{
    struct json_walk walk;
    str key, value;

    list_init(&binding->node);
    binding->wants = WANTS_ALL;
    binding->listener = listener;
    binding->json = json;
    binding->id = (int64_t)(str_hash(json, STR_HASH_SEED) & ID_MASK) + 1;
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value))
        read_member(mem, key, value, binding);
    if (binding->schema.len == 0)
        binding->schema = STR("public");
    if (binding->table.len == 0)
        binding->table = STR("*");
    const char *why = filter_read(mem, binding->filter, &binding->filters);
    if (why != NULL)
        binding->wrong = arena_printf(mem, "Error parsing `filter` params: %s", why);
    if (binding->select != NULL && str_eq(binding->table, STR("*")))
        binding->wrong = STR("Column selection is not supported for wildcard subscriptions. Name "
                             "the table, or leave select out");
    if (binding->wants == 0)
        binding->wrong = STR("The event must be *, INSERT, UPDATE or DELETE");
}

const char *watch_read(arena *mem, str json, struct channel *channel)
{
    struct json_walk walk;
    str key, value;
    int count = count_of(json);

    if (count == 0)
        return NULL;
    if (count > LIVE_BINDINGS_MAX)
        return "Too many postgres_changes on one channel";
    channel->bindings = arena_array(mem, struct binding, (size_t)count);
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value)) {
        if (json_kind_of(value) != JSON_OBJECT)
            continue;
        watch_read_one(mem, arena_copy(mem, value), &channel->listener,
                       &channel->bindings[channel->nbindings++]);
    }
    return NULL;
}

/* ---- what is known of the table ---- */

#define UNABLE "Unable to subscribe to changes with given parameters. "

static str say_parameters(arena *mem, const struct binding *binding)
{
    return arena_printf(mem, "[schema: %.*s, table: %.*s, filters: %.*s]", STR_ARG(binding->schema),
                        STR_ARG(binding->table), STR_ARG(binding->filter));
}

static str say_cannot(arena *mem, const struct binding *binding, const char *why)
{
    return arena_printf(mem,
                        UNABLE "%s. Please check Realtime is enabled for the given connect "
                               "parameters: %.*s",
                        why, STR_ARG(say_parameters(mem, binding)));
}

str watch_say_exception(arena *mem, const struct binding *binding, str why)
{
    return arena_printf(mem,
                        UNABLE "An exception happened so please check your connect parameters: "
                               "%.*s. Exception: ERROR %.*s",
                        STR_ARG(say_parameters(mem, binding)), STR_ARG(why));
}

static const char *check_select(arena *mem, const struct binding *binding,
                                const struct facts *facts)
{
    for (int i = 0; i < binding->nselect; i++)
        if (facts_column(facts, binding->select[i]) == NULL)
            return arena_printf(mem, "There is no column %.*s", STR_ARG(binding->select[i])).at;
    return NULL;
}

str watch_wrong(arena *mem, const struct binding *binding, const struct known *known)
{
    if (known->state == KNOWN_NOTHING)
        return say_cannot(mem, binding, "There is no such table");
    if (!known->facts->published)
        return say_cannot(mem, binding, "The table is not in the publication");
    const char *why = filter_check(mem, binding->filters, known->facts);
    if (why == NULL)
        why = check_select(mem, binding, known->facts);
    return why == NULL ? (str){NULL, 0} : watch_say_exception(mem, binding, str_from(why));
}

bool watch_is_silent(struct hub *hub, const struct binding *binding)
{
    if (binding->watched == NULL || str_eq(binding->table, STR("*")))
        return false;
    const struct known *known =
        known_find(hub, binding->listener->claims, binding->schema, binding->table);
    if (known->state == KNOWN_ASKED || known->state == KNOWN_TROUBLE)
        hub->looks_again = true;
    return known->state == KNOWN_NOTHING ||
           (known->state == KNOWN_GOOD && !known->facts->published);
}

/* ---- finding ---- */

static struct watched *find(const struct hub *hub, str schema, str table)
{
    struct table_node *node = NULL;

    while (table_next(&hub->watched, hash_names(schema, table, STR("")), &node)) {
        struct watched *watched = LIST_ENTRY(node, struct watched, node);
        if (str_eq(watched->schema, schema) && str_eq(watched->table, table))
            return watched;
    }
    return NULL;
}

/* The table itself, then all of its schema, then all: *watched starts NULL. */
bool watch_next(const struct hub *hub, str schema, str table, struct watched **watched)
{
    const str schemas[] = {schema, schema, STR("*")}, tables[] = {table, STR("*"), STR("*")};
    int at = 0;

    if (*watched != NULL)
        at = str_eq((*watched)->schema, STR("*")) ? 3 : str_eq((*watched)->table, STR("*")) ? 2 : 1;
    for (*watched = NULL; at < 3 && *watched == NULL; at++)
        *watched = find(hub, schemas[at], tables[at]);
    return *watched != NULL;
}

static const struct facts *facts_of(struct hub *hub, const struct binding *binding)
{
    if (str_eq(binding->table, STR("*")))
        return NULL;
    const struct known *known =
        known_find(hub, binding->listener->claims, binding->schema, binding->table);
    return known->state == KNOWN_GOOD ? known->facts : NULL;
}

void watch_start(struct binding *binding, struct hub *hub)
{
    struct watched *watched = find(hub, binding->schema, binding->table);

    if (watched == NULL) {
        size_t bytes = binding->schema.len + binding->table.len;
        watched = malloc(sizeof(*watched) + bytes);
        if (watched == NULL)
            abort();
        *watched = (struct watched){.schema = STR("")};
        char *room = (char *)(watched + 1);
        memcpy(room, binding->schema.at, binding->schema.len);
        memcpy(room + binding->schema.len, binding->table.at, binding->table.len);
        watched->schema = (str){room, binding->schema.len};
        watched->table = (str){room + binding->schema.len, binding->table.len};
        list_init(&watched->bindings);
        list_init(&watched->audiences);
        list_init(&watched->columns);
        table_put(&hub->watched, &watched->node,
                  hash_names(binding->schema, binding->table, STR("")));
    }
    binding->watched = watched;
    list_append(&watched->bindings, &binding->node);
    index_add(watched, binding, facts_of(hub, binding));
    hub->counts.bindings++;
}

void watch_renamed(struct binding *binding, struct hub *hub)
{
    struct watched *watched = binding->watched;

    if (watched == NULL)
        return;
    index_remove(watched, binding);
    index_add(watched, binding, facts_of(hub, binding));
}

void watch_stop(struct binding *binding, struct hub *hub)
{
    struct watched *watched = binding->watched;

    if (watched == NULL)
        return;
    binding->watched = NULL;
    list_remove(&binding->node);
    index_remove(watched, binding);
    hub->counts.bindings--;
    if (!list_empty(&watched->bindings))
        return;
    table_remove(&hub->watched, &watched->node);
    table_free(&watched->values);
    free(watched);
}
