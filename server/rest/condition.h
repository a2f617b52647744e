/* Filters as the client wrote them: ?age=gte.18, ?or=(a.eq.1,not.and(b.is.null,c.in.(1,2))). */
#ifndef REST_CONDITION_H
#define REST_CONDITION_H

#include "rest/op.h"
#include "rest/scan.h"

enum condition_kind { CONDITION_FILTER, CONDITION_AND, CONDITION_OR };
enum quantifier { QUANTIFIER_NONE, QUANTIFIER_ANY, QUANTIFIER_ALL };

struct condition {
    enum condition_kind kind;
    bool negated;
    struct field field; /* this and the next four: of filters */
    const struct op *op;
    enum quantifier quantifier;
    str value;                  /* a list is an array literal already: {"a","b"} */
    int elements;               /* of the list */
    str config;                 /* of a text search; absent: the database's default */
    struct condition *children; /* of AND and OR */
    struct condition *next;
};

/* Reads "not.in.(1,2)" as a filter on the field. */
const struct fail *condition_read(arena *mem, struct field field, str text,
                                  struct condition **condition);

/* True when the text begins as an operator expression does, "in." and "not." too, whatever follows.
 * Arguments of GET /rpc/... are the parameters whose value does not. */
bool condition_looks_like(arena *mem, str text);

/* Is it that one field, not a path in it, equals one value? */
bool condition_is_equality(const struct condition *condition);

/* Reads "(a.eq.1,b.eq.2)", the value of and=, or=, not.and= and not.or=. */
const struct fail *condition_read_tree(arena *mem, enum condition_kind kind, bool negated, str text,
                                       struct condition **condition);

#endif
