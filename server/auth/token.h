/* Tokens: from the headers of a request to verified claims. The algorithm must fit the key;
 * the token alone never chooses it; duplicate keys are refused; exp, nbf, iat and aud are checked
 * with 30 s of leeway. Source: RFC 7515, RFC 7519, RFC 8725; texts: PostgREST "Authentication". */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/keys.h"
#include "base/claims.h"
#include "base/fail.h"
#include "base/metrics.h"
#include "base/request.h"

enum { TOKEN_MAX = 8192, TOKEN_LEEWAY_S = 30 };

/* One per worker; at most JWT_CACHE_MAX_ENTRIES, which die with their token; 0: none is kept. */
struct token_cache;
struct api_keys;
struct api_key_use;

/* Takes a reference to the keys. The settings must outlive the cache, or the next take. */
struct token_cache *token_cache_new(const struct config *config, const struct keys *keys,
                                    struct metrics *metrics);
/* Other settings and keys from now on: what the old ones have verified is forgotten. */
void token_cache_take(struct token_cache *cache, const struct config *config,
                      const struct keys *keys);
/* The API keys that are good from now on. Takes a reference; at first there are none. */
void token_cache_take_api_keys(struct token_cache *cache, const struct api_keys *keys);
/* Does the database take notes of usage? See api_key.h. */
bool token_cache_counts_usage(const struct token_cache *cache);
void token_cache_free(struct token_cache **cache);

/* Verifies one token, without the cache. The reference in *claims is the caller's. Fails with
 * PGRST300 (no secret), PGRST301 (not a token of this key) or PGRST303 (its claims). */
const struct fail *token_verify(arena *mem, const struct config *config, const struct keys *keys,
                                str token, const struct claims **claims);

/* Who the request is: `Authorization: Bearer`, else `apikey`, else anon. Each may be a JWT or an
 * API key (see api_key.h); beside the token of a user the key must be good, too. Other schemes
 * than Bearer are anonymous, as in PostgREST. Sets req->claims and, with an API key, req->key; the
 * request's arena holds both. A key must be for req->scope. */
const struct fail *admit(struct request *req, struct token_cache *cache);

/* The same for a text that came without headers: a token or an API key in a WebSocket's URL. The
 * reference in *claims is the caller's. */
const struct fail *admit_text(arena *mem, struct token_cache *cache, const struct api_key_use *use,
                              const struct claims **claims);
/* Does it bring a token at all? One that admit has let in is good. */
bool token_brought(const struct request *req);

/* Mints an HS256 token over the given claims (JSON text), as `postern demo` and `token` need.
 * Absent when the keys hold no secret or the text is no JSON object. */
str token_mint(arena *mem, const struct keys *keys, str claims_json);

#endif
