/* What the database exposes, as an immutable counted snapshot: made from the JSON text that
 * sql/introspect/schema.sql returns. Identifiers in SQL come from here and nowhere else. */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include "base/arena.h"

struct schema;

/* Parses one answer of sql/introspect/schema.sql. NULL on malformed text, the sentence in *why.
 * The caller holds one reference. */
const struct schema *schema_load(arena *mem, str json, str *why);
const struct schema *schema_ref(const struct schema *schema);
void schema_unref(const struct schema **schema);

/* True when a function, policy, view or default of the database reads request.method,
 * request.path, request.headers or request.cookies: only then are they set for reads too. */
bool schema_reads_request(const struct schema *schema);

#endif
