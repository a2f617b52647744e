/* The second fence between tenants, for live changes: of a table with the tenant column nobody
 * hears of another tenant's rows, whatever the table's policies say. See rest/fence.h. */
#ifndef LIVE_FENCE_H
#define LIVE_FENCE_H

#include "base/claims.h"
#include "live/change.h"

/* May who has these claims hear of the change? column: absent when the fence is off. Of a row whose
 * tenant the log does not tell (a deletion, unless the column is in the replica identity) nobody
 * hears but service_role. */
bool fence_lets(str column, const struct claims *claims, const struct change *change);

#endif
