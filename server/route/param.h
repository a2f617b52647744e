/* A parameter of a route: the text behind "-- param:", and how a client's value is read. */
#ifndef ROUTE_PARAM_H
#define ROUTE_PARAM_H

#include "base/fail.h"
#include "route/type.h"

enum { PARAMS_MAX = 32, PARAM_WORDS_MAX = 32, PARAM_NAME_MAX = 63 };

struct param {
    str name;
    const struct type *type; /* NULL: one of its words stands in the SQL itself */
    bool list;               /* type[]: a comma list, or a JSON array in a body */
    bool optional;           /* name type?: may be missing; then it is NULL in SQL */
    bool lenient;            /* "else x": x also stands for a word that is not listed */
    bool has_min, has_max;
    double min, max;
    str fallback; /* at == NULL: none */
    const str *words;
    int nwords; /* > 0: one of these */
};

/* How a value arrived: as text of the URL, or as JSON text of a body's key. */
enum param_source { PARAM_FROM_URL, PARAM_FROM_BODY };

/* One value, as PostgreSQL reads it. */
struct param_value {
    bool given; /* by the client */
    str text;   /* at == NULL: SQL NULL */
    int word;   /* index into words, or -1 */
};

/* Reads "limit int = 50 min 1 max 1000". False when it is wrong, the sentence in *why. */
bool param_parse(arena *mem, str line, struct param *param, str *why);

/* Checks one value that the client gave (decoded text, or raw JSON). The failure names the
 * parameter, says what is allowed and quotes the value. */
const struct fail *param_read(arena *mem, const struct param *param, enum param_source source,
                              str raw, struct param_value *value);

/* The value when the client gave none: the fallback or NULL; a failure when it is required. */
const struct fail *param_miss(arena *mem, const struct param *param, struct param_value *value);

/* "an integer between 1 and 1000": for messages and for the table of routes. */
str param_must_be(arena *mem, const struct param *param);

bool param_name_valid(str name); /* [a-z_][a-z0-9_]* */

#endif
