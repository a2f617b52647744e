/* The types of parameters: what a client may write, and the cast PostgreSQL gets. */
#ifndef ROUTE_TYPE_H
#define ROUTE_TYPE_H

#include "base/json.h"

enum type_size { SIZE_NONE, SIZE_VALUE, SIZE_LENGTH }; /* what "min" and "max" speak of */

struct type {
    str name;            /* in a route file */
    str cast, list_cast; /* "::bigint", "::bigint[]" */
    const char *must_be; /* "an integer": ends the sentence "limit must be ..." */
    bool (*check)(str text);
    enum type_size size;
    enum json_kind json; /* what a body may hold beside a string; JSON_INVALID: anything */
};

const struct type *type_find(str name); /* NULL when unknown */

/* What min and max compare: the number itself, or the length in characters. */
double type_measure(const struct type *type, str text);

#endif
