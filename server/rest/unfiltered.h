/* A PATCH or DELETE of every row is nearly always a forgotten filter: POSTERN_REQUIRE_FILTER. */
#ifndef REST_UNFILTERED_H
#define REST_UNFILTERED_H

#include "rest/plan.h"

/* 400 when the plan changes a whole relation, the setting forbids it and the role is not
 * service_role, which administrates. Source: PostgreSQL's extension pg_safeupdate, which Supabase
 * loads for the roles of its API: the code and the message are its own. */
const struct fail *unfiltered_check(arena *mem, const struct config *config, str role,
                                    const struct plan *plan);

#endif
