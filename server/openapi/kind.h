/* PostgreSQL's types as JSON Schema names them. Source: PostgREST's description of itself, whose
 * names of formats clients know; JSON Schema "type". */
#ifndef OPENAPI_KIND_H
#define OPENAPI_KIND_H

#include "base/arena.h"

struct kind {
    str name;   /* PostgreSQL's own, without a length: "character varying", "text[]" */
    str type;   /* "string", "integer", "number", "boolean", "array"; absent: anything (json) */
    str format; /* "int32", "int64", or the name */
    str item;   /* of an array: the type of its elements; absent: anything */
    bool array;
    str max_length; /* of character(n) and character varying(n): the digits; absent: none */
};

/* What the type is that the catalogue writes so: "numeric(10,2)", "api.\"Mood\"[]". */
struct kind kind_of(arena *mem, str type);

/* The type of an array's elements; of no array: its own. */
str kind_element(const struct kind *kind);

#endif
