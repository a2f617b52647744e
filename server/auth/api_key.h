/* API keys in Supabase's newer form: sb_publishable_... for pages, sb_secret_... for servers. The
 * database keeps their SHA-256; here is the set of those that are good now: counted, immutable but
 * for when each was used last, shared by all workers. Source: Supabase "API keys". */
#ifndef AUTH_API_KEY_H
#define AUTH_API_KEY_H

#include "auth/scope.h"
#include "base/claims.h"
#include "base/config.h"
#include "base/fail.h"

enum { API_KEYS_MAX = 10000, API_KEY_HASH_BYTES = 32 };

struct api_keys;

/* What a key is good for. Lives as long as its set. */
struct api_key {
    str id;
    const struct claims *claims; /* of who brings it alone */
    str tenant;                  /* absent: of none */
    unsigned scopes;             /* enum scope */
    int64_t expires;             /* seconds since the epoch; 0: never */
    str plan;                    /* absent: none */
    int64_t rate, quota;         /* of it: requests a second, and a month; 0: any number */
    int64_t spent,
        spent_month; /* of the quota, in the month of the reading: year * 12 + month - 1 */
};

/* {"any": true, "keys": [{"id", "hash", "kind", "role", "tenant", "scopes", "expires"}]}: what
 * postern.read_api_keys() says; any: there is or was one; what is null or missing limits nothing.
 * An absent text is a database without them. Keys of roles that POSTERN_ALLOWED_ROLES does not have
 * are left out. NULL with why when the text is something else. The caller holds one reference. */
const struct api_keys *api_keys_read(const struct config *config, str json, str *why);
const struct api_keys *api_keys_ref(const struct api_keys *keys);
void api_keys_unref(const struct api_keys **keys); /* NULLs it */

bool api_key_looks(str text); /* like a key of this form, good or not */

/* The key that is brought. Before the first key is made publishable ones are nobody's and pass, as
 * the frontend may still send Supabase's own: then *key is NULL. Refused are unknown, revoked and
 * expired keys, secret ones that a browser sends (by its User-Agent), and with 403 keys that are
 * not for such a request. *key is lent. */
struct api_key_use {
    str key, user_agent;
    unsigned scope; /* what the request takes: of enum scope */
};
const struct fail *api_key_find(arena *mem, const struct api_keys *keys,
                                const struct api_key_use *use, const struct api_key **key);

/* A user's token beside a key: that of another tenant is refused. */
const struct fail *api_key_fits(arena *mem, const struct api_key *key, const struct claims *claims);

/* For who keeps a connection open that a key has opened: is it still good? As long as no key was
 * ever made all are. */
void api_key_hash(str key, unsigned char hash[API_KEY_HASH_BYTES]);
bool api_keys_have(const struct api_keys *keys, const unsigned char hash[API_KEY_HASH_BYTES]);

/* Does the database of this set take notes of usage? */
bool api_keys_count_usage(const struct api_keys *keys);

/* When the first of them expires, in seconds since the epoch; 0: none does. */
int64_t api_keys_next_end(const struct api_keys *keys);

/* When keys were used: [{"id", "at": seconds}], of each at most once a minute; absent: there is
 * nothing new. By one thread only. api_keys_remember carries it over from the set before. */
str api_keys_take_used(arena *mem, const struct api_keys *keys);
void api_keys_remember(const struct api_keys *keys, const struct api_keys *before);

/* A new one: 128 bits of chance and a check sum, as Supabase forms them. Absent: no chance. */
enum api_key_kind { API_KEY_PUBLISHABLE, API_KEY_SECRET };
str api_key_make(arena *mem, enum api_key_kind kind);

#endif
