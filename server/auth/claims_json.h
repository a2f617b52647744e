/* The claims as the JSON text that policies read. Apart from payload.c because base/json.h and
 * jansson name their kinds alike. */
#ifndef AUTH_CLAIMS_JSON_H
#define AUTH_CLAIMS_JSON_H

#include "base/arena.h"

/* One JSON object that PostgreSQL takes: no NUL escapes, at most JSON_DEPTH_MAX deep. */
bool claims_json_ok(str json);

/* {"role":"anon", ...}: the object with the role put in front. It must not have one. */
str claims_json_with_role(arena *mem, str json, str role);

#endif
