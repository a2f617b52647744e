/* What the two halves of a route file's parser share: where we are and what was wrong first. */
#ifndef ROUTE_READER_H
#define ROUTE_READER_H

#include "base/arena.h"
#include "route/file.h"

struct reader {
    arena *mem;
    struct route_file *file;
    str rest; /* of the text */
    int line; /* of what is being read, from 1 */
    str why;  /* at == NULL: all is well so far */
};

/* Notes the first failure as "name:line: sentence". Always false. */
bool reader_fail(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads "limit form=csv": the conditions behind "--?". */
bool conditions_parse(struct reader *reader, str text, struct conditions *conditions);

/* Reads the SQL behind the header into file->stretches. */
bool sql_parse(struct reader *reader);

#endif
