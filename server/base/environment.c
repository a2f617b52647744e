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

str environment_find(const struct environment *environment, str name)
{
    for (int layer = LAYERS - 1; layer >= 0; layer--)
        for (int i = 0; i < environment->counts[layer]; i++)
            if (str_eq(environment->variables[layer][i].name, name))
                return environment->variables[layer][i].value;
    return (str){NULL, 0};
}
