/* See value.h. */
#include "live/value.h"

#include "base/json.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* NaN and Infinity are no numbers in JSON. */
static void put_number(struct buf *buf, str text)
{
    size_t first = text.len > 1 && text.at[0] == '-' ? 1 : 0;

    if (text.len > first && is_digit(text.at[first]))
        buf_put(buf, text);
    else
        json_put_string(buf, text);
}

/* "2026-01-02 01:04:05.6789+00" becomes "2026-01-02T01:04:05.6789+00:00"; "infinity" stays. */
static void put_time(struct buf *buf, str text, bool zone)
{
    long blank = str_find(text, ' ');
    bool before_christ = str_ends(text, STR(" BC"));

    if (blank <= 0 || !is_digit(text.at[0])) {
        json_put_string(buf, text);
        return;
    }
    text.len -= before_christ ? STR(" BC").len : 0;
    str last = str_skip(text, text.len > 3 ? text.len - 3 : 0);
    bool short_zone = zone && (str_starts(last, STR("+")) || str_starts(last, STR("-")));
    buf_putc(buf, '"');
    buf_put(buf, (str){text.at, (size_t)blank});
    buf_putc(buf, 'T');
    buf_put(buf, str_skip(text, (size_t)blank + 1));
    buf_put(buf, short_zone ? STR(":00") : STR(""));
    buf_put(buf, before_christ ? STR(" BC\"") : STR("\""));
}

/* "1 2 3" */
static void put_vector(struct buf *buf, str text, const char *quote)
{
    const char *between = "";
    str one;

    buf_putc(buf, '[');
    while (text.len > 0 && str_cut(&text, ' ', &one)) {
        buf_printf(buf, "%s%s%.*s%s", between, quote, STR_ARG(one), quote);
        between = ",";
    }
    buf_putc(buf, ']');
}

static void put_any(struct buf *buf, const struct fact_column *column, str text);
static void put_object(struct buf *buf, const struct fact_composite *of, str text);
static void put_pairs(struct buf *buf, str text);

static void put_scalar(struct buf *buf, const struct fact_column *column, str text)
{
    switch (column->kind) {
    case KIND_NUMBER:
        put_number(buf, text);
        break;
    case KIND_BOOL:
        buf_put(buf, str_starts(text, STR("t")) ? STR("true") : STR("false"));
        break;
    case KIND_JSON:
        buf_put(buf, text);
        break;
    case KIND_TIMESTAMPTZ:
        put_time(buf, text, true);
        break;
    case KIND_TIMESTAMP:
        put_time(buf, text, false);
        break;
    case KIND_COMPOSITE:
        put_object(buf, column->of, text);
        break;
    case KIND_HSTORE:
        put_pairs(buf, text);
        break;
    case KIND_NUMBERS:
        put_vector(buf, text, "");
        break;
    case KIND_NUMERALS:
        put_vector(buf, text, "\"");
        break;
    case KIND_BYTEA:
    case KIND_TEXT:
        json_put_string(buf, text);
        break;
    }
}

/* ---- arrays: {1,NULL,"a \"b\"",{...}} ---- */

/* An element in quotes, without them and its backslashes. */
static str take_quoted(struct buf *scratch, str *rest)
{
    size_t start = scratch->len, i = 1;

    for (; i < rest->len && rest->at[i] != '"'; i++) {
        if (rest->at[i] == '\\' && i + 1 < rest->len)
            i++;
        buf_putc(scratch, rest->at[i]);
    }
    *rest = str_skip(*rest, i + 1);
    return scratch->full ? STR("") : str_skip(buf_str(scratch), start);
}

static str take_bare(str *rest, char delimiter)
{
    size_t len = 0;

    while (len < rest->len && rest->at[len] != delimiter && rest->at[len] != '}')
        len++;
    str bare = {rest->at, len};
    *rest = str_skip(*rest, len);
    return bare;
}

static void put_element(struct buf *buf, const struct fact_column *column, str *rest)
{
    struct buf scratch;

    if (rest->at[0] == '"') {
        buf_init(&scratch, buf->mem, rest->len + 1);
        put_scalar(buf, column, take_quoted(&scratch, rest));
        return;
    }
    str bare = take_bare(rest, column->array);
    if (str_ieq(bare, STR("null")))
        buf_put(buf, STR("null"));
    else
        put_scalar(buf, column, bare);
}

/* The braces and delimiters are JSON's brackets and commas; what is between them is an element. */
static void put_array(struct buf *buf, const struct fact_column *column, str text)
{
    long start = str_find(text, '{'); /* "[0:2]={...}" when it does not begin at 1 */
    str rest = start < 0 ? STR("") : str_skip(text, (size_t)start);
    int depth = 0;

    if (rest.len == 0) {
        json_put_string(buf, text);
        return;
    }
    while (rest.len > 0) {
        char byte = rest.at[0];
        if (byte == '{')
            depth++;
        if (byte != '{' && byte != '}' && byte != column->array) {
            put_element(buf, column, &rest);
            continue;
        }
        buf_putc(buf, (char)(byte == '{' ? '[' : byte == '}' ? ']' : ','));
        rest = str_skip(rest, 1);
        if (byte == '}' && --depth == 0)
            return;
    }
}

/* ---- hstore: "a"=>"1", "b"=>NULL ---- */

static void put_quoted(struct buf *buf, str *rest)
{
    struct buf scratch;

    buf_init(&scratch, buf->mem, rest->len + 1);
    json_put_string(buf, take_quoted(&scratch, rest));
}

static void put_pairs(struct buf *buf, str text)
{
    const char *between = "";

    buf_putc(buf, '{');
    while (str_starts(text, STR("\""))) {
        buf_put(buf, str_from(between));
        put_quoted(buf, &text);
        buf_putc(buf, ':');
        text = str_skip(text, STR("=>").len);
        if (str_starts(text, STR("\""))) {
            put_quoted(buf, &text);
        } else {
            buf_put(buf, STR("null"));
            text = str_skip(text, STR("NULL").len);
        }
        text = str_skip(text, STR(", ").len);
        between = ",";
    }
    buf_putc(buf, '}');
}

/* ---- composite values: (1,,"a ""b""") ---- */

/* A field in quotes, without them; what is doubled inside is one. */
static str take_field_quoted(struct buf *scratch, str *rest)
{
    size_t i = 1;

    for (; i < rest->len; i++) {
        char byte = rest->at[i];
        if ((byte == '"' || byte == '\\') && i + 1 < rest->len && rest->at[i + 1] == byte)
            i++;
        else if (byte == '"')
            break;
        buf_putc(scratch, byte);
    }
    *rest = str_skip(*rest, i + 1);
    return buf_str(scratch);
}

static str take_field_bare(str *rest)
{
    size_t len = 0;

    while (len < rest->len && rest->at[len] != ',' && rest->at[len] != ')')
        len++;
    str bare = {rest->at, len};
    *rest = str_skip(*rest, len);
    return bare;
}

static void put_field(struct buf *buf, const struct fact_column *field, str *rest)
{
    struct buf scratch;

    if (rest->len > 0 && rest->at[0] == '"') {
        buf_init(&scratch, buf->mem, rest->len + 1);
        put_any(buf, field, take_field_quoted(&scratch, rest));
        return;
    }
    str bare = take_field_bare(rest);
    if (bare.len == 0)
        buf_put(buf, STR("null"));
    else
        put_any(buf, field, bare);
}

/* A type whose fields are not known is its text. */
static void put_object(struct buf *buf, const struct fact_composite *of, str text)
{
    str rest = str_skip(text, 1);

    if (of == NULL || !str_starts(text, STR("("))) {
        json_put_string(buf, text);
        return;
    }
    buf_putc(buf, '{');
    for (int i = 0; i < of->nfields; i++) {
        buf_put(buf, i > 0 ? STR(",") : STR(""));
        json_put_string(buf, of->fields[i].name);
        buf_putc(buf, ':');
        put_field(buf, &of->fields[i], &rest);
        rest = str_skip(rest, rest.len > 0 ? 1 : 0);
    }
    buf_putc(buf, '}');
}

static void put_any(struct buf *buf, const struct fact_column *column, str text)
{
    if (column->array)
        put_array(buf, column, text);
    else
        put_scalar(buf, column, text);
}

void value_put(struct buf *buf, const struct fact_column *column, const struct live_value *value)
{
    if (value->state != VALUE_TEXT)
        buf_put(buf, STR("null"));
    else if (column->kind == KIND_BYTEA && !column->array)
        json_put_string(buf, str_skip(value->text, STR("\\x").len));
    else
        put_any(buf, column, value->text);
}
