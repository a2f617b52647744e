/* See claims.h. */
#include "base/claims.h"

#include <h2o/memory.h>
#include <stdlib.h>

#include "base/json.h"

static str place(char **room, str text)
{
    str copy = {*room, text.len};
    if (text.len > 0)
        memcpy(*room, text.at, text.len);
    (*room)[text.len] = '\0';
    *room += text.len + 1;
    return copy;
}

struct claims *claims_new(str role, str subject, str json, int64_t expires)
{
    struct claims *claims = h2o_mem_alloc(sizeof(*claims) + role.len + subject.len + json.len + 3);
    char *room = (char *)(claims + 1);

    *claims = (struct claims){.refs = 1, .expires = expires};
    claims->role = place(&room, role);
    claims->subject = place(&room, subject);
    claims->json = place(&room, json);
    claims->hash = str_hash(json, str_hash(role, STR_HASH_SEED));
    return claims;
}

const struct claims *claims_ref(const struct claims *claims)
{
    atomic_fetch_add_explicit(&((struct claims *)(uintptr_t)claims)->refs, 1, memory_order_relaxed);
    return claims;
}

void claims_unref(const struct claims **claims)
{
    struct claims *last = (struct claims *)(uintptr_t)*claims;

    *claims = NULL;
    if (last != NULL && atomic_fetch_sub(&last->refs, 1) == 1)
        free(last);
}

static str member(str json, str name)
{
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, json) != JSON_OBJECT)
        return (str){NULL, 0};
    while (json_walk_next(&walk, &key, &value))
        if (key.len == name.len + 2 && str_eq((str){key.at + 1, name.len}, name))
            return value;
    return (str){NULL, 0};
}

static str plain(str value)
{
    if (value.at == NULL)
        return value;
    if (json_kind_of(value) == JSON_NUMBER)
        return value;
    if (json_kind_of(value) != JSON_STRING || value.len <= 2 || str_find(value, '\\') >= 0)
        return (str){NULL, 0};
    return (str){value.at + 1, value.len - 2};
}

void claims_find_tenant(struct claims *claims, str name)
{
    claims->tenant = (str){NULL, 0};
    if (name.len == 0)
        return;
    str value = member(claims->json, name);
    if (value.at == NULL)
        value = member(claims->json, STR("app_metadata"));
    else
        claims->tenant = plain(value);
    if (value.at != NULL && json_kind_of(value) == JSON_OBJECT)
        claims->tenant = plain(member(value, name));
}

bool claims_cross_tenants(const struct claims *claims)
{
    return str_eq(claims->role, STR("service_role"));
}

bool claims_same(const struct claims *a, const struct claims *b)
{
    return a == b || (a->hash == b->hash && str_eq(a->role, b->role) && str_eq(a->json, b->json));
}
