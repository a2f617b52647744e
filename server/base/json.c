/* JSON without a tree: a writer of strings, a strict checker, a walk over members; see json.h.
 * The checker sees every request body, so strings, where the bytes are, are read in one tight
 * loop; nesting recurses, at most JSON_DEPTH_MAX deep. */
#include "base/json.h"

#include "base/url.h"

enum { UNIT_INVALID = -1 };

/* What a byte means inside a string. */
enum byte_kind { BYTE_PLAIN, BYTE_QUOTE, BYTE_ESCAPE, BYTE_CONTROL, BYTE_WIDE };

static inline enum byte_kind byte_kind(char byte)
{
    unsigned char value = (unsigned char)byte;

    if (value >= 0x80)
        return BYTE_WIDE;
    if (value == '"')
        return BYTE_QUOTE;
    if (value == '\\')
        return BYTE_ESCAPE;
    return value < 0x20 ? BYTE_CONTROL : BYTE_PLAIN;
}

/* What the byte behind a backslash stands for. 0: not an escape. */
static const char escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static void put_special(struct buf *buf, unsigned char byte)
{
    switch (byte) {
    case '"':
        buf_put(buf, STR("\\\""));
        break;
    case '\\':
        buf_put(buf, STR("\\\\"));
        break;
    case '\n':
        buf_put(buf, STR("\\n"));
        break;
    case '\r':
        buf_put(buf, STR("\\r"));
        break;
    case '\t':
        buf_put(buf, STR("\\t"));
        break;
    default:
        buf_printf(buf, "\\u%04x", byte);
    }
}

/* How many bytes at the start of text may be copied as they are. */
static size_t plain_length(str text)
{
    size_t len = 0;

    while (len < text.len) {
        enum byte_kind kind = byte_kind(text.at[len]);
        size_t step = kind == BYTE_PLAIN;
        if (kind == BYTE_WIDE)
            step = utf8_length(str_skip(text, len));
        if (step == 0)
            break;
        len += step;
    }
    return len;
}

void json_put_string(struct buf *buf, str text)
{
    if (text.at == NULL) {
        buf_put(buf, STR("null"));
        return;
    }
    buf_putc(buf, '"');
    while (text.len > 0) {
        size_t plain = plain_length(text);
        buf_put(buf, (str){text.at, plain});
        text = str_skip(text, plain);
        if (text.len == 0)
            break;
        unsigned char byte = (unsigned char)text.at[0];
        if (byte >= 0x80)
            buf_put(buf, STR("\xEF\xBF\xBD")); /* U+FFFD for each byte that is no UTF-8 */
        else
            put_special(buf, byte);
        text = str_skip(text, 1);
    }
    buf_putc(buf, '"');
}

/* Where the checker stands. Each check_ function starts at the first byte of its thing and
 * leaves `at` behind it; false means that the text is not JSON. */
struct reader {
    const char *at, *end;
};

/* The UTF-16 unit of four hexadecimal digits, or UNIT_INVALID. */
static int read_unit(const char *at, const char *end)
{
    int unit = 0;

    if (end - at < 4)
        return UNIT_INVALID;
    for (int i = 0; i < 4; i++) {
        char lower = (char)(at[i] | 0x20);
        if (at[i] >= '0' && at[i] <= '9')
            unit = unit * 16 + at[i] - '0';
        else if (lower >= 'a' && lower <= 'f')
            unit = unit * 16 + lower - 'a' + 10;
        else
            return UNIT_INVALID;
    }
    return unit;
}

/* The code point of \uXXXX or of a pair of them; `at` stands behind the 'u'. 0, which
 * PostgreSQL cannot store, and half a pair are invalid. */
static int read_code_point(const char **at, const char *end)
{
    int unit = read_unit(*at, end);

    if (unit <= 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
        return UNIT_INVALID;
    *at += 4;
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return UNIT_INVALID;
    int low = read_unit(*at + 2, end);
    if (low < 0xDC00 || low > 0xDFFF)
        return UNIT_INVALID;
    *at += 6;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

static bool check_escape(struct reader *in)
{
    if (in->end - in->at < 2)
        return false;
    unsigned char name = (unsigned char)in->at[1];
    in->at += 2;
    return name == 'u' ? read_code_point(&in->at, in->end) > 0 : escapes[name] != 0;
}

static bool check_wide(struct reader *in)
{
    size_t len = utf8_length((str){in->at, (size_t)(in->end - in->at)});
    in->at += len;
    return len > 0;
}

static bool check_string(struct reader *in)
{
    in->at++;
    while (in->at < in->end) {
        bool ok = true;
        switch (byte_kind(*in->at)) {
        case BYTE_PLAIN:
            in->at++;
            break;
        case BYTE_QUOTE:
            in->at++;
            return true;
        case BYTE_ESCAPE:
            ok = check_escape(in);
            break;
        case BYTE_WIDE:
            ok = check_wide(in);
            break;
        case BYTE_CONTROL:
            ok = false;
        }
        if (!ok)
            return false;
    }
    return false;
}

static bool check_digits(struct reader *in)
{
    const char *first = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
        in->at++;
    return in->at > first;
}

static bool take(struct reader *in, char byte)
{
    if (in->at == in->end || *in->at != byte)
        return false;
    in->at++;
    return true;
}

static bool check_number(struct reader *in)
{
    take(in, '-');
    if (!take(in, '0') && !check_digits(in))
        return false;
    if (take(in, '.') && !check_digits(in))
        return false;
    if (!take(in, 'e') && !take(in, 'E'))
        return true;
    if (!take(in, '+'))
        take(in, '-');
    return check_digits(in);
}

static bool check_word(struct reader *in, str word)
{
    if (!str_starts((str){in->at, (size_t)(in->end - in->at)}, word))
        return false;
    in->at += word.len;
    return true;
}

static bool check_value(struct reader *in, int depth);

static bool check_key(struct reader *in)
{
    in->at = skip_blanks(in->at, in->end);
    if (in->at == in->end || *in->at != '"' || !check_string(in))
        return false;
    in->at = skip_blanks(in->at, in->end);
    return take(in, ':');
}

/* The inside of an object or array, from its opening bracket to its closing one. */
static bool check_members(struct reader *in, char closing, int depth)
{
    if (depth == JSON_DEPTH_MAX)
        return false;
    in->at = skip_blanks(in->at + 1, in->end);
    if (take(in, closing))
        return true;
    do {
        if (closing == '}' && !check_key(in))
            return false;
        if (!check_value(in, depth + 1))
            return false;
    } while (take(in, ','));
    return take(in, closing);
}

/* One value with the blanks around it. */
static bool check_value(struct reader *in, int depth)
{
    bool ok = false;

    in->at = skip_blanks(in->at, in->end);
    switch (json_kind_of((str){in->at, (size_t)(in->end - in->at)})) {
    case JSON_OBJECT:
        ok = check_members(in, '}', depth);
        break;
    case JSON_ARRAY:
        ok = check_members(in, ']', depth);
        break;
    case JSON_STRING:
        ok = check_string(in);
        break;
    case JSON_NUMBER:
        ok = check_number(in);
        break;
    case JSON_BOOL:
        ok = check_word(in, STR("true")) || check_word(in, STR("false"));
        break;
    case JSON_NULL:
        ok = check_word(in, STR("null"));
        break;
    case JSON_INVALID:
        break;
    }
    in->at = skip_blanks(in->at, in->end);
    return ok;
}

enum json_kind json_check(str text)
{
    if (text.len == 0)
        return JSON_INVALID;
    struct reader in = {text.at, text.at + text.len};
    if (!check_value(&in, 0) || in.at != in.end)
        return JSON_INVALID;
    const char *first = skip_blanks(text.at, in.end);
    return json_kind_of((str){first, (size_t)(in.end - first)});
}

enum json_kind json_kind_of(str value)
{
    static const unsigned char kinds[256] = {
        ['{'] = JSON_OBJECT, ['['] = JSON_ARRAY,  ['"'] = JSON_STRING, ['t'] = JSON_BOOL,
        ['f'] = JSON_BOOL,   ['n'] = JSON_NULL,   ['-'] = JSON_NUMBER, ['0'] = JSON_NUMBER,
        ['1'] = JSON_NUMBER, ['2'] = JSON_NUMBER, ['3'] = JSON_NUMBER, ['4'] = JSON_NUMBER,
        ['5'] = JSON_NUMBER, ['6'] = JSON_NUMBER, ['7'] = JSON_NUMBER, ['8'] = JSON_NUMBER,
        ['9'] = JSON_NUMBER,
    };
    return value.len == 0 ? JSON_INVALID : (enum json_kind)kinds[(unsigned char)value.at[0]];
}

bool json_is_deep(str text)
{
    int depth = 0;

    for (size_t i = 0; i < text.len && depth <= JSON_DEPTH_MAX; i++) {
        struct reader in = {text.at + i, text.at + text.len};
        if (text.at[i] == '"' && !check_string(&in))
            return false;
        if (text.at[i] == '"')
            i = (size_t)(in.at - text.at) - 1;
        depth += text.at[i] == '{' || text.at[i] == '[';
        depth -= text.at[i] == '}' || text.at[i] == ']';
    }
    return depth > JSON_DEPTH_MAX;
}

/* From here on the text is one that json_check accepted. */

static const char *string_end(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

/* Behind the value that starts at `at`. */
static const char *value_end(const char *at, const char *end)
{
    int depth = 0;

    do {
        if (*at == '"') {
            at = string_end(at, end);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
        /* a word or a number goes on until something else starts */
        while (depth == 0 && at < end && at[-1] != '}' && at[-1] != ']' && *at != ',' &&
               *at != '}' && *at != ']' && *at > ' ')
            at++;
    } while (depth > 0 && at < end);
    return at;
}

static str take_value(str *rest)
{
    const char *end = rest->at + rest->len;
    const char *from = skip_blanks(rest->at, end);
    const char *to = value_end(from, end);

    *rest = (str){to, (size_t)(end - to)};
    return (str){from, (size_t)(to - from)};
}

/* Skips blanks and, behind them, one byte. */
static void skip_mark(str *rest)
{
    const char *end = rest->at + rest->len;
    const char *at = skip_blanks(rest->at, end) + 1;
    *rest = (str){at, (size_t)(end - at)};
}

enum json_kind json_walk_open(struct json_walk *walk, str text)
{
    const char *end = text.at + text.len;
    const char *first = skip_blanks(text.at, end);
    enum json_kind kind = json_kind_of((str){first, (size_t)(end - first)});

    *walk = (struct json_walk){
        .rest = {first, (size_t)(end - first)}
    };
    walk->object = kind == JSON_OBJECT;
    if (kind == JSON_OBJECT || kind == JSON_ARRAY)
        walk->rest = str_skip(walk->rest, 1);
    else
        walk->rest = STR("]"); /* nothing to walk */
    return kind;
}

bool json_walk_next(struct json_walk *walk, str *key, str *value)
{
    const char *end = walk->rest.at + walk->rest.len;
    const char *at = skip_blanks(walk->rest.at, end);

    if (at == end || *at == ']' || *at == '}')
        return false;
    if (walk->started)
        skip_mark(&walk->rest);
    walk->started = true;
    *key = (str){NULL, 0};
    if (walk->object) {
        *key = take_value(&walk->rest);
        skip_mark(&walk->rest);
    }
    *value = take_value(&walk->rest);
    return true;
}

static char *put_utf8(char *to, int code)
{
    static const struct {
        int below, lead, shift;
    } forms[] = {
        {0x80,     0x00, 0 },
        {0x800,    0xC0, 6 },
        {0x10000,  0xE0, 12},
        {0x110000, 0xF0, 18},
    };
    size_t form = 0;

    while (code >= forms[form].below)
        form++;
    int shift = forms[form].shift;
    *to++ = (char)(forms[form].lead | (code >> shift));
    while (shift > 0) {
        shift -= 6;
        *to++ = (char)(0x80 | ((code >> shift) & 0x3F));
    }
    return to;
}

str json_unquote(arena *mem, str quoted)
{
    str inside = {quoted.at + 1, quoted.len - 2};

    if (str_find(inside, '\\') < 0)
        return inside;
    const char *at = inside.at, *end = inside.at + inside.len;
    char *text = h2o_mem_alloc_pool(mem, inside.len + 1), *to = text;
    while (at < end) {
        if (*at != '\\') {
            *to++ = *at++;
        } else if (at[1] != 'u') {
            *to++ = escapes[(unsigned char)at[1]];
            at += 2;
        } else {
            at += 2;
            to = put_utf8(to, read_code_point(&at, end));
        }
    }
    *to = '\0';
    return (str){text, (size_t)(to - text)};
}
