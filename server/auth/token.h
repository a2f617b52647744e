/* Tokens: from the headers of a request to verified claims. Fenced as libjwt 1.10.2 needs it:
 * the header is read first and the algorithm pinned to the key, duplicate claim keys are
 * refused, exp, nbf, iat and aud are checked here (30 s of leeway), never by libjwt.
 * Source: RFC 7519; PostgREST "Authentication". */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/keys.h"
#include "base/claims.h"
#include "base/fail.h"
#include "base/metrics.h"
#include "base/request.h"

enum { TOKEN_MAX = 8192, TOKEN_LEEWAY_S = 30, TOKEN_CACHE_MAX = 4096 };

struct token_cache; /* one per worker; bounded; entries die with their token */

struct token_cache *token_cache_new(const struct config *config, const struct keys *keys,
                                    struct metrics *metrics);
void token_cache_free(struct token_cache **cache);

/* Verifies one token, without the cache. now: seconds since the epoch. *claims is the caller's. */
const struct fail *token_verify(arena *mem, const struct config *config, const struct keys *keys,
                                str token, const struct claims **claims);

/* Who the request is: `Authorization: Bearer`, else a JWT in `apikey`, else anon. A reference to
 * the claims is held by the request's arena. */
const struct fail *admit(struct request *req, struct token_cache *cache);

/* Mints an HS256 token over the given claims (JSON text), as `postern demo` and `token` need. */
str token_mint(arena *mem, const struct keys *keys, str claims_json);

#endif
