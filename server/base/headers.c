/* See headers.h. Source: RFC 9110, 5.1 (names), 5.5 (values). */
#include "base/headers.h"

#include "base/json.h"

static bool is_token(str name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && memchr(others, c, sizeof(others) - 1) == NULL)
            return false;
    }
    return name.len > 0;
}

bool headers_value_is_fine(str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool frames_the_message(str name)
{
    static const str ours[] = {STR_ROW("content-length"), STR_ROW("transfer-encoding"),
                               STR_ROW("connection"), STR_ROW("upgrade"), STR_ROW("trailer")};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (str_ieq(name, ours[i]))
            return true;
    return false;
}

static bool add(arena *mem, str key, str value, struct headers *headers)
{
    if (json_kind_of(value) != JSON_STRING || headers->count == ASKED_MAX)
        return false;
    struct header header = {json_unquote(mem, key), json_unquote(mem, value)};
    if (!is_token(header.name) || !headers_value_is_fine(header.value))
        return false;
    if (!frames_the_message(header.name))
        headers->list[headers->count++] = header;
    return true;
}

static void init(arena *mem, struct headers *headers)
{
    *headers = (struct headers){arena_array(mem, struct header, ASKED_MAX), 0};
}

bool headers_read_object(arena *mem, str json, struct headers *headers)
{
    struct json_walk walk;
    str key, value;

    init(mem, headers);
    if (json_check(json) != JSON_OBJECT)
        return false;
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value))
        if (!add(mem, key, value, headers))
            return false;
    return true;
}

/* An element of the list: an object of one member. */
static bool add_element(arena *mem, str element, struct headers *headers)
{
    struct json_walk walk;
    str key, value, more;

    return json_walk_open(&walk, element) == JSON_OBJECT && json_walk_next(&walk, &key, &value) &&
           add(mem, key, value, headers) && !json_walk_next(&walk, &more, &value);
}

bool headers_read_list(arena *mem, str json, struct headers *headers)
{
    struct json_walk walk;
    str key, value;

    init(mem, headers);
    if (json_check(json) != JSON_ARRAY)
        return false;
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value))
        if (!add_element(mem, value, headers))
            return false;
    return true;
}

bool headers_have(const struct headers *headers, str name)
{
    for (int i = 0; i < headers->count; i++)
        if (str_ieq(headers->list[i].name, name))
            return true;
    return false;
}
