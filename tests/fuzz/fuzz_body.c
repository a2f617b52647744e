/* The first byte says what the rest is: JSON, a form or CSV. It is refused, or valid JSON with at
 * most as many rows as may be, each an object of the keys that body_read found; and what CSV
 * became reads the same when it is written as CSV once more, every field in quotes. */
#include <stdlib.h>

#include "base/json.h"
#include "rest/body.h"
#include "rest/caps.h"

/* assert, without its branches in every caller. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool is_key(const struct body *body, str name)
{
    for (int i = 0; i < body->keys.count; i++)
        if (str_eq(body->keys.names[i], name))
            return true;
    return false;
}

static void check_object(arena *mem, const struct body *body, str object)
{
    struct json_walk walk;
    str key, value;

    must(json_walk_open(&walk, object) == JSON_OBJECT);
    while (json_walk_next(&walk, &key, &value))
        must(is_key(body, json_unquote(mem, key)));
}

static void check_rows(arena *mem, const struct body *body)
{
    struct json_walk walk;
    str key, value;
    int rows = 0;

    json_walk_open(&walk, body->json);
    for (; json_walk_next(&walk, &key, &value); rows++)
        check_object(mem, body, value);
    must(rows > 0 && rows <= BODY_ROWS_MAX);
}

static void put_field(arena *mem, struct buf *csv, str value)
{
    str text = json_kind_of(value) == JSON_NULL ? STR("NULL") : json_unquote(mem, value);

    buf_putc(csv, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            buf_putc(csv, '"');
        buf_putc(csv, text.at[i]);
    }
    buf_putc(csv, '"');
}

enum part { NAMES, VALUES };

static void put_line(arena *mem, struct buf *csv, str object, enum part part)
{
    struct json_walk walk;
    str key, value;

    json_walk_open(&walk, object);
    for (bool first = true; json_walk_next(&walk, &key, &value); first = false) {
        buf_put(csv, first ? STR("") : STR(","));
        put_field(mem, csv, part == NAMES ? key : value);
    }
    buf_putc(csv, '\n');
}

static void check_csv(arena *mem, str text)
{
    struct json_walk walk;
    struct buf csv;
    str json, again, key, value;
    int row = 0;

    if (body_csv(mem, text, &json) != NULL || str_eq(json, STR("[]")))
        return;
    buf_init(&csv, mem, SIZE_MAX);
    json_walk_open(&walk, json);
    for (; json_walk_next(&walk, &key, &value); row++) {
        if (row == 0)
            put_line(mem, &csv, value, NAMES);
        put_line(mem, &csv, value, VALUES);
    }
    must(body_csv(mem, buf_str(&csv), &again) == NULL);
    must(str_eq(json, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const str types[] = {STR_ROW("application/json"),
                                STR_ROW("application/x-www-form-urlencoded"), STR_ROW("text/csv")};
    if (size == 0)
        return 0;
    arena *mem = arena_open();
    struct header header = {STR("content-type"), types[data[0] % 3]};
    str text = {(const char *)data + 1, size - 1};
    struct request req = {.mem = mem, .headers = &header, .nheaders = 1, .body = text};
    struct body body;

    if (body_read(&req, BODY_KEYS_UNIFORM, &body) == NULL) {
        must(json_check(body.json) != JSON_INVALID);
        if (body.kind == BODY_OBJECT)
            check_object(mem, &body, body.json);
        if (body.kind == BODY_ARRAY)
            check_rows(mem, &body);
    }
    check_csv(mem, text);
    arena_close(&mem);
    return 0;
}
