/* The description of an API, as one JSON text: OpenAPI 2.0 as PostgREST's clients expect it, or
 * OpenAPI 3.1. Written from the snapshot straight into a buffer.
 * Source: OpenAPI Specification 2.0 and 3.1.0; PostgREST "OpenAPI". */
#ifndef OPENAPI_DESCRIBE_H
#define OPENAPI_DESCRIBE_H

#include "base/config.h"
#include "openapi/shown.h"

enum dialect { DIALECT_2_0, DIALECT_3_1, DIALECTS };

/* Reads the parameter ?openapi=, absent: 2.0. 400 on another version. */
const struct fail *describe_dialect(arena *mem, str text, enum dialect *dialect);

/* at == NULL when the text would be larger than DESCRIPTION_MAX. */
enum { DESCRIPTION_MAX = 256 << 20 };
str describe(arena *mem, const struct config *config, const struct shown *shown,
             enum dialect dialect);

#endif
