/* How a function of the database chooses the whole answer by raising an error: RAISE ... USING
 * ERRCODE = 'PTxyz' for the status, RAISE SQLSTATE 'PGRST' for everything.
 * Source: PostgREST, "Errors", RAISE errors with HTTP status codes. */
#ifndef PG_RAISE_H
#define PG_RAISE_H

#include "base/fail.h"

/* Is the SQLSTATE PTxyz, and which status does it mean? 500 when xyz is no status. */
bool raise_is_status(str code);
int raise_status(str code);

/* What SQLSTATE PGRST says: code, message, details and hint by the JSON in MESSAGE; status,
 * status_text and headers by the JSON in DETAIL. 500 PGRST121 when they cannot be read. */
const struct fail *raise_fail(arena *mem, str message, str detail);

#endif
