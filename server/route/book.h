/* The curated routes: every routes/api .sql file, parsed. Counted and immutable like a snapshot.
 * Who reads the files (they may be inside the program) is server/shelf.h. */
#ifndef ROUTE_BOOK_H
#define ROUTE_BOOK_H

#include "base/request.h"

struct book;
struct route_file;
struct route_path;

struct route_text {
    str name; /* "routes/api/stats.sql": for messages */
    str text;
};

/* Parses all files; copies what it keeps. NULL when one is wrong or two claim one URL, with
 * "file:line: sentence" in *why (in mem). The caller holds one reference. */
const struct book *book_make(arena *mem, const struct route_text *texts, size_t count, str *why);
const struct book *book_ref(const struct book *book);
void book_unref(const struct book **book); /* NULLs it */

size_t book_count(const struct book *book);
const struct route_file *book_at(const struct book *book, size_t index); /* sorted by path */

/* Finds the file for a method (HEAD finds GET) and a path as sent, without the query.
 * A segment that is the same literally wins over a {parameter}. False: not found, and then
 * *methods is the set of methods (1 << METHOD_...) that this path does have; 0: no such path. */
struct book_match {
    const struct route_file *file;
    const struct route_path *path; /* of the file's paths, the one that matched */
    str values[PATH_VALUES_MAX];   /* of the path parameters, in order; still percent-encoded */
    unsigned methods;
};
bool book_find(const struct book *book, enum method method, str path, struct book_match *match);

#endif
