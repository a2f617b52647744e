/* What a description shows: the relations and functions of one schema, all of them or those that
 * the caller has a privilege on, as the database says in the caller's own transaction. */
#ifndef OPENAPI_SHOWN_H
#define OPENAPI_SHOWN_H

#include "base/fail.h"
#include "base/statement.h"
#include "schema/schema.h"

enum shown_which { SHOWN_ALLOWED, SHOWN_ALL };

/* Relations by name; functions by name, an overload with fewer parameters first. */
struct shown {
    const struct schema *schema;
    str in;      /* the schema's name */
    str comment; /* on the schema; absent: none */
    const struct relation **relations;
    int nrelations;
    const struct routine **routines;
    int nroutines;
};

/* The statement that asks for it: one row. */
void shown_statement(arena *mem, str in, enum shown_which which, struct statement *statement);

/* Reads its columns. What the snapshot does not know (yet, or any more) is not shown. */
enum { SHOWN_COMMENT, SHOWN_RELATIONS, SHOWN_ROUTINES, SHOWN_COLUMNS };
void shown_read(arena *mem, const struct schema *schema, str in, const str columns[SHOWN_COLUMNS],
                struct shown *shown);

#endif
