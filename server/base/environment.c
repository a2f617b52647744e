/* See environment.h. */
#include "base/environment.h"

void environment_take(struct environment *environment, arena *mem, enum layer layer,
                      const char *const *list)
{
    int count = 0;

    while (list[count] != NULL)
        count++;
    environment->variables[layer] = arena_array(mem, struct variable, (size_t)count);
    environment->counts[layer] = count;
    for (int i = 0; i < count; i++) {
        struct variable *variable = &environment->variables[layer][i];
        variable->value = str_from(list[i]);
        if (!str_cut(&variable->value, '=', &variable->name) || variable->value.at == NULL)
            variable->value = STR("");
    }
}

/* Of equal names the last one counts, as of equal lines of a file. */
str environment_find_in(const struct environment *environment, enum layer layer, str name)
{
    for (int i = environment->counts[layer] - 1; i >= 0; i--)
        if (str_eq(environment->variables[layer][i].name, name))
            return environment->variables[layer][i].value;
    return (str){NULL, 0};
}

str environment_find(const struct environment *environment, str name)
{
    str value = {NULL, 0};

    for (int layer = LAYERS - 1; layer >= 0 && value.at == NULL; layer--)
        value = environment_find_in(environment, (enum layer)layer, name);
    return value;
}
