/* See state.h. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static str folder(arena *mem, const struct config *config)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (config->state_dir.at != NULL)
        return str_eq(config->state_dir, STR("off")) ? STR("") : config->state_dir;
    if (state != NULL && state[0] == '/')
        return arena_printf(mem, "%s/postern", state);
    return home != NULL && home[0] == '/' ? arena_printf(mem, "%s/.local/state/postern", home)
                                          : STR("");
}

str state_path(arena *mem, const struct config *config, const char *name)
{
    str dir = folder(mem, config);
    return dir.len == 0 ? (str){NULL, 0} : arena_printf(mem, "%.*s/%s", STR_ARG(dir), name);
}

str state_read(arena *mem, str path, size_t max)
{
    FILE *file = fopen(arena_cstr(mem, path), "re");
    str text = {NULL, 0};

    if (file == NULL)
        return text;
    char *room = h2o_mem_alloc_pool(mem, max + 1);
    size_t len = fread(room, 1, max + 1, file);
    if (len <= max && !ferror(file))
        text = (str){room, len};
    fclose(file);
    return text;
}

static void make_folders(arena *mem, str path)
{
    for (size_t i = 1; i < path.len; i++)
        if (path.at[i] == '/')
            mkdir(arena_cstr(mem, (str){path.at, i}), 0700);
}

static bool fill(const char *path, str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool fine = fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return fine;
}

bool state_write(arena *mem, str path, str text, str *why)
{
    const char *fresh = arena_printf(mem, "%.*s.%d", STR_ARG(path), (int)getpid()).at;

    make_folders(mem, path);
    if (fill(fresh, text) && rename(fresh, arena_cstr(mem, path)) == 0)
        return true;
    *why = arena_printf(mem, "%.*s: %s", STR_ARG(path), strerror(errno));
    unlink(fresh);
    return false;
}
