/* Percent-encoding and the query string; see url.h. */
#include "base/url.h"

enum { NOT_HEX = -1 };

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : NOT_HEX;
}

static bool is_plain(str text, enum url_plus plus)
{
    return str_find(text, '%') < 0 && (plus == URL_PLUS_IS_PLUS || str_find(text, '+') < 0);
}

/* The byte that an escape at the start of text stands for, or NOT_HEX. */
static int escaped_byte(str text)
{
    if (text.len < 3)
        return NOT_HEX;
    int high = hex_value(text.at[1]), low = hex_value(text.at[2]);
    return high == NOT_HEX || low == NOT_HEX ? NOT_HEX : high * 16 + low;
}

bool url_decode(arena *mem, str text, enum url_plus plus, str *decoded)
{
    if (is_plain(text, plus)) {
        *decoded = text;
        return utf8_valid(text);
    }
    char *at = h2o_mem_alloc_pool(mem, text.len + 1);
    size_t len = 0;
    while (text.len > 0) {
        bool escaped = text.at[0] == '%';
        int byte = escaped ? escaped_byte(text) : (unsigned char)text.at[0];
        if (byte == NOT_HEX && plus == URL_PLUS_IS_PLUS)
            return false;
        if (byte == NOT_HEX) { /* as a query has it, where like.%x% is common */
            escaped = false;
            byte = '%';
        }
        if (byte == '+' && !escaped && plus == URL_PLUS_IS_BLANK)
            byte = ' ';
        at[len++] = (char)byte;
        text = str_skip(text, escaped ? 3 : 1);
    }
    at[len] = '\0';
    *decoded = (str){at, len};
    return utf8_valid(*decoded);
}

/* RFC 3986, 2.3. */
static bool is_unreserved(unsigned char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' || byte == '.' || byte == '~';
}

void url_put(struct buf *buf, str text)
{
    static const char digits[] = "0123456789ABCDEF";

    while (text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && is_unreserved((unsigned char)text.at[plain]))
            plain++;
        buf_put(buf, (str){text.at, plain});
        text = str_skip(text, plain);
        if (text.len == 0)
            return;
        unsigned char byte = (unsigned char)text.at[0];
        buf_put(buf, (str){
                         (char[]){'%', digits[byte >> 4], digits[byte & 15]},
                         3
        });
        text = str_skip(text, 1);
    }
}

bool url_next(str *query, str *key, str *value)
{
    str piece;

    while (str_cut(query, '&', &piece)) {
        if (piece.len == 0)
            continue;
        *value = piece;
        str_cut(value, '=', key);
        return true;
    }
    return false;
}

/* One row for each kind of first byte: its range, how many bytes follow, and the narrower range
 * of the second byte, which is what keeps overlong forms and surrogates out. */
static const struct {
    unsigned char from, to, follow, second_from, second_to;
} leads[] = {
    {0xC2, 0xDF, 1, 0x80, 0xBF},
    {0xE0, 0xE0, 2, 0xA0, 0xBF},
    {0xE1, 0xEC, 2, 0x80, 0xBF},
    {0xED, 0xED, 2, 0x80, 0x9F},
    {0xEE, 0xEF, 2, 0x80, 0xBF},
    {0xF0, 0xF0, 3, 0x90, 0xBF},
    {0xF1, 0xF3, 3, 0x80, 0xBF},
    {0xF4, 0xF4, 3, 0x80, 0x8F},
};

size_t utf8_length(str text)
{
    const unsigned char *at = (const unsigned char *)text.at;

    if (at[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (at[0] < leads[i].from || at[0] > leads[i].to)
            continue;
        if (text.len <= leads[i].follow || at[1] < leads[i].second_from ||
            at[1] > leads[i].second_to)
            return 0;
        for (size_t k = 2; k <= leads[i].follow; k++)
            if ((at[k] & 0xC0) != 0x80)
                return 0;
        return leads[i].follow + 1U;
    }
    return 0;
}

bool utf8_valid(str text)
{
    while (text.len > 0) {
        size_t len = text.at[0] == '\0' ? 0 : utf8_length(text);
        if (len == 0)
            return false;
        text = str_skip(text, len);
    }
    return true;
}
