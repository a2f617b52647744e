/* Which relationship a client means by a name in `select`: PostgREST's rules, suggestions and
 * list of candidates. Source: PostgREST, "Resource Embedding", "Foreign Key Joins on Multiple
 * Foreign Key Relationships", "Errors". */
#ifndef REST_RELATE_H
#define REST_RELATE_H

#include "base/fail.h"
#include "schema/schema.h"

/* What is looked for. Both ends of a relationship are in `schema`. */
struct relate {
    str schema;
    str origin; /* a relation's name, or anything else: then there are no relationships */
    str target; /* a relation, a computed relationship, a constraint or a column of a foreign key */
    str hint;   /* a constraint, a column or a junction; absent: none */
};

/* PGRST200 (400) when there is none, PGRST201 (300, with all of them) when there are several. */
const struct fail *relate_find(arena *mem, const struct schema *schema, const struct relate *wanted,
                               const struct relationship **relationship);

#endif
