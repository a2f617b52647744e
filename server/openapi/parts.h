/* What both dialects share: properties, comments, notes on keys, where the server is. Only the
 * files of this folder include it. */
#ifndef OPENAPI_PARTS_H
#define OPENAPI_PARTS_H

#include "base/writer.h"
#include "openapi/describe.h"
#include "openapi/kind.h"

struct description {
    struct writer writer;
    arena *mem;
    const struct config *config;
    const struct shown *shown;
    enum dialect dialect;
};

void describe_2_0(struct description *to);
void describe_3_1(struct description *to);

/* "title": first line, "description": the others, of a comment; names as the caller likes. */
void parts_comment(struct description *to, str first, str rest, str comment);

/* "properties" of a relation: its columns. None, none at all. */
void parts_columns(struct description *to, const struct relation *relation);

/* The members of an argument's schema; "properties" and "required" of all arguments. */
void parts_argument(struct description *to, const struct parameter *parameter);
void parts_arguments(struct description *to, const struct routine *routine);

/* "info" and "externalDocs". */
void parts_info(struct description *to);

/* The type as the API's own schema sees it: "api.mood" is "mood". */
str parts_local_type(const struct description *to, str type);

/* Where clients find the API. */
struct place {
    str scheme, host, base; /* "https", "example.com:8443", "/base" */
};
struct place parts_place(arena *mem, const struct config *config);

bool parts_writable(const struct relation *relation);

/* The last of a function's overloads that is shown: the list has them side by side. */
bool parts_is_last(const struct shown *shown, int routine);

#endif
