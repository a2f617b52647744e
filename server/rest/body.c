/* See body.h. */
#include "rest/body.h"

#include "base/json.h"
#include "base/url.h"
#include "rest/caps.h"
#include "schema/names.h"

static const struct fail *keys_differ(arena *mem)
{
    return fail_new(mem, FAIL_BAD_BODY, "All object keys must match");
}

/* The keys of the first object, found by name, and which of them the row at hand has. */
struct uniform {
    struct names index;
    int nkeys;
    int *seen_in; /* per key, the last row that had it */
};

static int count_members(str json)
{
    struct json_walk walk;
    str key, value;
    int count = 0;

    json_walk_open(&walk, json);
    while (count <= BODY_KEYS_MAX && json_walk_next(&walk, &key, &value))
        count++;
    return count;
}

/* A key that is repeated counts once; PostgreSQL takes its last value. */
static const struct fail *read_keys(arena *mem, str object, struct name_list *keys,
                                    struct uniform *uniform)
{
    struct json_walk walk;
    str key, value;
    int members = count_members(object);

    *uniform = (struct uniform){.seen_in = arena_array(mem, int, (size_t)members)};
    if (members > BODY_KEYS_MAX)
        return fail_new(mem, FAIL_BAD_BODY, "An object has more than %d keys", BODY_KEYS_MAX);
    str *all = arena_array(mem, str, (size_t)members);
    json_walk_open(&walk, object);
    for (int i = 0; i < members && json_walk_next(&walk, &key, &value); i++)
        all[i] = json_unquote(mem, key);
    names_init(&uniform->index, mem, NULL, all, members);
    *keys = (struct name_list){arena_array(mem, str, (size_t)members), 0};
    for (int i = 0; i < members; i++)
        if (names_find(&uniform->index, STR(""), all[i]) == i)
            keys->names[keys->count++] = all[i];
    uniform->nkeys = keys->count;
    return NULL;
}

static bool same_keys(arena *mem, str object, struct uniform *uniform, int row)
{
    struct json_walk walk;
    str key, value;
    int count = 0;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return false;
    while (json_walk_next(&walk, &key, &value)) {
        int at = names_find(&uniform->index, STR(""), json_unquote(mem, key));
        if (at < 0)
            return false;
        count += uniform->seen_in[at] != row;
        uniform->seen_in[at] = row;
    }
    return count == uniform->nkeys;
}

static const struct fail *read_array(arena *mem, enum body_keys keys, struct body *body)
{
    struct uniform uniform;
    struct json_walk walk;
    str key, value;

    body->kind = BODY_NONE;
    json_walk_open(&walk, body->json);
    if (!json_walk_next(&walk, &key, &value))
        return NULL;
    if (json_kind_of(value) != JSON_OBJECT)
        return keys_differ(mem);
    TRY(read_keys(mem, value, &body->keys, &uniform));
    for (int row = 1; json_walk_next(&walk, &key, &value); row++) {
        if (row == BODY_ROWS_MAX)
            return fail_new(mem, FAIL_TOO_LARGE, "A body may bring at most %d rows", BODY_ROWS_MAX);
        if (json_kind_of(value) != JSON_OBJECT ||
            (keys == BODY_KEYS_UNIFORM && !same_keys(mem, value, &uniform, row)))
            return keys_differ(mem);
    }
    body->kind = BODY_ARRAY;
    return NULL;
}

static const struct fail *invalid_json(arena *mem, str text)
{
    if (json_is_deep(text))
        return fail_new(mem, FAIL_BAD_BODY, "The json is nested more than %d levels deep",
                        JSON_DEPTH_MAX);
    return fail_new(mem, FAIL_BAD_BODY, "Empty or invalid json");
}

static const struct fail *read_json(arena *mem, enum body_keys keys, struct body *body)
{
    struct uniform uniform;

    switch (json_check(body->json)) {
    case JSON_INVALID:
        return invalid_json(mem, body->json);
    case JSON_OBJECT:
        body->kind = BODY_OBJECT;
        return read_keys(mem, body->json, &body->keys, &uniform);
    case JSON_ARRAY:
        return read_array(mem, keys, body);
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_STRING:
        break;
    }
    body->kind = BODY_NONE;
    return NULL;
}

/* a=1&b=x becomes {"a":"1","b":"x"}; PostgreSQL reads the strings as the columns' types. */
static const struct fail *read_form(const struct request *req, struct body *body)
{
    str rest = req->body, key, value, name, text;
    struct buf json;

    buf_init(&json, req->mem, BODY_JSON_MAX);
    buf_putc(&json, '{');
    while (url_next(&rest, &key, &value)) {
        if (value.at == NULL)
            value = STR("");
        if (!url_decode(req->mem, key, URL_PLUS_IS_BLANK, &name) ||
            !url_decode(req->mem, value, URL_PLUS_IS_BLANK, &text))
            return fail_new(req->mem, FAIL_BAD_BODY, "Invalid form data");
        buf_put(&json, json.len > 1 ? STR(",") : STR(""));
        json_put_string(&json, name);
        buf_putc(&json, ':');
        json_put_string(&json, text);
    }
    buf_putc(&json, '}');
    if (json.full)
        return fail_new(req->mem, FAIL_TOO_LARGE, "The form is too large");
    body->json = buf_str(&json);
    return read_json(req->mem, BODY_KEYS_ANY, body);
}

const struct fail *body_read(const struct request *req, enum body_keys keys, struct body *body)
{
    str type = request_header(req, STR("content-type"));

    *body = (struct body){.json = req->body, .content_type = media_essence(type)};
    switch (media_content(type)) {
    case CONTENT_JSON:
        return read_json(req->mem, keys, body);
    case CONTENT_FORM:
        return read_form(req, body);
    case CONTENT_CSV:
        TRY(body_csv(req->mem, req->body, &body->json));
        return read_json(req->mem, BODY_KEYS_ANY, body);
    case CONTENT_TEXT:
    case CONTENT_OTHER:
        break;
    }
    return fail_new(req->mem, FAIL_BAD_BODY, "Content-Type not acceptable: %.*s",
                    STR_ARG(body->content_type));
}

const struct fail *body_read_call(const struct request *req, enum body_keys keys, struct body *body)
{
    str type = request_header(req, STR("content-type"));
    enum content content = media_content(type);

    if (content == CONTENT_TEXT) {
        *body = (struct body){
            .kind = BODY_TEXT, .json = req->body, .content_type = media_essence(type)};
        return utf8_valid(req->body)
                   ? NULL
                   : fail_new(req->mem, FAIL_BAD_BODY, "The text is not valid UTF-8");
    }
    if (content != CONTENT_JSON || req->body.len > 0)
        return body_read(req, keys, body);
    *body = (struct body){.kind = BODY_OBJECT, .json = STR("{}")};
    return NULL;
}
