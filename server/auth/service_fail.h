/* Why /auth/v1 refuses, in Supabase Auth's words: a code that supabase-js hands to the program as
 * error.code, a status and a sentence. Source: Supabase docs, "Auth error codes"; its API versions
 * (X-Supabase-Api-Version), of which 2024-01-01 has another shape of errors than what came before.
 */
#ifndef AUTH_SERVICE_FAIL_H
#define AUTH_SERVICE_FAIL_H

#include "base/fail.h"
#include "base/request.h"

/* The failure of this code, with the code's own sentence; of an unknown one, unexpected_failure. */
struct fail *service_fail(arena *mem, str code)
    __attribute__((returns_nonnull, warn_unused_result));

/* The same with another sentence. */
struct fail *service_fail_as(arena *mem, const char *code, const char *message)
    __attribute__((returns_nonnull, warn_unused_result));

/* Does the client want errors as they are since 2024-01-01? Then the answer says so as well. */
#define SERVICE_VERSION STR("2024-01-01")
bool service_fail_is_new(const struct request *req);

/* {"code":status,"error_code":code,"msg":message}, or since 2024-01-01 {"code":code,
 * "message":message}; a hint behind them, if there is one. Any failure may be told so. */
str service_fail_json(const struct request *req, const struct fail *fail);

#endif
