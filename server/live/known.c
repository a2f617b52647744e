/* What is known of tables, by role: read once, forgotten when the schema changes. */
#include "base/embed.h"
#include "live/hub_inside.h"

static bool is_it(const struct known *known, str role, str schema, str table)
{
    return str_eq(known->role, role) && str_eq(known->schema, schema) &&
           str_eq(known->table, table);
}

void known_unref(struct known **known)
{
    struct known *last = *known;

    *known = NULL;
    if (last == NULL || --last->refs > 0)
        return;
    arena *mem = last->mem;
    arena_close(&mem);
}

static void on_answer(struct question *question, const struct found *found)
{
    struct known *known = ((void **)question->arg)[0];
    struct hub *hub = ((void **)question->arg)[1];

    known->state = KNOWN_NOTHING;
    if (found->why.at != NULL) {
        known->state = KNOWN_TROUBLE;
        known->why = arena_copy(known->mem, found->why);
    } else if (found->nrows == 1) {
        known->facts = facts_read(known->mem, known->role, known->schema, known->table,
                                  arena_copy(known->mem, found->cells[0]));
        known->state = known->facts != NULL && known->facts->readable ? KNOWN_GOOD : KNOWN_NOTHING;
    }
    known_unref(&known);
    hub_go_on(hub);
}

static void ask(struct hub *hub, struct known *known, const struct claims *claims)
{
    struct question *question = question_new(claims);
    void **arg = arena_array(question->mem, void *, 2);

    arg[0] = known;
    arg[1] = hub;
    question->arg = arg;
    question->sql = embed_find(STR("sql/introspect/live.sql"));
    question->nparams = 4;
    question->params = arena_array(question->mem, str, 4);
    question->params[0] = known->role;
    question->params[1] = known->schema;
    question->params[2] = known->table;
    question->params[3] = hub->publication;
    question->done = on_answer;
    known->refs++;
    hub_ask(hub, question);
}

struct known *known_find(struct hub *hub, const struct claims *claims, str schema, str table)
{
    uint64_t hash = hash_names(claims->role, schema, table);
    struct table_node *node = NULL;

    while (table_next(&hub->known, hash, &node))
        if (is_it(LIST_ENTRY(node, struct known, node), claims->role, schema, table))
            return LIST_ENTRY(node, struct known, node);
    if (hub->known.count >= LIVE_KNOWN_MAX)
        known_forget(hub); /* names that somebody makes up */
    arena *mem = arena_open();
    struct known *known = arena_new(mem, struct known);
    known->mem = mem;
    known->refs = 1;
    known->role = arena_copy(mem, claims->role);
    known->schema = arena_copy(mem, schema);
    known->table = arena_copy(mem, table);
    table_put(&hub->known, &known->node, hash);
    ask(hub, known, claims);
    return known;
}

void known_forget(struct hub *hub)
{
    TABLE_EACH(at, &hub->known)
    {
        struct known *known = LIST_ENTRY(at, struct known, node);
        table_remove(&hub->known, &known->node);
        known_unref(&known);
    }
}

void known_ask_again(struct hub *hub)
{
    TABLE_EACH(at, &hub->known)
    {
        struct known *known = LIST_ENTRY(at, struct known, node);
        if (known->state != KNOWN_TROUBLE)
            continue;
        table_remove(&hub->known, &known->node);
        known_unref(&known);
    }
}
