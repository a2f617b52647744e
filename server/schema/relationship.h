/* How the rows of one relation belong to those of another: what embedding follows. Found from
 * foreign keys (also through views that show their columns), from tables that join two others, and
 * from functions that take a row and return rows. Source: PostgREST, "Resource Embedding". */
#ifndef SCHEMA_RELATIONSHIP_H
#define SCHEMA_RELATIONSHIP_H

#include "base/arena.h"

struct relation;

enum relationship_kind {               /* in the order in which a relation has them */
                         TO_MANY,      /* the foreign key is of the other relation */
                         TO_ONE,       /* the foreign key is ours */
                         ONE_TO_ONE,   /* its columns are unique; of either side */
                         MANY_TO_MANY, /* by a junction whose primary key holds a foreign key to
                                          each */
                         COMPUTED      /* by a function of one argument, our row */
};

/* A foreign key between two relations: left[i] = right[i] for each of its columns. */
struct join {
    str constraint;
    const str *left, *right;
    int count;
};

struct relationship {
    enum relationship_kind kind;
    bool to_one; /* at most one row: an object; otherwise an array */
    bool self;   /* from and to are the same */
    bool back;   /* the foreign key is of `to`; of one to one, the kind does not say it */
    const struct relation *from, *to;
    struct join on;                  /* from = to; many to many: from = junction. None: computed */
    const struct relation *junction; /* of many to many only */
    struct join beyond;              /* of many to many only: to = junction */
    str function_schema, function;   /* of a computed one only */
};

#endif
