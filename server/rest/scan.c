/* See scan.h. Source: PostgREST's grammar of query parameters; Parsec, how errors are merged. */
#include "rest/scan.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { TAB = 8, CHARACTER_MAX = 4, DETAILS_MAX = 1024 };

void scan_init(struct scan *scan, arena *mem, const char *what, str text)
{
    *scan = (struct scan){.mem = mem, .what = what, .text = text};
}

bool scan_at_end(const struct scan *scan)
{
    return scan->at == scan->text.len;
}

char scan_peek(const struct scan *scan)
{
    if (scan_at_end(scan))
        return '\0';
    return scan->text.at[scan->at];
}

bool scan_sees(const struct scan *scan, str token)
{
    return str_starts(str_skip(scan->text, scan->at), token);
}

/* ---- what did not fit ---- */

void scan_move(struct scan *scan, size_t bytes)
{
    if (bytes == 0)
        return;
    scan->at += bytes;
    scan_forget(scan);
}

static void want(struct miss *miss, struct wanted wanted)
{
    for (int i = 0; i < miss->count; i++)
        if (str_eq(miss->wanted[i].text, wanted.text))
            return;
    if (miss->count < WANTED_MAX)
        miss->wanted[miss->count++] = wanted;
}

/* Misses are copied at every branch of the grammar, and most hold little. */
static void copy_miss(struct miss *to, const struct miss *from)
{
    memcpy(to, from, offsetof(struct miss, wanted) + (size_t)from->count * sizeof(struct wanted));
}

/* The further of two misses counts; of two at one place, both. */
static void merge(struct miss *miss, const struct miss *other)
{
    if (other->at < miss->at)
        return;
    if (other->at > miss->at || !miss->any) {
        copy_miss(miss, other);
        return;
    }
    miss->loosely = miss->loosely || other->loosely;
    for (int i = 0; i < other->count; i++)
        want(miss, other->wanted[i]);
}

static bool miss_at(struct scan *scan, size_t found, struct wanted wanted)
{
    struct miss *miss = &scan->miss;

    if (scan->at < miss->at)
        return false;
    if (scan->at > miss->at || !miss->any) {
        scan_forget(scan);
        miss->any = true;
        miss->found = found;
    }
    if (wanted.text.len > 0)
        want(miss, wanted);
    return false;
}

bool scan_miss(struct scan *scan, str name)
{
    return miss_at(scan, scan->at, (struct wanted){name, false});
}

bool scan_take(struct scan *scan, str token)
{
    size_t fits = 0;

    if (scan_sees(scan, token)) {
        scan_move(scan, token.len);
        return true;
    }
    while (scan->at + fits < scan->text.len && scan->text.at[scan->at + fits] == token.at[fits])
        fits++;
    return miss_at(scan, scan->at + fits, (struct wanted){token, true});
}

bool scan_ahead(struct scan *scan, str token)
{
    if (!scan_sees(scan, token))
        return scan_take(scan, token);
    return true;
}

void scan_forget(struct scan *scan)
{
    struct miss *miss = &scan->miss;

    miss->any = miss->loosely = false;
    miss->at = miss->found = scan->at;
    miss->count = 0;
}

bool scan_only(struct scan *scan, str token)
{
    scan_forget(scan);
    return scan_take(scan, token);
}

bool scan_take_dot(struct scan *scan)
{
    if (!scan_sees(scan, STR(".")))
        return scan_miss(scan, STR("delimiter (.)"));
    scan_move(scan, 1);
    return true;
}

bool scan_end(struct scan *scan)
{
    scan_miss(scan, STR("end of input"));
    if (scan_at_end(scan))
        return true;
    scan->miss.loosely = scan->miss.loosely || scan->miss.at == scan->at;
    return false;
}

str scan_until(struct scan *scan, const char *stops)
{
    size_t end = scan->at;
    while (end < scan->text.len && strchr(stops, scan->text.at[end]) == NULL)
        end++;
    str text = {scan->text.at + scan->at, end - scan->at};
    scan_move(scan, text.len);
    return text;
}

void scan_white(struct scan *scan)
{
    while (scan_peek(scan) == ' ' || scan_peek(scan) == '\t')
        scan_move(scan, 1);
    scan_miss(scan, STR("")); /* more of it would have fitted */
}

struct trial scan_try(struct scan *scan)
{
    struct trial trial;

    trial.at = scan->at;
    copy_miss(&trial.miss, &scan->miss);
    scan_forget(scan);
    return trial;
}

bool scan_back(struct scan *scan, const struct trial *trial)
{
    struct miss miss;

    copy_miss(&miss, &trial->miss);
    merge(&miss, &scan->miss);
    copy_miss(&scan->miss, &miss);
    scan->at = trial->at;
    return false;
}

bool scan_back_as(struct scan *scan, const struct trial *trial, str name)
{
    scan->miss.count = 1;
    scan->miss.wanted[0] = (struct wanted){name, false};
    return scan_back(scan, trial);
}

/* ---- how it is said ---- */

/* Where a byte is in lines and characters, from 1, as a person counts. */
static str position(const struct scan *scan, size_t at)
{
    size_t line = 1, column = scan->before + 1;

    for (size_t i = 0; i < at; i++) {
        unsigned char byte = (unsigned char)scan->text.at[i];
        if (byte == '\n') {
            line++;
            column = 1;
        } else if (byte == '\t')
            column += TAB - (column - 1) % TAB;
        else
            column += (byte & 0xC0) != 0x80;
    }
    return arena_printf(scan->mem, "(line %zu, column %zu)", line, column);
}

/* The whole character, not its first byte. */
static str character(const struct scan *scan, size_t at)
{
    size_t len = 1;
    while (len < CHARACTER_MAX && at + len < scan->text.len &&
           ((unsigned char)scan->text.at[at + len] & 0xC0) == 0x80)
        len++;
    return (str){scan->text.at + at, len};
}

/* The code point of a character of two to four bytes. */
static unsigned code_point(str character)
{
    unsigned code = (unsigned char)character.at[0] & (0x7FU >> character.len);
    for (size_t i = 1; i < character.len; i++)
        code = code << 6 | ((unsigned char)character.at[i] & 0x3FU);
    return code;
}

/* As Haskell shows text: what is not ASCII by its number. */
static void put_quoted(struct buf *out, str text, char quote)
{
    static const char escapes[] = "\tt\nn\rr";

    buf_putc(out, quote);
    if (text.len > 1 && (unsigned char)text.at[0] >= 0x80) {
        buf_printf(out, "\\%u", code_point(text));
        text = STR("");
    }
    for (size_t i = 0; i < text.len; i++) {
        const char *escape = memchr(escapes, text.at[i], sizeof(escapes) - 1);
        char byte = text.at[i];
        bool control = escape != NULL && byte < ' ';
        if (control || byte == quote || byte == '\\')
            buf_putc(out, '\\');
        if (control)
            byte = escape[1];
        buf_putc(out, byte);
    }
    buf_putc(out, quote);
}

static void put_found(struct buf *out, const struct scan *scan, size_t found, char quote)
{
    buf_put(out, STR("unexpected "));
    if (found >= scan->text.len)
        buf_put(out, STR("end of input"));
    else
        put_quoted(out, character(scan, found), quote);
}

static void put_wanted(struct buf *out, const struct miss *miss)
{
    for (int i = 0; i < miss->count; i++) {
        const struct wanted *wanted = &miss->wanted[i];
        if (i == 0)
            buf_put(out, STR(" expecting "));
        else
            buf_put(out, i == miss->count - 1 ? STR(" or ") : STR(", "));
        if (wanted->literally)
            put_quoted(out, wanted->text, '"');
        else
            buf_put(out, wanted->text);
    }
}

const struct fail *scan_refuse(const struct scan *scan)
{
    const struct miss *miss = &scan->miss;
    str place = position(scan, miss->at);
    struct fail *fail = fail_new(scan->mem, FAIL_BAD_QUERY, "\"failed to parse %s (%.*s)\" %.*s",
                                 scan->what, STR_ARG(scan->text), STR_ARG(place));
    struct buf details;

    buf_init(&details, scan->mem, DETAILS_MAX);
    put_found(&details, scan, miss->found, miss->loosely ? '\'' : '"');
    put_wanted(&details, miss);
    fail->details = buf_str(&details);
    return fail;
}

/* ---- names ---- */

bool scan_quoted(struct scan *scan, str *text)
{
    struct buf out;

    scan_move(scan, 1);
    buf_init(&out, scan->mem, scan->text.len);
    while (!scan_at_end(scan) && scan_peek(scan) != '"') {
        bool escaped = scan_peek(scan) == '\\';
        scan_move(scan, escaped ? 1 : 0);
        if (scan_at_end(scan))
            return scan_miss(scan, STR(""));
        buf_putc(&out, scan_peek(scan));
        scan_move(scan, 1);
    }
    *text = buf_str(&out);
    return scan_take(scan, STR("\\")) || scan_take(scan, STR("\""));
}

/* Bytes of UTF-8 beyond ASCII are letters here; PostgreSQL knows them all the same. */
static bool is_name_byte(char byte)
{
    unsigned char b = (unsigned char)byte;
    return isalnum(b) || b == '_' || b == ' ' || b == '$' || b >= 0x80;
}

static str trim_blanks(str text)
{
    while (text.len > 0 && text.at[text.len - 1] == ' ')
        text.len--;
    while (text.len > 0 && text.at[0] == ' ')
        text = str_skip(text, 1);
    return text;
}

/* One or more. */
static bool take_name_bytes(struct scan *scan)
{
    size_t start = scan->at;

    while (!scan_at_end(scan) && is_name_byte(scan_peek(scan)))
        scan_move(scan, 1);
    scan_miss(scan, STR("letter"));
    scan_miss(scan, STR("digit"));
    return scan->at > start;
}

bool scan_read_word(struct scan *scan, str *word)
{
    size_t start = scan->at;

    if (!take_name_bytes(scan))
        return false;
    *word = trim_blanks((str){scan->text.at + start, scan->at - start});
    return true;
}

/* A dash is part of a name unless it starts an arrow, which is learnt one character late. */
static bool take_dash(struct scan *scan)
{
    struct miss arrow = {.any = true, .at = scan->at + 2, .found = scan->at + 1, .loosely = true};

    if (scan_sees(scan, STR("->"))) {
        merge(&scan->miss, &arrow);
        return false;
    }
    if (!scan_take(scan, STR("-")))
        return false;
    return !scan_take(scan, STR(">"));
}

bool scan_read_name(struct scan *scan, str *name)
{
    size_t start = scan->at;

    if (scan_peek(scan) == '"')
        return scan_quoted(scan, name);
    if (scan_at_end(scan) || !is_name_byte(scan_peek(scan)))
        return scan_miss(scan, STR(EXPECT_NAME));
    do
        if (!take_name_bytes(scan))
            return false;
    while (take_dash(scan));
    *name = trim_blanks((str){scan->text.at + start, scan->at - start});
    return true;
}

const struct fail *scan_name(struct scan *scan, str *name)
{
    return scan_read_name(scan, name) ? NULL : scan_refuse(scan);
}

/* ---- paths ---- */

static bool sees_digit(const struct scan *scan)
{
    return isdigit((unsigned char)scan_peek(scan)) != 0;
}

/* What may follow an index: then its digits are no key. */
static bool ends_index(struct scan *scan)
{
    return scan_peek(scan) == ')' || scan_ahead(scan, STR("->")) || scan_ahead(scan, STR("::")) ||
           scan_ahead(scan, STR(".")) || scan_ahead(scan, STR(",")) || scan_end(scan);
}

static bool read_index(struct scan *scan, str *digits)
{
    struct trial trial = scan_try(scan);
    int64_t value;

    scan_take(scan, STR("-"));
    size_t first = scan->at;
    while (sees_digit(scan))
        scan_move(scan, 1);
    scan_miss(scan, STR("digit"));
    *digits = (str){scan->text.at + trial.at, scan->at - trial.at};
    if (scan->at == first || !ends_index(scan) || !str_int(*digits, &value) || value > INT32_MAX ||
        value < INT32_MIN)
        return scan_back(scan, &trial);
    return true;
}

/* Dashes stand inside a key, but not an arrow. */
static bool read_key(struct scan *scan, str *key)
{
    size_t start = scan->at;

    if (scan_peek(scan) == '"')
        return scan_quoted(scan, key);
    do {
        size_t piece = scan->at;
        while (!scan_at_end(scan) && strchr("(-:.,>)", scan_peek(scan)) == NULL)
            scan_move(scan, 1);
        if (scan->at == piece && piece == start)
            return scan_miss(scan, STR("any non reserved character different from: .,>()"));
        if (scan->at == piece)
            return scan_miss(scan, STR(""));
    } while (take_dash(scan));
    *key = trim_blanks((str){scan->text.at + start, scan->at - start});
    return true;
}

static bool take_arrow(struct scan *scan, struct step *step)
{
    step->as_text = scan_take(scan, STR("->>"));
    return step->as_text || scan_take(scan, STR("->"));
}

/* One operand after an arrow: an index if it can be one. */
static bool read_operand(struct scan *scan, struct step *step)
{
    step->is_index = read_index(scan, &step->key);
    if (step->is_index)
        return true;
    struct trial trial = scan_try(scan);
    return read_key(scan, &step->key) || scan_back(scan, &trial);
}

bool scan_read_path(struct scan *scan, struct field *field)
{
    struct step steps[STEPS_MAX];
    int count = 0;

    while (count < STEPS_MAX && take_arrow(scan, &steps[count]))
        if (!read_operand(scan, &steps[count++]))
            return false;
    if (count == STEPS_MAX && scan_sees(scan, STR("->")))
        return scan_miss(scan, STR("at most 32 steps"));
    field->nsteps = count;
    if (count > 0)
        field->steps = memcpy(arena_array(scan->mem, struct step, (size_t)count), steps,
                              sizeof(steps[0]) * (size_t)count);
    return true;
}

bool scan_read_field(struct scan *scan, struct field *field)
{
    scan_white(scan);
    if (!scan_read_name(scan, &field->name) || !scan_read_path(scan, field))
        return false;
    scan_white(scan);
    return true;
}
