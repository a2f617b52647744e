/* From PostgreSQL's errors to failures: status, code, message, details and hint. Adding a
 * mapping is one line in sqlstate.c. Source: PostgREST, "Errors", HTTP status codes; where its
 * versions differ, a client's own mistake is never a 5xx (21000 is 400, class 54 is 413). */
#ifndef PG_SQLSTATE_H
#define PG_SQLSTATE_H

#include <libpq-fe.h>

#include "base/fail.h"
#include "base/request.h"

/* anonymous: 42501 is 401 for a caller without an identity, else 403. */
const struct fail *sqlstate_fail(arena *mem, const PGresult *error, bool anonymous);

/* "57014" ...; empty when the error came from libpq itself. */
str sqlstate_of(const PGresult *error);

#endif
