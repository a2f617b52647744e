/* What a transaction is told: the settings of the program, of the role, of the request and of
 * the statement, in this order; a later one wins. */
#ifndef PG_CONTEXT_H
#define PG_CONTEXT_H

#include "pg/pool.h"

/* The statement as it is to run for this request: with all its gucs and the role's isolation. What
 * is new in it lives in the request's arena. request.method, request.path, request.headers and
 * request.cookies are set for each write and for a unit that has its transaction for itself; for
 * other reads only if something in the database reads them, for setting them ends the sharing of
 * transactions. Source: PostgREST "Transactions", "Transaction-Scoped Settings". */
struct statement context_statement(const struct db_options *options, const struct request *req,
                                   const struct statement *statement);

#endif
