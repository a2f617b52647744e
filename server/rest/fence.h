/* The second fence between tenants: whatever the database's policies say, a relation with the
 * tenant column (TENANT_COLUMN) shows, changes and takes only rows of the caller's tenant, as the
 * claim (TENANT_CLAIM) says. It stands in the plan as a condition like any other, so that every
 * writer of SQL puts it, by parameter: on what the URL names, on all that is embedded, on what a
 * function returns. What it cannot see are values inside of JSON, and relations without the column.
 */
#ifndef REST_FENCE_H
#define REST_FENCE_H

#include "base/claims.h"
#include "rest/plan.h"
#include "rest/sql.h"

struct fence {
    str column, tenant;
};

/* Fences the plan, which is otherwise complete. 403 when a fenced relation is asked for by a token
 * without a tenant. Does nothing when the fence is off, and for service_role. */
const struct fail *fence_plan(arena *mem, const struct config *config, const struct claims *claims,
                              struct plan *plan);

/* For the writers of SQL: is it the column of the fence? */
bool fence_is_of(const struct sql *sql, const struct column *column);

/* "owner"."tenant_id" = $n, for a relation that has the column; false, and nothing, for another. */
bool fence_has(const struct sql *sql, const struct relation *relation);
void fence_put_test(struct sql *sql, str owner);

/* What is written into the column: the caller's tenant. A row of the body, called owner, that names
 * another one raises an error, which fence_refusal reads. */
void fence_put_value(struct sql *sql, str owner, const struct column *column);
const struct fail *fence_refusal(arena *mem, str sqlstate, str message);

#endif
