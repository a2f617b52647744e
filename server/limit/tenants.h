/* Requests by tenant, for /metrics: the first so many tenants by name, all others as "other", so
 * that a label never has more values than somebody has asked for. A lock guards it. */
#ifndef LIMIT_TENANTS_H
#define LIMIT_TENANTS_H

#include "base/buf.h"

enum { TENANTS_MAX = 1000, TENANT_LABEL_MAX = 100 /* bytes; who has a longer name is "other" */ };

struct tenants;

/* max: how many have a name; 0: NULL, for which all else does nothing. */
struct tenants *tenants_new(int64_t max);
void tenants_free(struct tenants **tenants);

void tenants_count(struct tenants *tenants, str tenant);

/* Appends them in Prometheus' text format; "other" is the last, and only there when it counts. */
void tenants_put(struct tenants *tenants, struct buf *text);

#endif
