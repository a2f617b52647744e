/* See expression.h. */
#include "live/expression.h"

#include <ctype.h>

/* What is quoted, from its first to its last quote: a quote inside stands there twice, and so is
 * the beginning of the next one. */
static str take_quoted(str text)
{
    const char *end = memchr(text.at + 1, text.at[0], text.len - 1);
    return (str){text.at, end == NULL ? text.len : (size_t)(end - text.at) + 1};
}

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || byte == '$' || byte == '.' ||
           (byte & 0x80) != 0;
}

static str take_name(str text)
{
    size_t len = 0;

    while (len < text.len && is_name_byte(text.at[len]))
        len++;
    return (str){text.at, len};
}

str expression_piece(str text)
{
    if (text.at[0] == '\'' || text.at[0] == '"')
        return take_quoted(text);
    str name = take_name(text);
    return name.len > 0 ? name : (str){text.at, 1};
}

static int depth_of(str piece)
{
    return str_eq(piece, STR("(")) ? 1 : str_eq(piece, STR(")")) ? -1 : 0;
}

bool expression_group(str text, str *inside)
{
    int depth = 0;

    if (!str_starts(text, STR("(")) || !str_ends(text, STR(")")))
        return false;
    *inside = (str){text.at + 1, text.len - 2};
    for (str piece; text.len > 0; text = str_skip(text, piece.len)) {
        piece = expression_piece(text);
        depth += depth_of(piece);
        if (depth == 0)
            return piece.len == text.len;
    }
    return false;
}

static enum joined joins(str piece)
{
    return str_ieq(piece, STR("and"))  ? JOINED_BY_AND
           : str_ieq(piece, STR("or")) ? JOINED_BY_OR
                                       : JOINED_BY_NOTHING;
}

static bool add_part(struct parts *parts, str part)
{
    if (parts->count == EXPRESSION_PARTS_MAX)
        return false;
    parts->at[parts->count++] = str_trim(part);
    return true;
}

bool expression_split(str text, struct parts *parts)
{
    str part = {text.at, 0};
    int depth = 0;

    *parts = (struct parts){.by = JOINED_BY_NOTHING};
    for (str piece; text.len > 0; text = str_skip(text, piece.len)) {
        piece = expression_piece(text);
        depth += depth_of(piece);
        enum joined by = depth == 0 ? joins(piece) : JOINED_BY_NOTHING;
        if (depth < 0 || (by != JOINED_BY_NOTHING &&
                          ((parts->count > 0 && parts->by != by) || !add_part(parts, part))))
            return false;
        if (by == JOINED_BY_NOTHING) {
            part.len += piece.len;
            continue;
        }
        parts->by = by;
        part = (str){piece.at + piece.len, 0};
    }
    return depth == 0 && add_part(parts, part);
}
