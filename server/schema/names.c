/* Finds relations, routines and columns by name. Open addressing, never more than half full. */
#include "schema/names.h"

static uint64_t hash_of(str scope, str key)
{
    return str_hash(key, str_hash(STR("."), str_hash(scope, STR_HASH_SEED)));
}

static bool is_at(const struct names *names, int at, str scope, str key)
{
    return str_eq(names->keys[at], key) &&
           (names->scopes == NULL || str_eq(names->scopes[at], scope));
}

void names_init(struct names *names, arena *mem, const str *scopes, const str *keys, int count)
{
    size_t room = 4;
    while (room < (size_t)count * 2)
        room *= 2;
    *names = (struct names){scopes, keys, arena_array(mem, int, room), count, room - 1};

    for (int i = 0; i < count; i++) {
        str scope = scopes == NULL ? STR("") : scopes[i];
        size_t slot = hash_of(scope, keys[i]) & names->mask;
        while (names->slots[slot] != 0 && !is_at(names, names->slots[slot] - 1, scope, keys[i]))
            slot = (slot + 1) & names->mask;
        if (names->slots[slot] == 0)
            names->slots[slot] = i + 1;
    }
}

int names_find(const struct names *names, str scope, str key)
{
    if (names->slots == NULL)
        return -1;
    if (names->scopes == NULL)
        scope = STR("");
    size_t slot = hash_of(scope, key) & names->mask;
    while (names->slots[slot] != 0) {
        if (is_at(names, names->slots[slot] - 1, scope, key))
            return names->slots[slot] - 1;
        slot = (slot + 1) & names->mask;
    }
    return -1;
}
