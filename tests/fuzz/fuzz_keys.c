/* Any bytes as JWT_SECRET give keys, or one sentence that names the setting; never both, and never
 * keys that take a signature nobody made. Any bytes as a path to the role, then a NUL and claims:
 * the path is read or refused with a sentence, and what it finds is a part of those claims. */
#include <assert.h>
#include <stdint.h>

#include "auth/keys.h"
#include "auth/role_path.h"

static const char *const algorithms[] = {"HS256", "HS512", "RS256", "PS256",
                                         "ES256", "ES512", "EdDSA"};

static void try_keys(arena *mem, str bytes)
{
    struct config config = {.jwt_secret = bytes, .mem = mem};
    str why;
    const struct keys *keys = keys_new(mem, &config, &why);

    assert((keys == NULL) == (why.at != NULL));
    assert(keys != NULL || str_starts(why, STR("JWT_SECRET")));
    for (size_t i = 0; keys != NULL && i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        const struct signed_text what = {.algorithm = algorithm_find(str_from(algorithms[i])),
                                         .text = STR("header.payload"),
                                         .signature = bytes};
        assert(keys_check(keys, &what) != KEYS_ACCEPT);
    }
    keys_unref(&keys);
}

static bool is_part(const json_t *whole, const json_t *part)
{
    const json_t *child;
    const char *name;
    size_t i;

    if (whole == part)
        return true;
    json_object_foreach((json_t *)(uintptr_t)whole, name,
                        child) if (is_part(child, part)) return true;
    json_array_foreach(whole, i, child) if (is_part(child, part)) return true;
    return false;
}

static void try_path(arena *mem, str bytes)
{
    static const char usual[] =
        "{\"role\":\"a\",\"app\":{\"roles\":[\"b\",\"c\",{\"d\":[1,null]}]}}";
    long nul = str_find(bytes, '\0');
    str path = {bytes.at, nul < 0 ? bytes.len : (size_t)nul}, why = {NULL, 0};
    str claims = nul < 0 ? str_from(usual) : str_skip(bytes, (size_t)nul + 1);
    const struct role_path *read = role_path_parse(mem, path, &why);
    json_t *json = json_loadb(claims.at, claims.len, 0, NULL);

    assert((read == NULL) == (why.at != NULL));
    if (read != NULL && json != NULL) {
        const json_t *found = role_path_find(read, json);
        assert(found == NULL || is_part(json, found));
    }
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    str bytes = {(const char *)data, size};

    if (size > 0 && data[0] % 2 == 0)
        try_path(mem, str_skip(bytes, 1));
    else if (size > 0)
        try_keys(mem, str_skip(bytes, 1));
    arena_close(&mem);
    return 0;
}
