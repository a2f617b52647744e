/* Reads the route files, from inside the program or from a folder; see shelf.h. */
#include "shelf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/embed.h"

enum { FILES_MAX = 2000, FILE_BYTES_MAX = 1 << 20, DEPTH_MAX = 8 };

/* The files found so far. */
struct gather {
    arena *mem;
    struct route_text *texts;
    size_t count;
    str why; /* at == NULL: all is well */
};

static bool wrong(struct gather *gather, const char *what, str path)
{
    if (gather->why.at == NULL)
        gather->why = arena_printf(gather->mem, "%.*s: %s", STR_ARG(path), what);
    return false;
}

static bool add(struct gather *gather, str name, str text)
{
    if (gather->count == FILES_MAX)
        return wrong(gather, "too many route files", name);
    gather->texts[gather->count++] = (struct route_text){name, text};
    return true;
}

static bool is_route(str name)
{
    return str_ends(name, STR(".sql")) && name.at[0] != '.';
}

static bool gather_embedded(struct gather *gather)
{
    for (const struct embedded *file = embedded_files; file->path != NULL; file++) {
        str path = str_from(file->path);
        if (str_starts(path, STR("routes/api/")) && is_route(path) &&
            !add(gather, path, (str){file->start, (size_t)(file->end - file->start)}))
            return false;
    }
    return true;
}

static bool gather_file(struct gather *gather, str path)
{
    FILE *file = fopen(path.at, "rbe");
    char *bytes = h2o_mem_alloc_pool(gather->mem, FILE_BYTES_MAX);

    if (file == NULL)
        return wrong(gather, "cannot be read", path);
    size_t len = fread(bytes, 1, FILE_BYTES_MAX, file);
    bool whole = feof(file) != 0;
    (void)fclose(file);
    return whole ? add(gather, path, (str){bytes, len})
                 : wrong(gather, "cannot be read, or is larger than 1 MiB", path);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool gather_folder(struct gather *gather, str folder, int depth);

static bool gather_entry(struct gather *gather, str path, int depth)
{
    struct stat about;

    if (stat(path.at, &about) != 0)
        return true; /* it has just been removed */
    if (S_ISDIR(about.st_mode))
        return depth == DEPTH_MAX || gather_folder(gather, path, depth + 1);
    return !is_route(path) || gather_file(gather, path);
}

/* In the order of names, so that an unchanged folder reads the same. */
static bool gather_folder(struct gather *gather, str folder, int depth)
{
    struct dirent **entries = NULL;
    int count = scandir(folder.at, &entries, visible, by_name);
    bool good = count >= 0 || wrong(gather, "the folder of routes cannot be read", folder);

    for (int i = 0; i < count; i++) {
        str path = arena_printf(gather->mem, "%.*s/%s", STR_ARG(folder), entries[i]->d_name);
        good = good && gather_entry(gather, path, depth);
        free(entries[i]);
    }
    free(entries);
    return good;
}

static uint64_t hash_of(const struct gather *gather)
{
    uint64_t hash = str_hash(gather->why, STR_HASH_SEED);

    for (size_t i = 0; i < gather->count; i++)
        hash = str_hash(gather->texts[i].text, str_hash(gather->texts[i].name, hash));
    return hash;
}

const struct book *shelf_read(struct shelf *shelf, arena *mem, str *why)
{
    str folder = shelf->config->routes_dir;
    struct gather gather = {.mem = arena_open()};
    const struct book *book = NULL;

    *why = (str){NULL, 0};
    gather.texts = arena_array(gather.mem, struct route_text, FILES_MAX);
    bool good = folder.len > 0 ? gather_folder(&gather, arena_copy(gather.mem, folder), 0)
                               : shelf->seen != 0 || gather_embedded(&gather);
    uint64_t hash = folder.len > 0 ? hash_of(&gather) : 1;
    if (hash != shelf->seen) {
        if (good)
            book = book_make(mem, gather.texts, gather.count, why);
        else
            *why = arena_copy(mem, gather.why);
    }
    shelf->seen = hash;
    arena_close(&gather.mem);
    return book;
}
