/* Reads the SQL of a route file: finds the parameters in it and the lines that depend on them.
 * Strings, quoted names, dollar quotes and casts are passed over as PostgreSQL reads them;
 * comments are left away. Source: PostgreSQL, 4.1 Lexical Structure. */
#include <ctype.h>

#include "route/reader.h"

enum { STRETCHES_MAX = 256, PIECES_MAX = 2048, TAG_MAX = 64 };

enum mode { MODE_SQL, MODE_STRING, MODE_ESCAPES, MODE_NAME, MODE_DOLLAR, MODE_COMMENT };

struct scan {
    struct reader *reader;
    str line;       /* what is left of this line */
    str text;       /* text of this line that has been read but is no piece yet */
    enum mode mode; /* what we are in; survives the end of a line */
    str tag;        /* of a dollar quote: "$tag$" */
    int depth;      /* of nested comments */
    bool ended;     /* behind the semicolon */
    bool conditional;
    struct conditions when; /* of this line */
    struct piece pieces[PIECES_MAX];
    int npieces, line_start; /* the first piece of this line */
    unsigned used;           /* parameters that stand somewhere */
};

/* Takes `count` bytes of the line into the text. */
static void keep(struct scan *scan, size_t count)
{
    if (scan->text.at == NULL)
        scan->text.at = scan->line.at;
    scan->text.len += count;
    scan->line = str_skip(scan->line, count);
}

static bool put_piece(struct scan *scan, str text, int param)
{
    if (param < 0 && text.len == 0)
        return true;
    if (scan->npieces == PIECES_MAX)
        return reader_fail(scan->reader, "too long: more than %d pieces", PIECES_MAX);
    scan->pieces[scan->npieces++] = (struct piece){text, param};
    return true;
}

static bool end_text(struct scan *scan)
{
    str text = scan->text;
    scan->text = (str){NULL, 0};
    return put_piece(scan, text, -1);
}

static bool name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte >= 0x80;
}

static char byte_at(const struct scan *scan, size_t index)
{
    if (index < scan->line.len)
        return scan->line.at[index];
    return '\0';
}

/* The byte before, to tell E'...' from name'...' and a$1 from $1. */
static char byte_before(const struct scan *scan, size_t back)
{
    if (scan->text.len >= back)
        return scan->text.at[scan->text.len - back];
    return ' ';
}

static bool take_param(struct scan *scan)
{
    size_t len = 0;
    while (name_byte(byte_at(scan, 1 + len)))
        len++;
    str name = {scan->line.at + 1, len};
    int param = route_file_param(scan->reader->file, name);
    if (param < 0)
        return reader_fail(scan->reader, ":%.*s: there is no such parameter", STR_ARG(name));
    scan->used |= 1U << param;
    scan->line = str_skip(scan->line, len + 1);
    return end_text(scan) && put_piece(scan, (str){NULL, 0}, param);
}

static bool take_colon(struct scan *scan)
{
    char next = byte_at(scan, 1);
    if (next == ':' || next == '=') {
        keep(scan, 2);
        return true;
    }
    if (isalpha((unsigned char)next) || next == '_')
        return take_param(scan);
    keep(scan, 1);
    return true;
}

static bool take_dollar(struct scan *scan)
{
    size_t len = 1;

    if (name_byte(byte_before(scan, 1))) {
        keep(scan, 1);
        return true;
    }
    if (isdigit((unsigned char)byte_at(scan, 1)))
        return reader_fail(scan->reader, "write :name, not $1");
    while (name_byte(byte_at(scan, len)) && len < TAG_MAX)
        len++;
    if (byte_at(scan, len) == '$') {
        scan->tag = (str){scan->line.at, len + 1};
        scan->mode = MODE_DOLLAR;
        keep(scan, len + 1);
    } else {
        keep(scan, 1);
    }
    return true;
}

static bool take_quote(struct scan *scan)
{
    char before = byte_before(scan, 1);
    bool escapes = (before == 'e' || before == 'E') && !name_byte(byte_before(scan, 2));
    scan->mode = escapes ? MODE_ESCAPES : MODE_STRING;
    keep(scan, 1);
    return true;
}

/* "-- text" is dropped; "--? name" is this line's condition. */
static bool take_dashes(struct scan *scan)
{
    str comment = str_skip(scan->line, 2);

    if (byte_at(scan, 1) != '-') {
        keep(scan, 1);
        return true;
    }
    scan->line = (str){scan->line.at + scan->line.len, 0};
    while (scan->text.len > 0 && scan->text.at[scan->text.len - 1] == ' ')
        scan->text.len--;
    if (!str_starts(comment, STR("?")))
        return true;
    scan->conditional = true;
    return conditions_parse(scan->reader, str_skip(comment, 1), &scan->when);
}

static bool take_slash(struct scan *scan)
{
    if (byte_at(scan, 1) != '*') {
        keep(scan, 1);
        return true;
    }
    scan->mode = MODE_COMMENT;
    scan->depth = 1;
    scan->line = str_skip(scan->line, 2);
    return end_text(scan);
}

static bool take_semicolon(struct scan *scan)
{
    scan->ended = true;
    scan->line = str_skip(scan->line, 1);
    return end_text(scan);
}

static bool take_name(struct scan *scan)
{
    scan->mode = MODE_NAME;
    keep(scan, 1);
    return true;
}

static const struct {
    char byte;
    bool (*take)(struct scan *scan);
} takes[] = {
    {':',  take_colon    },
    {'$',  take_dollar   },
    {'\'', take_quote    },
    {'"',  take_name     },
    {'-',  take_dashes   },
    {'/',  take_slash    },
    {';',  take_semicolon},
};

static bool step_sql(struct scan *scan)
{
    char byte = scan->line.at[0];

    if (scan->ended && byte != '-' && !isspace((unsigned char)byte))
        return reader_fail(scan->reader, "a route is one statement");
    for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++)
        if (takes[i].byte == byte)
            return takes[i].take(scan);
    keep(scan, 1);
    return true;
}

/* Quoted text ends at its quote; a doubled quote ends it and begins it again at once. */
static bool step_quoted(struct scan *scan)
{
    char byte = scan->line.at[0], end = scan->mode == MODE_NAME ? '"' : '\'';

    if (byte == '\\' && scan->mode == MODE_ESCAPES && scan->line.len > 1) {
        keep(scan, 2);
        return true;
    }
    if (byte == end && scan->mode == MODE_ESCAPES && byte_at(scan, 1) == end) {
        keep(scan, 2);
        return true;
    }
    if (byte == end)
        scan->mode = MODE_SQL;
    keep(scan, 1);
    return true;
}

static bool step_dollar(struct scan *scan)
{
    if (!str_starts(scan->line, scan->tag)) {
        keep(scan, 1);
        return true;
    }
    keep(scan, scan->tag.len);
    scan->mode = MODE_SQL;
    return true;
}

static bool step_comment(struct scan *scan)
{
    bool open = str_starts(scan->line, STR("/*")), close = str_starts(scan->line, STR("*/"));

    scan->depth += open - close;
    scan->line = str_skip(scan->line, open || close ? 2 : 1);
    if (scan->depth > 0)
        return true;
    scan->mode = MODE_SQL;
    return put_piece(scan, STR(" "), -1);
}

static bool (*const steps[])(struct scan *scan) = {
    [MODE_SQL] = step_sql,     [MODE_STRING] = step_quoted, [MODE_ESCAPES] = step_quoted,
    [MODE_NAME] = step_quoted, [MODE_DOLLAR] = step_dollar, [MODE_COMMENT] = step_comment,
};

static bool scan_line(struct scan *scan)
{
    enum mode before = scan->mode;

    scan->line_start = scan->npieces;
    scan->conditional = false;
    scan->when = (struct conditions){.count = 0};
    while (scan->line.len > 0)
        if (!steps[scan->mode](scan))
            return false;
    if (!end_text(scan) || !put_piece(scan, STR("\n"), -1))
        return false;
    return !scan->conditional || before == MODE_SQL ||
           reader_fail(scan->reader, "a line with --? cannot begin inside quotes");
}

/* A line without a condition joins the stretch before it when that has none either. */
static bool end_line(struct scan *scan, struct stretch *stretches)
{
    struct route_file *file = scan->reader->file;
    struct stretch *last = file->nstretches > 0 ? &stretches[file->nstretches - 1] : NULL;
    int count = scan->npieces - scan->line_start;

    if (last != NULL && !scan->conditional && last->when.count == 0) {
        last->npieces += count;
        return true;
    }
    if (file->nstretches == STRETCHES_MAX)
        return reader_fail(scan->reader, "too long: more than %d conditional lines", STRETCHES_MAX);
    stretches[file->nstretches++] = (struct stretch){.when = scan->when, .npieces = count};
    return true;
}

static void note_conditions(struct scan *scan, const struct conditions *when)
{
    for (int i = 0; i < when->count; i++)
        scan->used |= 1U << when->all[i].param;
}

static void note_other_uses(struct scan *scan)
{
    const struct route_file *file = scan->reader->file;

    for (int i = 0; i < file->nanswers; i++)
        note_conditions(scan, &file->answers[i].when);
    for (int i = 0; i < file->nstretches; i++)
        note_conditions(scan, &file->stretches[i].when);
}

/* The pieces and stretches move from the scanner's room to one of their own size. */
static void settle(struct scan *scan, const struct stretch *stretches)
{
    struct route_file *file = scan->reader->file;
    struct piece *pieces = arena_array(scan->reader->mem, struct piece, (size_t)scan->npieces);
    struct stretch *own = arena_array(scan->reader->mem, struct stretch, (size_t)file->nstretches);

    memcpy(pieces, scan->pieces, sizeof(*pieces) * (size_t)scan->npieces);
    memcpy(own, stretches, sizeof(*own) * (size_t)file->nstretches);
    for (int i = 0, at = 0; i < file->nstretches; at += own[i++].npieces)
        own[i].pieces = pieces + at;
    for (int i = 0; i < scan->npieces; i++)
        file->sql_len += pieces[i].text.len;
    file->stretches = own;
}

static bool blank(const struct piece *piece)
{
    for (size_t i = 0; i < piece->text.len; i++)
        if (!isspace((unsigned char)piece->text.at[i]))
            return false;
    return piece->param < 0;
}

static bool check_sql(struct scan *scan)
{
    const struct route_file *file = scan->reader->file;
    bool empty = true;

    if (scan->mode != MODE_SQL)
        return reader_fail(scan->reader, "a quote or a comment is not closed");
    for (int i = 0; i < scan->npieces; i++)
        empty = empty && blank(&scan->pieces[i]);
    if (file->by.at != NULL)
        return empty || reader_fail(scan->reader, "a file with by: has no SQL");
    if (empty)
        return reader_fail(scan->reader, "there is no SQL");
    note_other_uses(scan);
    for (int i = 0; i < file->nparams; i++)
        if ((scan->used & 1U << i) == 0)
            return reader_fail(scan->reader, "parameter %.*s is not used",
                               STR_ARG(file->params[i].name));
    return true;
}

bool sql_parse(struct reader *reader)
{
    arena *scratch = arena_open();
    struct scan *scan = arena_new(scratch, struct scan);
    struct stretch *stretches = arena_array(scratch, struct stretch, STRETCHES_MAX);
    bool good = true;

    scan->reader = reader;
    reader->file->sql_line = reader->line + 1;
    while (good && str_cut(&reader->rest, '\n', &scan->line)) {
        reader->line++;
        if (str_ends(scan->line, STR("\r")))
            scan->line.len--;
        good = scan_line(scan) && end_line(scan, stretches);
    }
    if (good) {
        settle(scan, stretches);
        good = check_sql(scan);
    }
    arena_close(&scratch);
    return good;
}
