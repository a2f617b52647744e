/* How the text that PostgreSQL writes for a value of a type becomes JSON, and a column's name the
 * key before it. Source: PostgreSQL 8.1 to 8.14, the text forms of types;
 * src/backend/utils/adt/json.c, how json_agg writes them. */
#ifndef SCHEMA_JSON_FORM_H
#define SCHEMA_JSON_FORM_H

#include "base/arena.h"

enum json_form {
    JSON_FORM_CONVERTED, /* PostgreSQL alone knows: to_json() makes it */
    JSON_FORM_JSON,      /* it is JSON already */
    JSON_FORM_NUMBER,    /* it is a JSON number, unless it is NaN or an infinity */
    JSON_FORM_BOOL,      /* t or f */
    JSON_FORM_TEXT       /* a string */
};

/* type: as PostgreSQL writes it: "numeric(10,2)". */
enum json_form json_form_of(str type);

/* "name": */
str json_key_of(arena *mem, str name);

#endif
