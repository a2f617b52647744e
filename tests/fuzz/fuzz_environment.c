/* Any bytes as a configuration file: it is read whole, or refused with the number of a line; names
 * of what was read are those of variables, and no value is longer than the file. */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>

#include "base/environment.h"

static void check_name(str name)
{
    assert(str_starts(name, STR("PGRST_")) || str_starts(name, STR("POSTERN_")));
    for (size_t i = 0; i < name.len; i++)
        assert(isalnum((unsigned char)name.at[i]) || name.at[i] == '_' || name.at[i] == '.' ||
               name.at[i] == '-');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const process[] = {"A=b", NULL};
    struct environment environment = {.counts = {0}};
    arena *mem = arena_open();

    environment_take(&environment, mem, LAYER_PROCESS, process);
    str why = environment_read(&environment, mem, (str){(const char *)data, size});
    assert(why.at == NULL || str_starts(why, STR("line ")));
    for (int i = 0; i < environment.counts[LAYER_FILE]; i++) {
        check_name(environment.variables[LAYER_FILE][i].name);
        assert(environment.variables[LAYER_FILE][i].value.len <= size);
    }
    arena_close(&mem);
    return 0;
}
