/* The types a client may cast to: ?select=id::text. Its name becomes part of the SQL, so it is one
 * of the snapshot's, or a word of PostgreSQL's grammar. */
#ifndef REST_CAST_H
#define REST_CAST_H

#include "schema/schema.h"

/* The type as SQL has it; at == NULL when there is none of that name. Which of several is meant,
 * the search path says. */
str cast_find(arena *mem, const struct schema *schema, str name);

#endif
