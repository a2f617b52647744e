/* See scan.h. Source: PostgREST's grammar of query parameters. */
#include "rest/scan.h"

#include <ctype.h>

void scan_init(struct scan *scan, arena *mem, const char *what, str text)
{
    *scan = (struct scan){mem, what, text, 0, 0};
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

bool scan_take(struct scan *scan, str token)
{
    if (!scan_sees(scan, token))
        return false;
    scan->at += token.len;
    return true;
}

/* Where the cursor is in characters, from 1, as a person counts. */
static size_t position(const struct scan *scan)
{
    size_t characters = scan->before + 1;
    for (size_t i = 0; i < scan->at; i++)
        characters += ((unsigned char)scan->text.at[i] & 0xC0) != 0x80;
    return characters;
}

static const struct fail *fail_at(const struct scan *scan, char quote, const char *expecting)
{
    struct fail *fail =
        fail_new(scan->mem, FAIL_BAD_QUERY, "\"failed to parse %s (%.*s)\" (line 1, column %zu)",
                 scan->what, STR_ARG(scan->text), position(scan));

    if (scan_at_end(scan)) {
        fail->details = arena_printf(scan->mem, "unexpected end of input expecting %s", expecting);
        return fail;
    }
    size_t len = 1; /* the whole character, not its first byte */
    while (scan->at + len < scan->text.len &&
           ((unsigned char)scan->text.at[scan->at + len] & 0xC0) == 0x80)
        len++;
    fail->details = arena_printf(scan->mem, "unexpected %c%.*s%c expecting %s", quote, (int)len,
                                 scan->text.at + scan->at, quote, expecting);
    return fail;
}

const struct fail *scan_fail(const struct scan *scan, const char *expecting)
{
    return fail_at(scan, '"', expecting);
}

const struct fail *scan_fail_end(const struct scan *scan, const char *expecting)
{
    return fail_at(scan, '\'', expecting);
}

bool scan_quoted(struct scan *scan, str *text)
{
    struct buf out;

    scan->at++;
    buf_init(&out, scan->mem, scan->text.len);
    while (!scan_at_end(scan) && scan_peek(scan) != '"') {
        if (scan_peek(scan) == '\\')
            scan->at++;
        if (!scan_at_end(scan))
            buf_putc(&out, scan->text.at[scan->at++]);
    }
    if (!scan_take(scan, STR("\"")))
        return false;
    *text = buf_str(&out);
    return true;
}

/* Bytes of UTF-8 beyond ASCII are letters here; PostgreSQL knows them all the same. */
static bool is_name_byte(char byte)
{
    unsigned char b = (unsigned char)byte;
    return isalnum(b) || b == '_' || b == ' ' || b == '$' || b >= 0x80;
}

/* A dash is part of a name unless it starts an arrow. */
static bool is_name_here(const struct scan *scan)
{
    if (scan_at_end(scan))
        return false;
    return is_name_byte(scan_peek(scan)) || (scan_peek(scan) == '-' && !scan_sees(scan, STR("->")));
}

static str trim_blanks(str text)
{
    while (text.len > 0 && text.at[text.len - 1] == ' ')
        text.len--;
    while (text.len > 0 && text.at[0] == ' ')
        text = str_skip(text, 1);
    return text;
}

const struct fail *scan_name(struct scan *scan, str *name)
{
    if (scan_peek(scan) == '"')
        return scan_quoted(scan, name) ? NULL : scan_fail(scan, "\"\\\\\" or \"\\\"\"");
    if (!is_name_here(scan) || scan_peek(scan) == '-')
        return scan_fail(scan, EXPECT_NAME);
    size_t start = scan->at;
    while (is_name_here(scan))
        scan->at++;
    *name = trim_blanks((str){scan->text.at + start, scan->at - start});
    return NULL;
}

/* An index is digits that end the step; "0abc" is a key. */
static bool scan_index(struct scan *scan, str *digits)
{
    size_t end = scan->at + (scan_peek(scan) == '-' ? 1 : 0), first = end;

    while (end < scan->text.len && isdigit((unsigned char)scan->text.at[end]))
        end++;
    str rest = str_skip(scan->text, end);
    bool ends = rest.len == 0 || str_starts(rest, STR("->")) || str_starts(rest, STR("::")) ||
                rest.at[0] == '.' || rest.at[0] == ',' || rest.at[0] == ')';
    int64_t value;
    *digits = (str){scan->text.at + scan->at, end - scan->at};
    if (end == first || !ends || !str_int(*digits, &value) || value > INT32_MAX ||
        value < INT32_MIN)
        return false;
    scan->at = end;
    return true;
}

static const struct fail *scan_step(struct scan *scan, struct step *step)
{
    step->as_text = scan_take(scan, STR("->>"));
    if (!step->as_text)
        scan->at += 2;
    step->is_index = scan_index(scan, &step->key);
    return step->is_index ? NULL : scan_name(scan, &step->key);
}

const struct fail *scan_field(struct scan *scan, struct field *field)
{
    struct step steps[STEPS_MAX];
    int count = 0;

    TRY(scan_name(scan, &field->name));
    while (scan_sees(scan, STR("->"))) {
        if (count == STEPS_MAX)
            return scan_fail(scan, "fewer than 33 steps");
        TRY(scan_step(scan, &steps[count++]));
    }
    struct step *copy = arena_array(scan->mem, struct step, (size_t)count);
    if (count > 0)
        memcpy(copy, steps, sizeof(steps[0]) * (size_t)count);
    field->steps = copy;
    field->nsteps = count;
    return NULL;
}
