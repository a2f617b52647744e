/* See record.h. */
#include "live/record.h"

bool record_open(struct record_walk *walk, str text)
{
    *walk = (struct record_walk){.rest = str_skip(text, text.len > 0 ? 1 : 0), .first = true};
    return text.len >= 2 && text.at[0] == '(';
}

/* Both "" and \" are a quote inside quotes; a part in quotes may stand beside one without. */
bool record_next(struct record_walk *walk, char **room, str *field)
{
    str in = walk->rest;
    char *start = *room;
    bool inside = false, quoted = false;
    size_t i = walk->first ? 0 : 1;

    if (in.len == 0 || (walk->first ? false : in.at[0] != ','))
        return false;
    for (; i < in.len && (inside || (in.at[i] != ',' && in.at[i] != ')')); i++) {
        bool pair = inside && in.at[i] == '"' && i + 1 < in.len && in.at[i + 1] == '"';
        if (in.at[i] == '"' && !pair) {
            inside = !inside;
            quoted = true;
            continue;
        }
        if (pair || (in.at[i] == '\\' && i + 1 < in.len))
            i++;
        *(*room)++ = in.at[i];
    }
    if (i == in.len)
        return false; /* the closing parenthesis is missing */
    *field = quoted || *room > start ? (str){start, (size_t)(*room - start)} : (str){NULL, 0};
    walk->rest = str_skip(in, i);
    walk->first = false;
    return true;
}

bool record_ended(const struct record_walk *walk)
{
    return walk->rest.len == 1 && walk->rest.at[0] == ')';
}
