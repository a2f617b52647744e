/* See type_text.h. Source: PostgreSQL, format_type() and quote_ident(). */
#include "openapi/type_text.h"

#include "base/buf.h"
#include "openapi/kind.h"

enum { IDENTIFIER_MAX = 256 };

/* Cuts "a ""b""" or a plain word off the text. */
static str take_name(arena *mem, str *text)
{
    struct buf name;
    size_t at = 1;

    if (text->len == 0 || text->at[0] != '"') {
        long dot = str_find(*text, '.');
        str word = dot < 0 ? *text : (str){text->at, (size_t)dot};
        *text = str_skip(*text, word.len);
        return word;
    }
    buf_init(&name, mem, IDENTIFIER_MAX);
    for (; at < text->len; at++) {
        bool quote = text->at[at] == '"';
        bool doubled = quote && at + 1 < text->len && text->at[at + 1] == '"';
        if (quote && !doubled)
            break;
        at += doubled ? 1 : 0;
        buf_putc(&name, text->at[at]);
    }
    *text = str_skip(*text, at + 1);
    return buf_str(&name);
}

struct type_text type_text_read(arena *mem, str type)
{
    struct kind kind = kind_of(mem, type);
    struct type_text text = {.array = kind.array};
    str rest = kind.array ? kind_element(&kind) : kind.name;

    text.name = take_name(mem, &rest);
    if (rest.len > 0 && rest.at[0] == '.') {
        text.schema = text.name;
        rest = str_skip(rest, 1);
        text.name = take_name(mem, &rest);
    }
    return text;
}
