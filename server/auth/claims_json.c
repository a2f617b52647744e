/* See claims_json.h. */
#include "auth/claims_json.h"

#include "base/json.h"

bool claims_json_ok(str json)
{
    return json_check(json) == JSON_OBJECT;
}

str claims_json_with_role(arena *mem, str json, str role)
{
    struct json_walk walk;
    struct buf buf;
    str key, value;

    buf_init(&buf, mem, json.len + role.len * 6 + 64);
    buf_put(&buf, STR("{\"role\":"));
    json_put_string(&buf, role);
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value)) {
        buf_putc(&buf, ',');
        buf_put(&buf, key);
        buf_putc(&buf, ':');
        buf_put(&buf, value);
    }
    buf_putc(&buf, '}');
    return buf_str(&buf);
}
