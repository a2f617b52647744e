/* How many rows there are in all: counted, or as PostgreSQL's planner thinks.
 * Source: PostgREST "Exact count", "Planned count", "Estimated count". */
#ifndef REST_COUNT_H
#define REST_COUNT_H

#include "rest/plan.h"

/* What Prefer: count=... means for the plan: total, estimate and counted_most. */
void count_plan(const struct config *config, struct plan *plan);

/* What EXPLAIN (format json) expects; -1 when its text says nothing of it. */
int64_t count_expected(str explained);

/* The total that Content-Range names; -1: none. */
struct page;
int64_t count_total(const struct plan *plan, const struct page *page);

#endif
