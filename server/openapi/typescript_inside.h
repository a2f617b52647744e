/* What the two files of the TypeScript writer share. */
#ifndef OPENAPI_TYPESCRIPT_INSIDE_H
#define OPENAPI_TYPESCRIPT_INSIDE_H

#include "openapi/typescript.h"

struct typescript {
    struct buf *out;
    const struct schema *schema;
    str schemas;
    int depth;
};

/* A line at the present depth. _open ends it with "{" and goes deeper; _close comes back. */
void typescript_line(struct typescript *ts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void typescript_open(struct typescript *ts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void typescript_close(struct typescript *ts);

/* A property's name: quoted when it must be. A string literal. Both in the writer's arena. */
str typescript_key(const struct typescript *ts, str name);
str typescript_literal(const struct typescript *ts, str text);

/* PostgreSQL's type as TypeScript's. */
str typescript_type(const struct typescript *ts, str type);
str typescript_column_type(const struct typescript *ts, const struct column *column);

bool typescript_is_exposed(const struct typescript *ts, str schema);

/* typescript_function.c: Functions of one schema. */
void typescript_functions(struct typescript *ts, str schema);

/* typescript_helpers.c: Tables<>, TablesInsert<>, Enums<> ... and Constants. */
void typescript_helpers(struct typescript *ts);

#endif
