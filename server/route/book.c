/* All route files, found by path. The paths are kept sorted with literals before parameters, so
 * the first that matches is the most literal one. */
#include "route/book.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "route/file.h"

struct place {
    const struct route_file *file;
    const struct route_path *path;
};

struct book {
    atomic_int refs;
    arena *mem;
    const struct route_file **files;
    size_t nfiles;
    struct place *places; /* every path of every file */
    size_t nplaces;
    struct place **exact; /* an open hash table of the places without parameters */
    size_t mask;
};

static bool is_param(str segment)
{
    return segment.at[0] == '{';
}

static int compare_text(str a, str b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* By the first segment that differs: a literal before a parameter, literals by their text. */
static int compare_paths(const struct route_path *a, const struct route_path *b)
{
    for (int i = 0; i < a->nsegments && i < b->nsegments; i++) {
        bool a_is = is_param(a->segments[i]), b_is = is_param(b->segments[i]);
        int order = a_is || b_is ? a_is - b_is : compare_text(a->segments[i], b->segments[i]);
        if (order != 0)
            return order;
    }
    return a->nsegments - b->nsegments;
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = compare_paths(a->path, b->path);
    return order != 0 ? order : (int)a->file->method - (int)b->file->method;
}

static int compare_files(const void *left, const void *right)
{
    const struct route_file *const *a = left, *const *b = right;
    int order = compare_paths((*a)->paths, (*b)->paths);
    return order != 0 ? order : (int)(*a)->method - (int)(*b)->method;
}

static bool has_params(const struct route_path *path)
{
    for (int i = 0; i < path->nsegments; i++)
        if (path->params[i] >= 0)
            return true;
    return false;
}

static size_t hash_path(str path)
{
    return (size_t)str_hash(path, STR_HASH_SEED);
}

static void make_table(struct book *book)
{
    size_t size = 16;
    while (size < book->nplaces * 2)
        size *= 2;
    book->mask = size - 1;
    book->exact = arena_array(book->mem, struct place *, size);
    for (size_t i = 0; i < book->nplaces; i++) {
        if (has_params(book->places[i].path))
            continue;
        size_t at = hash_path(book->places[i].path->text) & book->mask;
        while (book->exact[at] != NULL)
            at = (at + 1) & book->mask;
        book->exact[at] = &book->places[i];
    }
}

static bool make_places(struct book *book, arena *mem, str *why)
{
    book->places = arena_array(book->mem, struct place, book->nfiles * ROUTE_PATHS_MAX + 1);
    for (size_t i = 0; i < book->nfiles; i++)
        for (int path = 0; path < book->files[i]->npaths; path++)
            book->places[book->nplaces++] =
                (struct place){book->files[i], &book->files[i]->paths[path]};
    qsort(book->places, book->nplaces, sizeof(*book->places), compare_places);
    for (size_t i = 1; i < book->nplaces; i++) {
        const struct place *a = &book->places[i - 1], *b = &book->places[i];
        if (compare_places(a, b) != 0)
            continue;
        *why = arena_printf(mem, "%.*s:1: %.*s is also the URL of %.*s", STR_ARG(b->file->name),
                            STR_ARG(b->path->text), STR_ARG(a->file->name));
        return false;
    }
    make_table(book);
    return true;
}

static bool parse_files(struct book *book, arena *mem, const struct route_text *texts, str *why)
{
    for (size_t i = 0; i < book->nfiles; i++) {
        str wrong;
        book->files[i] = route_file_parse(book->mem, texts[i].name, texts[i].text, &wrong);
        if (book->files[i] == NULL) {
            *why = arena_copy(mem, wrong);
            return false;
        }
    }
    qsort(book->files, book->nfiles, sizeof(struct route_file *), compare_files);
    return true;
}

const struct book *book_make(arena *mem, const struct route_text *texts, size_t count, str *why)
{
    arena *own = arena_open();
    struct book *book = arena_new(own, struct book);

    book->refs = 1;
    book->mem = own;
    book->nfiles = count;
    book->files = arena_array(own, const struct route_file *, count + 1);
    if (parse_files(book, mem, texts, why) && make_places(book, mem, why))
        return book;
    arena_close(&own);
    return NULL;
}

const struct book *book_ref(const struct book *book)
{
    atomic_fetch_add_explicit(&((struct book *)(uintptr_t)book)->refs, 1, memory_order_relaxed);
    return book;
}

void book_unref(const struct book **book)
{
    struct book *last = (struct book *)(uintptr_t)*book;

    *book = NULL;
    if (last == NULL || atomic_fetch_sub(&last->refs, 1) != 1)
        return;
    arena *mem = last->mem; /* the book itself lives in it */
    arena_close(&mem);
}

size_t book_count(const struct book *book)
{
    return book->nfiles;
}

const struct route_file *book_at(const struct book *book, size_t index)
{
    return book->files[index];
}

/* HEAD asks what a GET would answer: not of a file that changes rows. */
static bool answers(const struct route_file *file, enum method method)
{
    bool asked_only = method == METHOD_HEAD && !file->writes;

    return file->method == (asked_only ? METHOD_GET : method);
}

/* Notes the place when its method is the one, and its method in any case. */
static bool try_place(const struct place *place, enum method method, struct book_match *match)
{
    match->methods |= 1U << place->file->method;
    if (answers(place->file, METHOD_HEAD))
        match->methods |= 1U << METHOD_HEAD;
    if (!answers(place->file, method))
        return false;
    match->file = place->file;
    match->path = place->path;
    return true;
}

static bool find_exact(const struct book *book, enum method method, str path,
                       struct book_match *match)
{
    size_t at = hash_path(path) & book->mask;

    for (; book->exact[at] != NULL; at = (at + 1) & book->mask)
        if (str_eq(book->exact[at]->path->text, path) && try_place(book->exact[at], method, match))
            return true;
    return false;
}

static bool fits(const struct route_path *pattern, str path, str *values)
{
    str rest = str_skip(path, 1), segment;
    int count = 0, i = 0;

    while (str_cut(&rest, '/', &segment)) {
        if (i == pattern->nsegments || segment.len == 0)
            return false;
        if (pattern->params[i] >= 0)
            values[count++] = segment;
        else if (!str_eq(pattern->segments[i], segment))
            return false;
        i++;
    }
    return i == pattern->nsegments;
}

bool book_find(const struct book *book, enum method method, str path, struct book_match *match)
{
    match->methods = 0;
    if (find_exact(book, method, path, match))
        return true;
    if (match->methods != 0)
        return false; /* the literal path exists, with other methods */
    for (size_t i = 0; i < book->nplaces; i++) {
        const struct place *place = &book->places[i];
        if (has_params(place->path) && fits(place->path, path, match->values) &&
            try_place(place, method, match))
            return true;
    }
    return false;
}
