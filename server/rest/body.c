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

enum next { NEXT_NONE, NEXT_FIELD, NEXT_BROKEN };

/* a=1&b=x */
static enum next next_field(arena *mem, str *rest, struct argument *field)
{
    str key, value;

    if (!url_next(rest, &key, &value))
        return NEXT_NONE;
    bool decoded =
        url_decode(mem, key, URL_PLUS_IS_BLANK, &field->name) &&
        url_decode(mem, value.at == NULL ? STR("") : value, URL_PLUS_IS_BLANK, &field->value);
    return decoded ? NEXT_FIELD : NEXT_BROKEN;
}

static const struct fail *invalid_form(arena *mem)
{
    return fail_new(mem, FAIL_BAD_BODY, "Invalid form data");
}

/* It becomes {"a":"1","b":"x"}; PostgreSQL reads the strings as the columns' types. */
static const struct fail *read_form(const struct request *req, struct body *body)
{
    struct argument field = {
        {NULL, 0},
        {NULL, 0},
        NULL
    };
    enum next next;
    str rest = req->body;
    struct buf json;

    buf_init(&json, req->mem, BODY_JSON_MAX);
    buf_putc(&json, '{');
    while ((next = next_field(req->mem, &rest, &field)) != NEXT_NONE) {
        if (next == NEXT_BROKEN)
            return invalid_form(req->mem);
        buf_put(&json, json.len > 1 ? STR(",") : STR(""));
        json_put_string(&json, field.name);
        buf_putc(&json, ':');
        json_put_string(&json, field.value);
    }
    buf_putc(&json, '}');
    if (json.full)
        return fail_new(req->mem, FAIL_TOO_LARGE, "The form is too large");
    body->json = buf_str(&json);
    return read_json(req->mem, BODY_KEYS_ANY, body);
}

static const struct fail *read_arguments(const struct request *req, struct body *body)
{
    struct argument **last = &body->arguments, field = {
                                                   {NULL, 0},
                                                   {NULL, 0},
                                                   NULL
    };
    enum next next;
    str rest = req->body;
    int count = 0;

    body->kind = BODY_FORM;
    while ((next = next_field(req->mem, &rest, &field)) != NEXT_NONE) {
        if (next == NEXT_BROKEN)
            return invalid_form(req->mem);
        if (++count > PARAMETERS_MAX)
            return fail_new(req->mem, FAIL_BAD_BODY, "The form has more than %d fields",
                            PARAMETERS_MAX);
        *last = arena_new(req->mem, struct argument);
        **last = field;
        last = &(*last)->next;
    }
    return NULL;
}

static struct body body_of(const struct request *req)
{
    str type = request_header(req, STR("content-type"));

    return (struct body){
        .json = req->body, .content_type = media_essence(type), .content = media_content(type)};
}

const struct fail *body_read(const struct request *req, enum body_keys keys, struct body *body)
{
    *body = body_of(req);
    switch (body->content) {
    case CONTENT_JSON:
        return read_json(req->mem, keys, body);
    case CONTENT_FORM:
        return read_form(req, body);
    case CONTENT_CSV:
        TRY(body_csv(req->mem, req->body, &body->json));
        return read_json(req->mem, BODY_KEYS_ANY, body);
    case CONTENT_TEXT:
    case CONTENT_XML:
    case CONTENT_BYTES:
    case CONTENT_OTHER:
        break;
    }
    return fail_new(req->mem, FAIL_BAD_BODY, "Content-Type not acceptable: %.*s",
                    STR_ARG(body->content_type));
}

static const struct fail *read_whole(const struct request *req, struct body *body)
{
    body->kind = BODY_WHOLE;
    return body->content == CONTENT_BYTES || utf8_valid(req->body)
               ? NULL
               : fail_new(req->mem, FAIL_BAD_BODY, "The text is not valid UTF-8");
}

const struct fail *body_read_call(const struct request *req, enum body_keys keys, struct body *body)
{
    *body = body_of(req);
    switch (body->content) {
    case CONTENT_TEXT:
    case CONTENT_XML:
    case CONTENT_BYTES:
        return read_whole(req, body);
    case CONTENT_FORM:
        return read_arguments(req, body);
    case CONTENT_JSON:
        if (req->body.len > 0)
            break;
        body->kind = BODY_OBJECT;
        body->json = STR("{}");
        return NULL;
    case CONTENT_CSV:
    case CONTENT_OTHER:
        break;
    }
    return body_read(req, keys, body);
}
