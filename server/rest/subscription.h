/* A read as something to follow: the filters and columns of GET /rest/v1/table?..., as a
 * subscription of the live feed says them. Pure. */
#ifndef REST_SUBSCRIPTION_H
#define REST_SUBSCRIPTION_H

#include "rest/ask.h"

enum { SUBSCRIPTION_MAX = 64 << 10 /* bytes */ };

/* {"schema":...,"table":...,"filter":"a=eq.\"1\",...","select":[...]}, as live/follower.h takes it.
 * Changes come one by one, in the order of their commits: what orders, counts, cuts or embeds rows,
 * and filters that the feed does not know, are refused with 400 and a hint. */
const struct fail *subscription_make(arena *mem, const struct ask *ask, str *json);

#endif
