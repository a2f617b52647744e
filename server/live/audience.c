/* The bindings of a table by the role and the subject of who listens: where its policies show rows
 * to their owners alone (owners.h), a row tells who may see it, and nobody else is looked at. */
#include <stdlib.h>

#include "live/callers.h"
#include "live/hub_inside.h"

enum { UUID_CHARS = 36 };

/* A uuid as PostgreSQL prints it. */
struct uid {
    char at[UUID_CHARS];
};

static char lower(char byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

static bool uid_of(const struct binding *binding, struct uid *uid)
{
    const struct claims *claims = binding->listener->claims;

    if (!callers_may_join(claims))
        return false;
    for (size_t i = 0; i < UUID_CHARS; i++)
        uid->at[i] = lower(claims->subject.at[i]);
    return true;
}

static uint64_t hash_of(str uid)
{
    return str_hash(uid, STR_HASH_SEED);
}

/* ---- in ---- */

static struct audience *get(struct watched *watched, const struct claims *claims)
{
    LIST_EACH (node, &watched->audiences) {
        struct audience *audience = LIST_ENTRY(node, struct audience, node);
        if (str_eq(audience->claims->role, claims->role))
            return audience;
    }
    struct audience *audience = calloc(1, sizeof(*audience));
    if (audience == NULL)
        abort();
    audience->claims = claims_ref(claims);
    list_init(&audience->named);
    list_init(&audience->others);
    list_append(&watched->audiences, &audience->node);
    return audience;
}

void audience_add(struct watched *watched, struct binding *binding)
{
    binding->audience = get(watched, binding->listener->claims);
    binding->audience->count++;
}

void audience_add_unkeyed(struct binding *binding)
{
    struct audience *audience = binding->audience;
    struct uid uid;

    binding->named = uid_of(binding, &uid);
    list_append(binding->named ? &audience->named : &audience->others, &binding->of_index);
    if (binding->named)
        table_put(&audience->subjects, &binding->by_subject, hash_of((str){uid.at, UUID_CHARS}));
}

void audience_remove(struct binding *binding)
{
    struct audience *audience = binding->audience;

    if (binding->named)
        table_remove(&audience->subjects, &binding->by_subject);
    binding->named = false;
    binding->audience = NULL;
    if (--audience->count > 0)
        return;
    list_remove(&audience->node);
    table_free(&audience->subjects);
    claims_unref(&audience->claims);
    free(audience);
}

/* ---- out ---- */

struct looking {
    const struct audience *audience;
    const struct change *change;
    void (*found)(void *arg, struct binding *binding);
    void *arg;
};

static void give_all(const struct looking *looking, const struct list *bindings)
{
    LIST_EACH (node, bindings)
        looking->found(looking->arg, LIST_ENTRY(node, struct binding, of_index));
}

/* Those of one owner. A node may stand under another uid with the same hash. */
static void give_owner(const struct looking *looking, str owner)
{
    struct table_node *node = NULL;
    struct uid uid;

    while (table_next(&looking->audience->subjects, hash_of(owner), &node)) {
        struct binding *binding = LIST_ENTRY(node, struct binding, by_subject);
        if (uid_of(binding, &uid) && str_eq((str){uid.at, UUID_CHARS}, owner))
            looking->found(looking->arg, binding);
    }
}

/* Absent: the column says of nobody that it is theirs, or what an earlier one has said. */
static str owner_in(const struct looking *looking, const struct owners *owners, int i)
{
    const struct live_table *table = looking->change->table;
    const struct live_value *row = change_judged(looking->change);
    const struct live_value *value = &row[live_table_column(table, owners->columns[i])];

    for (int j = 0; j < i; j++) {
        const struct live_value *other = &row[live_table_column(table, owners->columns[j])];
        if (other->state == VALUE_TEXT && str_eq(other->text, value->text))
            return (str){NULL, 0};
    }
    return value->state == VALUE_TEXT ? value->text : (str){NULL, 0};
}

/* Is the row as a whole what the policies judge, and are all of its owners' columns in it? What the
 * log does not repeat is looked up in the table, where another may own the row by now. */
static bool tells_owners(const struct change *change, const struct owners *owners)
{
    const struct live_value *row = change_judged(change);

    if (owners->count == 0 || row == NULL ||
        (change->op == CHANGE_DELETE && !change->old_is_whole) || change_lacks_values(change, row))
        return false;
    for (int i = 0; i < owners->count; i++)
        if (live_table_column(change->table, owners->columns[i]) < 0)
            return false;
    return true;
}

void audience_look(struct hub *hub, const struct audience *audience, const struct change *change,
                   void (*found)(void *arg, struct binding *binding), void *arg)
{
    const struct looking looking = {
        .audience = audience, .change = change, .found = found, .arg = arg};
    const struct live_table *table = change->table;

    give_all(&looking, &audience->others);
    if (list_empty(&audience->named))
        return;
    const struct known *known = known_find(hub, audience->claims, table->schema, table->name);
    if (known->state != KNOWN_GOOD || !tells_owners(change, &known->facts->owners)) {
        give_all(&looking, &audience->named);
        return;
    }
    for (int i = 0; i < known->facts->owners.count; i++) {
        str owner = owner_in(&looking, &known->facts->owners, i);
        if (owner.at != NULL)
            give_owner(&looking, owner);
    }
}
