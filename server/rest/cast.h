/* The types a client may cast to: ?select=id::text. A table, because a type's name becomes part
 * of the SQL. */
#ifndef REST_CAST_H
#define REST_CAST_H

#include "base/str.h"

/* The type as PostgreSQL writes it; at == NULL when it is none of them. */
str cast_find(str name);

#endif
