/* See arena.h. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

arena *arena_open(void)
{
    arena *mem = h2o_mem_alloc(sizeof(*mem));
    h2o_mem_init_pool(mem);
    return mem;
}

void arena_close(arena **mem)
{
    if (*mem == NULL)
        return;
    h2o_mem_clear_pool(*mem);
    free(*mem);
    *mem = NULL;
}

struct hook {
    void (*fn)(void *arg);
    void *arg;
};

static void run_hook(void *memory)
{
    struct hook *hook = memory;
    hook->fn(hook->arg);
}

void arena_on_death(arena *mem, void (*fn)(void *arg), void *arg)
{
    struct hook *hook = h2o_mem_alloc_shared(mem, sizeof(*hook), run_hook);
    *hook = (struct hook){fn, arg};
}

str arena_copy(arena *mem, str text)
{
    char *copy = h2o_mem_alloc_pool(mem, text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return (str){copy, text.len};
}

str arena_printf(arena *mem, const char *format, ...)
{
    char line[512];
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    str text = STR("");
    if (len >= 0 && (size_t)len < sizeof(line)) {
        text = arena_copy(mem, (str){line, (size_t)len});
    } else if (len >= 0) {
        char *at = h2o_mem_alloc_pool(mem, (size_t)len + 1);
        vsnprintf(at, (size_t)len + 1, format, again);
        text = (str){at, (size_t)len};
    }
    va_end(again);
    return text;
}
