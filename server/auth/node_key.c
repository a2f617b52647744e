/* From an API key to claims; see node_key.h. */
#include "auth/node_key.h"

#include <ctype.h>
#include <openssl/sha.h>

#include "auth/digest.h"
#include "base/json.h"

enum { CLAIMS_MAX = 1024 };

static bool find_key(const struct request *req, str *key)
{
    str header = request_header(req, STR("authorization"));
    str scheme = STR("bearer ");

    if (header.len <= scheme.len || !str_ieq((str){header.at, scheme.len}, scheme))
        return false;
    *key = str_trim(str_skip(header, scheme.len));
    for (size_t i = 0; i < key->len; i++)
        if (!isxdigit((unsigned char)key->at[i]))
            return false;
    return key->len == NODE_KEY_LEN;
}

/* Tokens that users bring cannot look so: the role of curated routes is not for them. */
str node_key_of(const struct claims *claims)
{
    static const char before[] = ",\"key_hash\":\"";
    enum { HASH_LEN = 2 * SHA256_DIGEST_LENGTH };
    const char *at = memmem(claims->json.at, claims->json.len, before, sizeof(before) - 1);

    if (at == NULL || !str_starts(claims->json, STR("{\"role\":")) || claims->subject.len > 0)
        return STR("");
    str hash = str_skip(claims->json, (size_t)(at - claims->json.at) + sizeof(before) - 1);
    return hash.len < HASH_LEN ? STR("") : (str){hash.at, HASH_LEN};
}

static void drop_claims(void *arg)
{
    const struct claims *claims = arg;
    claims_unref(&claims);
}

bool node_admit(struct request *req, const struct config *config)
{
    struct buf json;
    str key;

    if (!find_key(req, &key))
        return false;
    buf_init(&json, req->mem, CLAIMS_MAX);
    buf_put(&json, STR("{\"role\":"));
    json_put_string(&json, config->db_api_role);
    buf_put(&json, STR(",\"key_hash\":\""));
    buf_put(&json, digest_hex(json.mem, key));
    buf_put(&json, STR("\",\"peer\":"));
    json_put_string(&json, req->peer);
    buf_putc(&json, '}');
    struct claims *claims = claims_new(config->db_api_role, STR(""), buf_str(&json), 0);
    arena_on_death(req->mem, drop_claims, claims);
    req->claims = claims;
    return true;
}
