/* Memory with one death. Everything a request needs is allocated from its
 * arena and nothing is freed by hand; the arena dies when h2o drops the request.
 * Out of memory aborts the process (h2o_mem_alloc does), so nothing returns NULL. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <h2o/memory.h>
#include <string.h>

#include "base/str.h"

typedef h2o_mem_pool_t arena;

#define arena_new(mem, type) ((type *)arena_zero((mem), sizeof(type)))
#define arena_array(mem, type, count) ((type *)arena_zero((mem), sizeof(type) * (count)))

static inline void *arena_zero(arena *mem, size_t size)
{
    return memset(h2o_mem_alloc_pool(mem, size), 0, size);
}

/* An arena that no request owns: a snapshot's, a route's, a command's. arena_close NULLs it. */
arena *arena_open(void);
void arena_close(arena **mem);

/* Calls fn(arg) when the arena dies. Used to abandon work that outlives a request. */
void arena_on_death(arena *mem, void (*fn)(void *arg), void *arg);

str arena_copy(arena *mem, str text); /* the copy is followed by a NUL byte */
str arena_printf(arena *mem, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text with a NUL byte behind it, for a library that wants one. */
static inline const char *arena_cstr(arena *mem, str text)
{
    return arena_copy(mem, text).at;
}

#endif
