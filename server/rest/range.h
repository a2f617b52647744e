/* Which rows of many: ?limit=10&offset=20 and the Range header.
 * Source: RFC 9110 14.2; PostgREST "Pagination". */
#ifndef REST_RANGE_H
#define REST_RANGE_H

#include "base/fail.h"
#include "base/request.h"

/* The first row is 0. last = RANGE_OPEN: to the end. none: limit=0. */
enum { RANGE_OPEN = -1 };
struct range {
    int64_t first, last;
    bool none;
};

/* What limit and offset ask for, narrowed by the Range header of a GET. 416 when nothing can be
 * left. */
struct query;
const struct fail *range_read(const struct request *req, const struct query *query,
                              struct range *range);

/* The same for an embedded relation, which no header narrows. */
struct level;
const struct fail *range_of_level(arena *mem, const struct level *level, struct range *range);

/* No more rows than max_rows (0: any number). True when there is a limit to write. */
bool range_cap(struct range *range, int64_t max_rows);

#endif
