/* A parameter's type and limits as JSON Schema. Source: JSON Schema 2020-12, Validation. */
#ifndef ROUTE_OPENAPI_SCHEMA_H
#define ROUTE_OPENAPI_SCHEMA_H

#include "base/writer.h"
#include "route/param.h"

/* A value: the schema object of the parameter. */
void openapi_schema_put(struct writer *writer, const struct param *param);

/* The same, or null. */
void openapi_schema_put_nullable(struct writer *writer, const struct param *param);

#endif
