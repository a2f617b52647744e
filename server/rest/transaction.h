/* What a request wants of its transaction beside the statement: the pre-request function, settings,
 * how it ends, how many rows it may touch. Source: PostgREST "Transactions", "Prefer Header". */
#ifndef REST_TRANSACTION_H
#define REST_TRANSACTION_H

#include "rest/ask.h"

struct plan;

enum { TRANSACTION_GUCS_MAX = 16 }; /* a time zone and settings of a function */

struct transaction {
    str before; /* calls the pre-request function; absent: there is none */
    struct guc gucs[TRANSACTION_GUCS_MAX];
    int ngucs;
    enum isolation isolation;
    enum ending ending;
    int64_t max_affected; /* more rows undo the request; -1: any number */
};

/* Fills plan->transaction, for a plan whose target is known. */
const struct fail *transaction_make(arena *mem, const struct config *config, struct plan *plan);

/* The call of the pre-request function; absent: there is none. */
str transaction_before(arena *mem, const struct config *config);

/* Puts it into the statement. */
void transaction_put(const struct transaction *transaction, struct statement *statement);

/* 400: more rows than max-affected allows. */
const struct fail *transaction_too_many(arena *mem, int64_t rows);

#endif
