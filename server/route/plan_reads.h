/* The relations in a plan of PostgreSQL's: EXPLAIN (VERBOSE, FORMAT JSON). Pure. */
#ifndef ROUTE_PLAN_READS_H
#define ROUTE_PLAN_READS_H

#include "base/str.h"

/* Calls found for each, perhaps more than once; a view is the tables below it. What functions read
 * is not in a plan. The names are lent. Nothing is found in text that is no JSON. */
void plan_reads(str json, void (*found)(void *arg, str schema, str table), void *arg);

#endif
