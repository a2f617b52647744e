/* CSV as the body of a write becomes the JSON array of objects that PostgreSQL reads: the first
 * line has the names, the word NULL is null, everything else a string. Source: RFC 4180;
 * PostgREST "Bulk Insert". */
#include "rest/body.h"

#include "base/json.h"
#include "base/url.h"
#include "rest/caps.h"

/* `rest` starts at a field, or is what is left when the text ends. */
struct csv {
    arena *mem;
    str rest;
};

/* What stands behind a field. */
enum behind { BEHIND_FIELD, BEHIND_LINE, BEHIND_INVALID };

static const struct fail *invalid(arena *mem)
{
    return fail_new(mem, FAIL_BAD_BODY, "Empty or invalid CSV");
}

static const struct fail *lengths_differ(arena *mem)
{
    return fail_new(mem, FAIL_BAD_BODY, "All lines must have same number of fields");
}

/* Each doubled quote becomes one. */
static str undouble(arena *mem, str text)
{
    struct buf out;
    long quote;

    buf_init(&out, mem, text.len);
    while ((quote = str_find(text, '"')) >= 0) {
        buf_put(&out, (str){text.at, (size_t)quote + 1});
        text = str_skip(text, (size_t)quote + 2);
    }
    buf_put(&out, text);
    return buf_str(&out);
}

/* The text between quotes; false when it does not end. */
static bool read_quoted(struct csv *csv, str *field)
{
    size_t end = 1;
    bool doubled = false;

    for (; end < csv->rest.len; end++) {
        if (csv->rest.at[end] != '"')
            continue;
        if (end + 1 == csv->rest.len || csv->rest.at[end + 1] != '"')
            break;
        doubled = true;
        end++;
    }
    if (end >= csv->rest.len)
        return false;
    *field = (str){csv->rest.at + 1, end - 1};
    if (doubled)
        *field = undouble(csv->mem, *field);
    csv->rest = str_skip(csv->rest, end + 1);
    return true;
}

static void read_plain(struct csv *csv, str *field)
{
    size_t end = 0;

    while (end < csv->rest.len && str_find(STR(",\"\n\r"), csv->rest.at[end]) < 0)
        end++;
    *field = (str){csv->rest.at, end};
    csv->rest = str_skip(csv->rest, end);
}

/* A line ends with LF, CRLF or CR. */
static bool take_line_end(struct csv *csv)
{
    size_t len = str_starts(csv->rest, STR("\r\n")) ? 2 : 1;

    if (csv->rest.len == 0 || (csv->rest.at[0] != '\n' && csv->rest.at[0] != '\r'))
        return false;
    csv->rest = str_skip(csv->rest, len);
    return true;
}

static enum behind read_field(struct csv *csv, str *field)
{
    if (str_starts(csv->rest, STR("\""))) {
        if (!read_quoted(csv, field))
            return BEHIND_INVALID;
    } else {
        read_plain(csv, field);
    }
    if (csv->rest.len == 0 || take_line_end(csv))
        return BEHIND_LINE;
    if (csv->rest.at[0] != ',')
        return BEHIND_INVALID;
    csv->rest = str_skip(csv->rest, 1);
    return BEHIND_FIELD;
}

/* "name": once for all rows. */
static str make_key(arena *mem, str name)
{
    struct buf key;

    buf_init(&key, mem, BODY_JSON_MAX);
    json_put_string(&key, name);
    buf_putc(&key, ':');
    return buf_str(&key);
}

static const struct fail *read_names(struct csv *csv, str *keys, int *nkeys)
{
    enum behind behind = BEHIND_FIELD;
    str name;

    for (*nkeys = 0; behind == BEHIND_FIELD; keys[(*nkeys)++] = make_key(csv->mem, name)) {
        if (*nkeys == BODY_KEYS_MAX)
            return fail_new(csv->mem, FAIL_BAD_BODY, "A line has more than %d fields",
                            BODY_KEYS_MAX);
        behind = read_field(csv, &name);
        if (behind == BEHIND_INVALID)
            return invalid(csv->mem);
    }
    return NULL;
}

static void put_field(struct buf *json, str key, str field)
{
    buf_put(json, key);
    if (str_eq(field, STR("NULL")))
        buf_put(json, STR("null"));
    else
        json_put_string(json, field);
}

static const struct fail *put_row(struct csv *csv, const str *keys, int nkeys, struct buf *json)
{
    enum behind behind = BEHIND_FIELD;
    str field;
    int count = 0;

    buf_putc(json, '{');
    for (; behind == BEHIND_FIELD; count++) {
        behind = read_field(csv, &field);
        if (behind == BEHIND_INVALID)
            return invalid(csv->mem);
        if (count == nkeys)
            return lengths_differ(csv->mem);
        buf_put(json, count > 0 ? STR(",") : STR(""));
        put_field(json, keys[count], field);
    }
    buf_putc(json, '}');
    return count == nkeys ? NULL : lengths_differ(csv->mem);
}

/* Blank lines are nothing. */
static bool at_end(struct csv *csv)
{
    while (take_line_end(csv))
        continue;
    return csv->rest.len == 0;
}

const struct fail *body_csv(arena *mem, str text, str *result)
{
    struct csv csv = {mem, text};
    str *keys = arena_array(mem, str, BODY_KEYS_MAX);
    struct buf json;
    int nkeys;

    if (at_end(&csv) || !utf8_valid(text))
        return invalid(mem);
    TRY(read_names(&csv, keys, &nkeys));
    buf_init(&json, mem, BODY_JSON_MAX);
    buf_putc(&json, '[');
    while (!at_end(&csv) && !json.full) {
        buf_put(&json, json.len > 1 ? STR(",\n") : STR(""));
        TRY(put_row(&csv, keys, nkeys, &json));
    }
    buf_putc(&json, ']');
    *result = buf_str(&json);
    return json.full ? fail_new(mem, FAIL_TOO_LARGE, "The CSV is too large") : NULL;
}
