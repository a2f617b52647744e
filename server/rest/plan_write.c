/* What only writes have: the columns of the body, the key that may be in the way, and the one row
 * that a PUT names. */
#include <stdlib.h>

#include "rest/plan.h"

static const struct fail *find_written(arena *mem, struct plan *plan);
static const struct fail *find_conflict(arena *mem, struct plan *plan);

static bool is_key_filter(const struct condition *condition, const struct key *key)
{
    if (!condition_is_equality(condition))
        return false;
    for (int i = 0; i < key->ncolumns; i++)
        if (str_eq(condition->field.name, key->columns[i]))
            return true;
    return false;
}

static bool is_filtered(const struct ask *ask, str column)
{
    for (const struct condition *at = ask->where; at != NULL; at = at->next)
        if (str_eq(at->field.name, column))
            return true;
    return false;
}

/* The filters of a PUT are the primary key: all of its columns, with eq, and no others. */
static bool names_the_key(const struct ask *ask, const struct key *key)
{
    for (const struct condition *at = ask->where; at != NULL; at = at->next)
        if (!is_key_filter(at, key))
            return false;
    for (int i = 0; i < key->ncolumns; i++)
        if (!is_filtered(ask, key->columns[i]))
            return false;
    return true;
}

const struct fail *plan_put(arena *mem, const struct plan *plan)
{
    if (plan->ask->kind != ASK_PUT)
        return NULL;
    const struct key *key = relation_primary_key(plan->relation);
    if (key == NULL || !names_the_key(plan->ask, key))
        return fail_new(mem, FAIL_PUT_FILTERS,
                        "Filters must include all and only primary key "
                        "columns with 'eq' operators");
    return NULL;
}

const struct fail *plan_write(arena *mem, struct plan *plan)
{
    TRY(find_written(mem, plan));
    return find_conflict(mem, plan);
}

static int by_text(const void *a, const void *b)
{
    return str_order(*(const str *)a, *(const str *)b);
}

/* Each once and by the alphabet: the order in which a client writes its keys makes no other
 * statement, and no other error. */
static struct name_list sort_names(arena *mem, const struct name_list *names)
{
    struct name_list sorted = {arena_array(mem, str, (size_t)names->count), 0};

    if (names->count == 0)
        return sorted;
    memcpy(sorted.names, names->names, sizeof(str) * (size_t)names->count);
    qsort(sorted.names, (size_t)names->count, sizeof(str), by_text);
    for (int i = 0; i < names->count; i++)
        if (i == 0 || !str_eq(sorted.names[i], sorted.names[sorted.count - 1]))
            sorted.names[sorted.count++] = sorted.names[i];
    return sorted;
}

static const struct fail *find_written(arena *mem, struct plan *plan)
{
    const struct ask *ask = plan->ask;
    bool limited = ask->columns.count > 0 && ask->kind != ASK_PUT;
    struct name_list names = sort_names(mem, limited ? &ask->columns : &ask->body.keys);
    struct column_list *written = &plan->written;

    if (ask->kind != ASK_INSERT && ask->kind != ASK_PUT && ask->kind != ASK_UPDATE)
        return NULL;
    written->list = arena_array(mem, const struct column *, (size_t)names.count);
    for (int i = 0; i < names.count; i++) {
        const struct column *column = relation_column(plan->relation, names.names[i]);
        if (column == NULL)
            return fail_new(mem, FAIL_NO_COLUMN,
                            "Could not find the '%.*s' column of '%.*s' in the schema cache",
                            STR_ARG(names.names[i]), STR_ARG(plan->relation->name));
        written->list[written->count++] = column;
    }
    return NULL;
}

static const struct fail *find_keys(arena *mem, const str *names, int count, struct plan *plan)
{
    struct column_list *keys = &plan->conflict_keys;

    keys->list = arena_array(mem, const struct column *, (size_t)count);
    for (int i = 0; i < count; i++) {
        const struct column *column = relation_column(plan->relation, names[i]);
        if (column == NULL) {
            struct fail *fail =
                fail_new(mem, FAIL_SQL, "column \"%.*s\" does not exist", STR_ARG(names[i]));
            fail->code = "42703"; /* undefined_column */
            return fail;
        }
        keys->list[keys->count++] = column;
    }
    return NULL;
}

static bool is_written(const struct plan *plan, str name)
{
    for (int i = 0; i < plan->written.count; i++)
        if (str_eq(plan->written.list[i]->name, name))
            return true;
    return false;
}

const struct fail *plan_put_mismatch(arena *mem)
{
    return fail_new(mem, FAIL_PUT_PK, "Payload values do not match URL in primary key column(s)");
}

/* The body must bring the key too; that it is the URL's is seen when the row is written. */
static const struct fail *find_put_keys(arena *mem, struct plan *plan)
{
    const struct key *key = relation_primary_key(plan->relation);

    for (int i = 0; i < key->ncolumns; i++)
        if (!is_written(plan, key->columns[i]))
            return plan_put_mismatch(mem);
    plan->conflict = CONFLICT_MERGES;
    return find_keys(mem, key->columns, key->ncolumns, plan);
}

/* resolution= means something only where a key can be in the way: the one that on_conflict
 * names, else the primary key. */
static const struct fail *find_conflict(arena *mem, struct plan *plan)
{
    const struct ask *ask = plan->ask;
    bool merges = prefer_is(&ask->prefer, PREFER_RESOLUTION, CHOICE_MERGE_DUPLICATES);
    bool ignores = prefer_is(&ask->prefer, PREFER_RESOLUTION, CHOICE_IGNORE_DUPLICATES);

    if (ask->kind == ASK_PUT)
        return find_put_keys(mem, plan);
    if (ask->kind != ASK_INSERT || (!merges && !ignores))
        return NULL;
    const struct key *primary = relation_primary_key(plan->relation);
    if (ask->on_conflict.count > 0)
        TRY(find_keys(mem, ask->on_conflict.names, ask->on_conflict.count, plan));
    else if (primary != NULL)
        TRY(find_keys(mem, primary->columns, primary->ncolumns, plan));
    if (plan->conflict_keys.count > 0)
        plan->conflict = merges ? CONFLICT_MERGES : CONFLICT_IGNORED;
    return NULL;
}
