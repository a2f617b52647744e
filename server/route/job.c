/* Reads a job file: description and settings in the header, then statements that each end with
 * a semicolon at the end of a line. */
#include "route/job.h"

#include "base/buf.h"
#include "route/duration.h"

enum { STATEMENTS_MAX = 64, ABOUT_MAX = 4096 };

struct job_reader {
    arena *mem;
    str file_name, rest;
    struct job *job;
    struct buf about;
    int line;
    str why;
};

static bool wrong(struct job_reader *reader, const char *sentence)
{
    if (reader->why.at == NULL)
        reader->why = arena_printf(reader->mem, "%.*s:%d: %s", STR_ARG(reader->file_name),
                                   reader->line > 0 ? reader->line : 1, sentence);
    return false;
}

static bool read_every(struct job_reader *reader, str text)
{
    return duration_parse(text, &reader->job->every_ms) ||
           wrong(reader, "every: wants a duration such as 30s, 5m or 1h");
}

static bool read_drops(struct job_reader *reader, str text)
{
    reader->job->drops = text;
    return true;
}

static bool read_given(struct job_reader *reader, str text)
{
    reader->job->given = text;
    return true;
}

static const struct {
    str word;
    bool (*read)(struct job_reader *reader, str text);
} settings[] = {
    {STR_ROW("every:"), read_every},
    {STR_ROW("drops:"), read_drops},
    {STR_ROW("given:"), read_given},
};

static bool read_header_line(struct job_reader *reader, str line)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (str_starts(line, settings[i].word))
            return settings[i].read(reader, str_trim(str_skip(line, settings[i].word.len)));
    if (reader->about.len > 0)
        buf_putc(&reader->about, ' ');
    buf_put(&reader->about, line);
    return true;
}

static bool read_header(struct job_reader *reader)
{
    str line;

    while (str_starts(reader->rest, STR("--"))) {
        str_cut(&reader->rest, '\n', &line);
        reader->line++;
        if (!read_header_line(reader, str_trim(str_skip(line, 2))))
            return false;
    }
    return reader->job->every_ms > 0 || wrong(reader, "say how often: every: 5m");
}

static bool add_statement(struct job_reader *reader, str text)
{
    while (text.len > 0 && (text.at[0] == '\n' || text.at[0] == ' '))
        text = str_skip(text, 1);
    if (reader->job->nstatements == STATEMENTS_MAX)
        return wrong(reader, "too many statements");
    reader->job->statements[reader->job->nstatements++] = text;
    return true;
}

static bool read_statements(struct job_reader *reader)
{
    str start = reader->rest, line;
    bool open = false;

    reader->job->statements = arena_array(reader->mem, str, STATEMENTS_MAX);
    while (str_cut(&reader->rest, '\n', &line)) {
        reader->line++;
        line = str_trim(line);
        open = open || line.len > 0;
        if (!str_ends(line, STR(";")))
            continue;
        size_t len = (size_t)(line.at + line.len - 1 - start.at);
        if (!add_statement(reader, (str){start.at, len}))
            return false;
        start = str_skip(start, len + 1);
        open = false;
    }
    if (open)
        return wrong(reader, "a statement ends with ; at the end of a line");
    return reader->job->nstatements > 0 || wrong(reader, "there is no statement");
}

static str base_name(str file_name)
{
    str rest = file_name, piece, name = file_name;
    while (str_cut(&rest, '/', &piece))
        name = piece;
    if (str_ends(name, STR(".sql")))
        name.len -= 4;
    return name;
}

const struct job *job_parse(arena *mem, str file_name, str text, str *why)
{
    struct job_reader reader = {.mem = mem, .rest = arena_copy(mem, text)};

    reader.file_name = arena_copy(mem, file_name);
    reader.job = arena_new(mem, struct job);
    reader.job->name = base_name(reader.file_name);
    reader.job->drops = reader.job->given = STR("");
    buf_init(&reader.about, mem, ABOUT_MAX);
    if (!read_header(&reader) || !read_statements(&reader)) {
        *why = reader.why;
        return NULL;
    }
    reader.job->about = buf_str(&reader.about);
    return reader.job;
}
