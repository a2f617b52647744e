/* The types a client may cast to: ?select=id::text. Its name becomes part of the SQL, so it is one
 * of the snapshot's, or a word of PostgreSQL's grammar. */
#ifndef REST_CAST_H
#define REST_CAST_H

#include "base/fail.h"
#include "schema/schema.h"

/* The type as SQL has it; 400 when there is none of that name. Which of several is meant, the
 * search path says. */
const struct fail *cast_find(arena *mem, const struct schema *schema, str name, str *type);

#endif
