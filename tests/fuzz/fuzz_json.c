/* Any bytes: json_check says what jansson says (but for numbers that jansson cannot hold and for
 * nesting beyond our limit), a walk sees what jansson's tree holds, strings come back. */
#include <assert.h>
#include <stdint.h>

/* jansson names its kinds like base/json.h does. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_NULL JANSSON_NULL
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_NULL

#include "base/json.h"
#include "base/url.h"

static int depth_of(const json_t *tree)
{
    int deepest = 0;
    size_t index;
    const char *key;
    json_t *child;

    if (json_typeof(tree) > JANSSON_ARRAY)
        return 0;
    json_array_foreach(tree, index, child) if (depth_of(child) > deepest) deepest = depth_of(child);
    json_object_foreach((json_t *)(uintptr_t)tree, key, child) if (depth_of(child) > deepest)
        deepest = depth_of(child);
    return deepest + 1;
}

/* Equal keys are one in the tree and several in the text, so objects may only have fewer. */
static void check_walk(arena *mem, str text, const json_t *tree)
{
    struct json_walk walk;
    str key, value;
    size_t count = 0;

    json_walk_open(&walk, text);
    for (; json_walk_next(&walk, &key, &value); count++) {
        assert(json_check(value) != JSON_INVALID);
        assert(key.at == NULL || json_check(key) == JSON_STRING);
        if (key.at != NULL) {
            str name = json_unquote(mem, key);
            assert(json_object_getn(tree, name.at, name.len) != NULL);
        }
    }
    if (json_typeof(tree) == JANSSON_ARRAY)
        assert(count == json_array_size(tree));
    if (json_typeof(tree) == JANSSON_OBJECT)
        assert(count >= json_object_size(tree));
}

static void check_string(arena *mem, str text)
{
    struct buf buf;
    str back;

    buf_init(&buf, mem, text.len * 6 + 16);
    json_put_string(&buf, text);
    assert(!buf.full && utf8_valid(buf_str(&buf)));
    if (!utf8_valid(text))
        return;
    back = json_unquote(mem, buf_str(&buf));
    assert(json_check(buf_str(&buf)) == JSON_STRING && str_eq(back, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = {(const char *)data, size};
    if (str_find(text, '\0') >= 0) { /* jansson loses a NUL byte behind a number or a word */
        assert(json_check(text) == JSON_INVALID);
        return 0;
    }
    arena *mem = arena_open();
    json_error_t error;
    json_t *tree = json_loadb(text.at, text.len, JSON_DECODE_ANY, &error);
    enum json_kind kind = json_check(text);

    if (tree == NULL)
        assert(kind == JSON_INVALID || json_error_code(&error) == json_error_numeric_overflow);
    else if (kind == JSON_INVALID)
        assert(depth_of(tree) > JSON_DEPTH_MAX);
    else
        check_walk(mem, text, tree);
    if (tree != NULL && kind == JSON_STRING) {
        size_t start = (size_t)str_find(text, '"');
        str quoted = {text.at + start, text.len - start};
        while (quoted.at[quoted.len - 1] != '"')
            quoted.len--;
        str back = json_unquote(mem, quoted);
        assert(str_eq(back, (str){json_string_value(tree), json_string_length(tree)}));
    }
    if (size > 0)
        check_string(mem, text);
    json_decref(tree);
    arena_close(&mem);
    return 0;
}
