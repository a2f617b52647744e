/* The claims of a token whose signature is good: may it be used now, here, and as whom?
 * Source: RFC 7519 section 4.1; PostgREST "Authentication", "Errors" (PGRST303). */
#ifndef AUTH_PAYLOAD_H
#define AUTH_PAYLOAD_H

#include "base/claims.h"
#include "base/config.h"
#include "base/fail.h"

struct role_path;

struct payload {
    str json;
    const struct config *config;
    const struct role_path *role_path;
    int64_t now; /* seconds since the epoch */
};

/* The reference in *claims is the caller's. */
const struct fail *payload_read(arena *mem, const struct payload *payload,
                                const struct claims **claims);

/* The claims of a request without a token, or NULL when the anonymous role is off. */
const struct claims *payload_anonymous(const struct config *config);

/* May claims name this role? The anonymous one, and those of POSTERN_ALLOWED_ROLES. */
bool payload_allows_role(const struct config *config, str role);

/* PGRST303 or PGRST301 with the WWW-Authenticate header of RFC 6750 section 3. */
struct fail *token_fail(arena *mem, enum fail_kind kind, const char *message)
    __attribute__((returns_nonnull));

/* PGRST302: a token is needed. */
const struct fail *token_required(arena *mem);

#endif
