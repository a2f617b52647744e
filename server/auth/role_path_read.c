/* The pieces that both syntaxes of a path to the role are read from; see role_path_inside.h. */
#include <ctype.h>
#include <stdlib.h>

#include "auth/role_path_inside.h"

void path_blanks(struct path_reader *in)
{
    while (in->rest.len > 0 && str_find(STR(" \t\r\n"), in->rest.at[0]) >= 0)
        in->rest = str_skip(in->rest, 1);
}

bool path_take(struct path_reader *in, str word)
{
    if (!str_starts(in->rest, word))
        return false;
    in->rest = str_skip(in->rest, word.len);
    return true;
}

bool path_take_spaced(struct path_reader *in, str word)
{
    path_blanks(in);
    bool taken = path_take(in, word);
    path_blanks(in);
    return taken;
}

void path_need(struct path_reader *in, str word)
{
    if (!path_take_spaced(in, word))
        in->bad = true;
}

/* Names and parts are bounded, so that the path is. */
void *path_part(struct path_reader *in, size_t size)
{
    in->bad = in->bad || ++in->parts > PATH_PARTS_MAX;
    return arena_zero(in->mem, size);
}

bool path_name_byte(char byte, bool is_first)
{
    if (isalpha((unsigned char)byte) || byte == '_' || (unsigned char)byte >= 0x80)
        return true;
    return !is_first && isdigit((unsigned char)byte);
}

bool path_at_number(const struct path_reader *in)
{
    size_t sign = in->rest.len > 0 && in->rest.at[0] == '-' ? 1 : 0;
    return in->rest.len > sign && isdigit((unsigned char)in->rest.at[sign]);
}

int64_t path_integer(struct path_reader *in)
{
    size_t len = 1;
    int64_t value = 0;

    while (len < in->rest.len && isdigit((unsigned char)in->rest.at[len]))
        len++;
    str digits = {in->rest.at, len};
    in->bad = in->bad || !str_int(digits, &value) || llabs(value) > INT32_MAX;
    in->rest = str_skip(in->rest, len);
    return value;
}

static void free_json(void *json)
{
    json_decref(json);
}

const json_t *path_keep(struct path_reader *in, json_t *json)
{
    if (json == NULL)
        in->bad = true;
    else
        arena_on_death(in->mem, free_json, json);
    return json;
}
