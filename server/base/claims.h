/* Who is asking: the verified claims of a token. Made by auth/, kept in its cache, read by pg/.
 * Counted and immutable: a request, a unit of work and the cache may each hold one. */
#ifndef BASE_CLAIMS_H
#define BASE_CLAIMS_H

#include <stdatomic.h>

#include "base/str.h"

struct claims {
    atomic_int refs;
    str role;        /* the database role the transaction runs as */
    str subject;     /* the "sub" claim, or empty */
    str json;        /* all claims as JSON text, "role" always among them */
    int64_t expires; /* seconds since the epoch; 0 = never */
    uint64_t hash;   /* of role and json: equal identities have equal hashes */
    str tenant;      /* part of json: the claim that TENANT_CLAIM names, or tenant_id */
    bool anonymous;  /* the anonymous role: no token, or one that names no other */
};

/* Copies role, subject and json into one allocation. The caller holds one reference. */
struct claims *claims_new(str role, str subject, str json, int64_t expires);
const struct claims *claims_ref(const struct claims *claims);
void claims_unref(const struct claims **claims); /* NULLs it */

/* Finds the tenant: the claim of this name, at the top or in app_metadata (never in user_metadata,
 * which is the user's own to write), when it is a number or a text without escapes. */
void claims_find_tenant(struct claims *claims, str name);

/* service_role administrates: it sees the rows of all tenants. */
bool claims_cross_tenants(const struct claims *claims);

/* The same role and the same claims to the letter: may share a transaction. */
bool claims_same(const struct claims *a, const struct claims *b);

#endif
