/* Reads the pages of /api/docs; see guide_read.h. */
#include "guide_read.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/embed.h"

enum { ALL_BYTES_MAX = 4 << 20, DEPTH_MAX = 1 };

struct reading {
    arena *mem;
    str folder;
    struct doc_text *texts;
    size_t count, bytes;
    str why; /* at == NULL: all is well */
};

static bool wrong(struct reading *reading, str path, const char *what)
{
    reading->why = arena_printf(reading->mem, "POSTERN_DOCS_DIR: %.*s: %s", STR_ARG(path), what);
    return false;
}

static bool is_page(str name)
{
    return str_ends(name, STR(".md")) && name.at[0] != '.';
}

static bool read_file(struct reading *reading, str path, size_t size)
{
    FILE *file = fopen(path.at, "rbe");

    if (file == NULL)
        return wrong(reading, path, "cannot be read");
    if (reading->count == GUIDE_PAGES_MAX || size > ALL_BYTES_MAX - reading->bytes) {
        (void)fclose(file);
        return wrong(reading, path, "too many pages, or more than 4 MiB of them");
    }
    char *bytes = h2o_mem_alloc_pool(reading->mem, size + 1);
    size_t len = fread(bytes, 1, size, file);
    (void)fclose(file);
    reading->bytes += len;
    reading->texts[reading->count++] = (struct doc_text){
        str_skip(path, reading->folder.len + 1), {bytes, len}
    };
    return true;
}

static bool read_folder(struct reading *reading, str folder, int depth);

static bool read_entry(struct reading *reading, str path, int depth)
{
    struct stat about;

    if (stat(path.at, &about) != 0)
        return wrong(reading, path, "cannot be read");
    if (S_ISDIR(about.st_mode))
        return depth == DEPTH_MAX || read_folder(reading, path, depth + 1);
    return !is_page(path) || read_file(reading, path, (size_t)about.st_size);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool read_folder(struct reading *reading, str folder, int depth)
{
    struct dirent **entries = NULL;
    int count = scandir(folder.at, &entries, visible, alphasort);
    bool good = count >= 0 || wrong(reading, folder, "the folder cannot be read");

    for (int i = 0; i < count; i++) {
        str path = arena_printf(reading->mem, "%.*s/%s", STR_ARG(folder), entries[i]->d_name);
        good = good && read_entry(reading, path, depth);
        free(entries[i]);
    }
    free(entries);
    return good;
}

static void read_embedded(struct reading *reading)
{
    for (const struct embedded *file = embedded_files; file->path != NULL; file++) {
        str path = str_from(file->path), text = {file->start, (size_t)(file->end - file->start)};
        if (str_starts(path, STR("docs/")) && reading->count < GUIDE_PAGES_MAX)
            reading->texts[reading->count++] =
                (struct doc_text){str_skip(path, STR("docs/").len), text};
    }
}

const struct guide *guide_read(const struct config *config, arena *mem, str *why)
{
    struct reading reading = {.mem = mem, .folder = config->docs_dir};

    reading.texts = arena_array(mem, struct doc_text, GUIDE_PAGES_MAX);
    if (config->docs_dir.len == 0)
        read_embedded(&reading);
    else
        (void)read_folder(&reading, arena_copy(mem, config->docs_dir), 0);
    *why = reading.why;
    return reading.why.at == NULL ? guide_make(mem, reading.texts, reading.count) : NULL;
}
