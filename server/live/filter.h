/* Filters of a subscription: "owner=eq.7,status=in.(a,b)", all of which must hold. What is told
 * apart the same way everywhere is told here; patterns of PostgreSQL, orders that depend on a
 * collation and types we do not compare are left to PostgreSQL (FILTER_ASK).
 * Source: reference "Wire protocol", 1.10. */
#ifndef LIVE_FILTER_H
#define LIVE_FILTER_H

#include "base/buf.h"
#include "live/facts.h"

enum { FILTER_VALUES_MAX = 100, FILTER_CONDITIONS_MAX = 32 };

enum filter_op {
    FILTER_EQ,
    FILTER_NEQ,
    FILTER_LT,
    FILTER_LTE,
    FILTER_GT,
    FILTER_GTE,
    FILTER_IN,
    FILTER_LIKE,
    FILTER_ILIKE,
    FILTER_IS,
    FILTER_MATCH,
    FILTER_IMATCH,
    FILTER_ISDISTINCT
};

struct filter {
    str column;
    bool negated;
    enum filter_op op;
    str *values; /* of IN several; else one. Unquoted. */
    int nvalues;
    struct filter *next;
};

/* Reads the text; *filters is NULL for an empty one. NULL, or why it is refused. */
const char *filter_read(arena *mem, str text, struct filter **filters);

/* Are the columns there and may the role read them, do operators and types fit? NULL, or a
 * sentence in mem. */
const char *filter_check(arena *mem, const struct filter *filters, const struct facts *facts);

enum verdict { FILTER_NO, FILTER_YES, FILTER_ASK };

/* Does the row pass? What cannot be read from the log does not (fail closed). */
enum verdict filter_judge(const struct filter *filters, const struct facts *facts,
                          const struct live_table *table, const struct live_value *row);

/* Is each condition one that we tell by ourselves, or must PostgreSQL read its values first? */
bool filter_is_plain(const struct filter *filters, const struct facts *facts);

/* A condition that only rows pass which have one of its values, as PostgreSQL prints them, in the
 * column: to find a filter by the row. NULL: there is none. values, in mem, are as many as the
 * condition has. */
const struct filter *filter_key(arena *mem, const struct filter *filters, const struct facts *facts,
                                str **values);

/* The statement that fails if PostgreSQL does not understand a value or an operator. */
struct filter_sql;
str filter_proof_sql(arena *mem, const struct filter *filters, const struct facts *facts,
                     struct filter_sql *sql);

/* The filters as one SQL condition on the table's columns, the values as parameters from
 * $(given + 1) on; room is left for those given. */
struct filter_sql {
    struct buf text;
    str *params;
    int nparams;
};
void filter_sql(arena *mem, const struct filter *filters, const struct facts *facts, int given,
                struct filter_sql *sql);

#endif
