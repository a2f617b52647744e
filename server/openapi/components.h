/* What an OpenAPI 3.1 description refers to: schemas, parameters, the failure. A relation has three
 * schemas: its columns, a row (columns that are never null are required) and an insert (columns
 * without a default are). Only describe_3_1.c includes it. */
#ifndef OPENAPI_COMPONENTS_H
#define OPENAPI_COMPONENTS_H

#include "openapi/parts.h"

#define NONE ((str){NULL, 0})

/* "rowFilter.primes.id", of a prefix and one or two names; column NONE: of one. */
str component_name(const struct description *to, str prefix, str name, str column);

/* {"$ref": ...} to a component of a kind: "schemas", "parameters", "responses". */
void component_ref(struct description *to, const char *kind, str name);

/* The member "components". */
void components_put(struct description *to);

#endif
