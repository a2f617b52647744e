/* Checks the registered claims and finds the role; see payload.h. */
#include "auth/payload.h"

#include <jansson.h>
#include <math.h>

#include "auth/claims_json.h"
#include "auth/role_path.h"
#include "auth/token.h"

enum { ROLE_BYTES_MAX = 63 /* PostgreSQL's NAMEDATALEN - 1 */ };

/* Beyond this a time is as good as never, and still safe to add to. */
#define FAR_FUTURE 4e15

struct fail *token_fail(arena *mem, enum fail_kind kind, const char *message)
{
    struct fail *fail = fail_new(mem, kind, "%s", message);
    fail->authenticate =
        arena_printf(mem, "Bearer error=\"invalid_token\", error_description=\"%s\"", message);
    return fail;
}

const struct fail *token_required(arena *mem)
{
    struct fail *fail = fail_new(mem, FAIL_ANON_OFF, "Anonymous access is disabled");
    fail->authenticate = STR("Bearer");
    return fail;
}

/* The times, each with the moment from which, or until which, it refuses. */
enum refuses { REFUSES_FROM, REFUSES_BEFORE };

static const struct {
    const char *claim;
    enum refuses refuses;
    const char *message, *not_a_number;
} times[] = {
  /* RFC 7519, 4.1.4: "on or after" the expiration, so equal is expired. */
    {"exp", REFUSES_FROM,   "JWT expired",          "The JWT 'exp' claim must be a number"},
    {"nbf", REFUSES_BEFORE, "JWT not yet valid",    "The JWT 'nbf' claim must be a number"},
    {"iat", REFUSES_BEFORE, "JWT issued at future", "The JWT 'iat' claim must be a number"},
};

static const struct fail *check_times(arena *mem, const json_t *payload, int64_t now)
{
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        const json_t *claim = json_object_get(payload, times[i].claim);
        if (claim == NULL)
            continue;
        if (!json_is_number(claim))
            return token_fail(mem, FAIL_BAD_CLAIMS, times[i].not_a_number);
        double at = json_number_value(claim), clock = (double)now;
        if (times[i].refuses == REFUSES_FROM ? at <= clock - TOKEN_LEEWAY_S
                                             : at > clock + TOKEN_LEEWAY_S)
            return token_fail(mem, FAIL_BAD_CLAIMS, times[i].message);
    }
    return NULL;
}

/* The second from which the token is refused, without the leeway; 0 = never. */
static int64_t expiry(const json_t *payload)
{
    const json_t *exp = json_object_get(payload, "exp");
    double at = exp == NULL ? 0 : ceil(json_number_value(exp));
    return (int64_t)(at > FAR_FUTURE ? FAR_FUTURE : at);
}

static str text_of(const json_t *string)
{
    return (str){json_string_value(string), json_string_length(string)};
}

/* PostgREST: no audience, null and an empty list are for everybody. */
static const struct fail *check_audience(arena *mem, const json_t *aud, str ours)
{
    if (aud == NULL || json_is_null(aud))
        return NULL;
    size_t count = json_is_array(aud) ? json_array_size(aud) : 1;
    bool matches = ours.at == NULL || count == 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(aud) ? json_array_get(aud, i) : aud;
        if (!json_is_string(one))
            return token_fail(mem, FAIL_BAD_CLAIMS,
                              "The JWT 'aud' claim must be a string or an array of strings");
        matches = matches || str_eq(text_of(one), ours);
    }
    return matches ? NULL : token_fail(mem, FAIL_BAD_CLAIMS, "JWT not in audience");
}

/* "none" is SET ROLE's word for "the login role itself" and never allowed. The role of curated
 * routes is granted to the login role for Postern's own use, so "*" does not mean it. */
bool payload_allows_role(const struct config *config, str role)
{
    str rest = config->db_allowed_roles, name;

    if (role.len == 0 || role.len > ROLE_BYTES_MAX || str_ieq(role, STR("none")))
        return false;
    if (str_eq(role, config->db_anon_role))
        return true;
    if (str_eq(rest, STR("*")))
        return !str_eq(role, config->db_api_role);
    while (str_cut(&rest, ',', &name))
        if (str_eq(name, role))
            return true;
    return false;
}

static const struct fail *find_role(arena *mem, const struct config *config, const json_t *claim,
                                    str *role)
{
    *role = config->db_anon_role;
    if (claim == NULL)
        return role->len == 0 ? token_required(mem) : NULL;
    if (!json_is_string(claim))
        return token_fail(mem, FAIL_BAD_CLAIMS, "The JWT 'role' claim must be a string");
    *role = arena_copy(mem, text_of(claim));
    if (!payload_allows_role(config, *role))
        return token_fail(mem, FAIL_BAD_CLAIMS, "The JWT 'role' claim is not allowed");
    return NULL;
}

static const struct fail *read_claims(arena *mem, const struct payload *payload, const json_t *all,
                                      const struct claims **claims)
{
    const json_t *named = role_path_find(payload->role_path, all);
    const json_t *subject = json_object_get(all, "sub");
    bool has_role = json_object_get(all, "role") != NULL;
    str role, json = payload->json;

    TRY(find_role(mem, payload->config, named, &role));
    struct claims *made =
        claims_new(role, json_is_string(subject) ? text_of(subject) : STR(""),
                   has_role ? json : claims_json_with_role(mem, json, role), expiry(all));
    /* Found also without the fence, as cached answers may depend on it. */
    claims_find_tenant(made, payload->config->tenant_claim.len > 0 ? payload->config->tenant_claim
                                                                   : STR("tenant_id"));
    made->anonymous = str_eq(role, payload->config->db_anon_role);
    *claims = made;
    return NULL;
}

static const struct fail *check_payload(arena *mem, const struct payload *payload,
                                        const json_t *all)
{
    if (all == NULL || !claims_json_ok(payload->json))
        return token_fail(mem, FAIL_BAD_CLAIMS, "Parsing claims failed");
    TRY(check_times(mem, all, payload->now));
    return check_audience(mem, json_object_get(all, "aud"), payload->config->jwt_aud);
}

const struct fail *payload_read(arena *mem, const struct payload *payload,
                                const struct claims **claims)
{
    /* A claim that is there twice means one thing here and another thing elsewhere. */
    json_t *all = json_loadb(payload->json.at, payload->json.len,
                             JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    const struct fail *fail = check_payload(mem, payload, all);

    if (fail == NULL)
        fail = read_claims(mem, payload, all, claims);
    json_decref(all);
    return fail;
}

const struct claims *payload_anonymous(const struct config *config)
{
    str role = config->db_anon_role;

    if (role.len == 0)
        return NULL;
    arena *mem = arena_open();
    struct claims *claims =
        claims_new(role, STR(""), claims_json_with_role(mem, STR("{}"), role), 0);
    claims->anonymous = true;
    arena_close(&mem);
    return claims;
}
