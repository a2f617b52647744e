/* Reads a route file from top to bottom: the URL, the description, the settings; then sql_parse
 * takes over. Settings are a table: a word, and the function that reads what stands behind it. */
#include "route/file.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/url.h"
#include "route/download.h"
#include "route/duration.h"
#include "route/reader.h"

enum { WHY_MAX = 512, TEXT_MAX = 1 << 18 };

bool reader_fail(struct reader *reader, const char *format, ...)
{
    char sentence[WHY_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    if (reader->why.at == NULL)
        reader->why = arena_printf(reader->mem, "%.*s:%d: %s", STR_ARG(reader->file->name),
                                   reader->line > 0 ? reader->line : 1, sentence);
    return false;
}

int route_file_param(const struct route_file *file, str name)
{
    for (int i = 0; i < file->nparams; i++)
        if (str_eq(file->params[i].name, name))
            return i;
    return -1;
}

bool route_streams(const struct answer *answer)
{
    return answer->kind == ANSWER_ARRAY || answer->kind == ANSWER_CSV ||
           answer->kind == ANSWER_EVENTS;
}

static str cut_word(str *text)
{
    str rest = str_trim(*text);
    long blank = str_find(rest, ' ');
    str word = {rest.at, blank < 0 ? rest.len : (size_t)blank};
    *text = str_trim(str_skip(rest, word.len));
    return word;
}

/* A setting that is one of some words. */
struct choice {
    str word;
    int value;
};

static bool choose(struct reader *reader, str word, const struct choice *choices, int *value)
{
    struct buf allowed;

    buf_init(&allowed, reader->mem, WHY_MAX);
    for (const struct choice *choice = choices; choice->word.len > 0; choice++) {
        if (str_eq(choice->word, word)) {
            *value = choice->value;
            return true;
        }
        buf_put(&allowed, choice == choices ? STR("") : STR(", "));
        buf_put(&allowed, choice->word);
    }
    return reader_fail(reader, "\"%.*s\" is not one of %.*s", STR_ARG(word),
                       STR_ARG(buf_str(&allowed)));
}

static bool parse_method(struct reader *reader, str word)
{
    static const struct choice methods[] = {
        {STR_ROW("GET"),    METHOD_GET   },
        {STR_ROW("POST"),   METHOD_POST  },
        {STR_ROW("PUT"),    METHOD_PUT   },
        {STR_ROW("PATCH"),  METHOD_PATCH },
        {STR_ROW("DELETE"), METHOD_DELETE},
        {STR_ROW(""),       0            },
    };
    int method;

    if (!choose(reader, word, methods, &method))
        return false;
    reader->file->method = (enum method)method;
    return true;
}

static bool parse_path(struct reader *reader, str text)
{
    struct route_file *file = reader->file;
    struct route_path *path = &file->paths[file->npaths];
    str rest = str_skip(text, 1), segment;

    if (!str_starts(text, STR("/api/")) || str_ends(text, STR("/")))
        return reader_fail(reader, "a path begins with /api/ and does not end with /");
    if (file->npaths == ROUTE_PATHS_MAX)
        return reader_fail(reader, "at most %d paths", ROUTE_PATHS_MAX);
    path->text = text;
    while (str_cut(&rest, '/', &segment)) {
        if (path->nsegments == SEGMENTS_MAX)
            return reader_fail(reader, "at most %d segments in a path", SEGMENTS_MAX);
        if (segment.len == 0)
            return reader_fail(reader, "a path has no empty segments");
        path->segments[path->nsegments++] = segment;
    }
    file->npaths++;
    return true;
}

static bool parse_access(struct reader *reader, str text)
{
    static const struct choice access[] = {
        {STR_ROW("anyone"), ROUTE_ANYONE},
        {STR_ROW("user"),   ROUTE_USER  },
        {STR_ROW("admin"),  ROUTE_ADMIN },
        {STR_ROW("node"),   ROUTE_NODE  },
        {STR_ROW(""),       0           },
    };
    int value;

    if (!choose(reader, text, access, &value))
        return false;
    reader->file->access = (enum route_access)value;
    return true;
}

static bool parse_pool(struct reader *reader, str text)
{
    static const struct choice pools[] = {
        {STR_ROW("read"),  TARGET_REPLICA},
        {STR_ROW("write"), TARGET_PRIMARY},
        {STR_ROW(""),      0             },
    };
    int value;

    if (!choose(reader, text, pools, &value))
        return false;
    if (value == TARGET_REPLICA && reader->file->method != METHOD_GET)
        return reader_fail(reader, "only a GET can use the read pool");
    reader->file->target = (enum target)value;
    reader->file->writes = value == TARGET_PRIMARY;
    return true;
}

static bool parse_cache(struct reader *reader, str text)
{
    if (str_eq(text, STR("none")))
        return true;
    if (!duration_parse(text, &reader->file->cache_ms))
        return reader_fail(reader, "cache: wants \"none\" or a duration such as 5s or 1m");
    if (reader->file->method != METHOD_GET)
        return reader_fail(reader, "only a GET can be cached");
    return true;
}

static bool parse_memory(struct reader *reader, str text)
{
    static const struct choice memories[] = {
        {STR_ROW("none"),     MEMORY_NONE    },
        {STR_ROW("beat"),     MEMORY_BEAT    },
        {STR_ROW("fleet"),    MEMORY_FLEET   },
        {STR_ROW("snapshot"), MEMORY_SNAPSHOT},
        {STR_ROW(""),         0              },
    };
    int value;

    if (!choose(reader, text, memories, &value))
        return false;
    reader->file->memory = (enum route_memory)value;
    return true;
}

static bool parse_reads(struct reader *reader, str text)
{
    if (text.len == 0)
        return reader_fail(reader, "reads: wants a comma list of relations");
    reader->file->reads = text;
    return true;
}

static bool parse_by(struct reader *reader, str text)
{
    if (text.len == 0 || str_find(text, ' ') >= 0)
        return reader_fail(reader, "by: wants the name of one of the program's handlers");
    reader->file->by = text;
    return true;
}

static bool parse_param(struct reader *reader, str text)
{
    struct route_file *file = reader->file;
    struct param param;
    str why;

    if (file->nparams == PARAMS_MAX)
        return reader_fail(reader, "at most %d parameters", PARAMS_MAX);
    if (!param_parse(reader->mem, text, &param, &why))
        return reader_fail(reader, "param: %.*s", STR_ARG(why));
    if (route_file_param(file, param.name) >= 0)
        return reader_fail(reader, "parameter %.*s is there twice", STR_ARG(param.name));
    file->params[file->nparams++] = param;
    return true;
}

static bool parse_missing(struct reader *reader, struct answer *answer, str text)
{
    answer->or_empty = answer->kind == ANSWER_ROW && str_eq(text, STR("or 204"));
    if (answer->or_empty)
        return true;
    if (str_eq(cut_word(&text), STR("or")) && str_eq(cut_word(&text), STR("404")) && text.len > 0) {
        answer->missing = text;
        return true;
    }
    return reader_fail(reader, "behind the answer's kind comes \"or 404 Message\"");
}

static bool parse_answer_kind(struct reader *reader, struct answer *answer, str text)
{
    static const struct choice kinds[] = {
        {STR_ROW("value"),    ANSWER_VALUE   },
        {STR_ROW("row"),      ANSWER_ROW     },
        {STR_ROW("created"),  ANSWER_CREATED },
        {STR_ROW("accepted"), ANSWER_ACCEPTED},
        {STR_ROW("empty"),    ANSWER_EMPTY   },
        {STR_ROW("array"),    ANSWER_ARRAY   },
        {STR_ROW("csv"),      ANSWER_CSV     },
        {STR_ROW("events"),   ANSWER_EVENTS  },
        {STR_ROW(""),         0              },
    };
    int kind;

    if (!choose(reader, cut_word(&text), kinds, &kind))
        return false;
    answer->kind = (enum answer_kind)kind;
    if (route_streams(answer)) {
        answer->file_name = text.len > 0 ? text : (str){NULL, 0};
        if (answer->kind == ANSWER_EVENTS && text.len > 0)
            return reader_fail(reader, "events have no file name");
        return answer->kind != ANSWER_CSV || text.len > 0 ||
               reader_fail(reader, "a csv answer has a file name");
    }
    if (text.len > 0)
        return parse_missing(reader, answer, text);
    return answer->kind != ANSWER_ROW ||
           reader_fail(reader, "write \"row or 404 Message\" or \"row or 204\"");
}

static bool parse_answer(struct reader *reader, str text)
{
    struct route_file *file = reader->file;
    struct answer *answer = &file->answers[file->nanswers];
    const char *when = memmem(text.at, text.len, "--?", 3);

    if (file->nanswers == ANSWERS_MAX)
        return reader_fail(reader, "at most %d answers", ANSWERS_MAX);
    file->nanswers++;
    if (when == NULL)
        return parse_answer_kind(reader, answer, text);
    size_t len = (size_t)(when - text.at);
    return parse_answer_kind(reader, answer, str_trim((str){text.at, len})) &&
           conditions_parse(reader, str_skip(text, len + 3), &answer->when);
}

static const struct setting {
    str word;
    bool (*parse)(struct reader *reader, str text);
    bool once;
} settings[] = {
    {STR_ROW("also"),   parse_path,   false},
    {STR_ROW("access"), parse_access, true },
    {STR_ROW("pool"),   parse_pool,   true },
    {STR_ROW("cache"),  parse_cache,  true },
    {STR_ROW("memory"), parse_memory, true },
    {STR_ROW("reads"),  parse_reads,  true },
    {STR_ROW("by"),     parse_by,     true },
    {STR_ROW("param"),  parse_param,  false},
    {STR_ROW("answer"), parse_answer, false},
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]), ACCESS_SETTING = 1 };

/* "word: text" with a lower-case word is a setting; anything else is description. */
static bool is_setting(str line, str *word, str *text)
{
    long colon = str_find(line, ':');
    if (colon < 1)
        return false;
    *word = (str){line.at, (size_t)colon};
    *text = str_trim(str_skip(line, (size_t)colon + 1));
    for (size_t i = 0; i < word->len; i++)
        if (word->at[i] < 'a' || word->at[i] > 'z')
            return false;
    return true;
}

static bool parse_setting(struct reader *reader, str word, str text, unsigned *seen)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (!str_eq(settings[i].word, word))
            continue;
        if (settings[i].once && (*seen & 1U << i) != 0)
            return reader_fail(reader, "%.*s: is there twice", STR_ARG(word));
        *seen |= 1U << i;
        return settings[i].parse(reader, text);
    }
    return reader_fail(reader,
                       "%.*s: is none of also, access, pool, cache, memory, reads, by, param, "
                       "answer",
                       STR_ARG(word));
}

/* Cuts one "-- ..." line of the header off the text. */
static bool header_line(struct reader *reader, str *line)
{
    if (!str_starts(reader->rest, STR("--")) || str_starts(reader->rest, STR("--?")))
        return false;
    str_cut(&reader->rest, '\n', line);
    reader->line++;
    *line = str_trim(str_skip(*line, 2));
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

static bool parse_first_line(struct reader *reader)
{
    str line;

    if (!header_line(reader, &line))
        return reader_fail(reader, "the first line is \"-- GET /api/...\"");
    if (!parse_method(reader, cut_word(&line)) || !parse_path(reader, line))
        return false;
    reader->file->target = reader->file->method == METHOD_GET ? TARGET_REPLICA : TARGET_PRIMARY;
    reader->file->writes = reader->file->method != METHOD_GET;
    return true;
}

static bool parse_header(struct reader *reader)
{
    struct buf about;
    str line, word, text;
    unsigned seen = 0;

    if (!parse_first_line(reader))
        return false;
    buf_init(&about, reader->mem, TEXT_MAX);
    while (header_line(reader, &line)) {
        if (is_setting(line, &word, &text)) {
            if (!parse_setting(reader, word, text, &seen))
                return false;
        } else if (line.len > 0) {
            buf_put(&about, about.len > 0 ? STR(" ") : STR(""));
            buf_put(&about, line);
        }
    }
    reader->file->about = buf_str(&about);
    return (seen & 1U << ACCESS_SETTING) != 0 ||
           reader_fail(reader, "say who may call it: access: anyone, user, admin or node");
}

/* "{id}" must be a parameter, and the same ones must stand in every path. */
static bool bind_path(struct reader *reader, struct route_path *path, unsigned *params)
{
    for (int i = 0; i < path->nsegments; i++) {
        str segment = path->segments[i];
        path->params[i] = -1;
        if (segment.at[0] != '{')
            continue;
        str name = {segment.at + 1, segment.len - 2};
        int param = str_ends(segment, STR("}")) ? route_file_param(reader->file, name) : -1;
        if (param < 0)
            return reader_fail(reader, "%.*s of the path needs a line \"param: %.*s type\"",
                               STR_ARG(segment), STR_ARG(name));
        if (reader->file->params[param].optional || reader->file->params[param].fallback.at != NULL)
            return reader_fail(reader, "%.*s is in the path: it is never missing", STR_ARG(name));
        if ((*params & 1U << param) != 0)
            return reader_fail(reader, "%.*s is twice in the path", STR_ARG(name));
        path->params[i] = param;
        *params |= 1U << param;
    }
    return __builtin_popcount(*params) <= PATH_VALUES_MAX ||
           reader_fail(reader, "at most %d parameters in a path", PATH_VALUES_MAX);
}

static bool check_paths(struct reader *reader)
{
    struct route_file *file = reader->file;
    unsigned first = 0;

    for (int i = 0; i < file->npaths; i++) {
        unsigned params = 0;
        if (!bind_path(reader, &file->paths[i], &params))
            return false;
        if (i > 0 && params != first)
            return reader_fail(reader, "%.*s has not the parameters of the first path",
                               STR_ARG(file->paths[i].text));
        first = params;
    }
    return true;
}

static bool check_answers(struct reader *reader)
{
    struct route_file *file = reader->file;

    if (file->nanswers == 0)
        file->answers[file->nanswers++] = (struct answer){.kind = ANSWER_VALUE};
    if (file->answers[file->nanswers - 1].when.count > 0)
        return reader_fail(reader, "the last answer is for all other cases: without --?");
    for (int i = 0; i < file->nanswers; i++) {
        const struct answer *answer = &file->answers[i];
        if (route_streams(answer) && file->method != METHOD_GET)
            return reader_fail(reader, "only the answer of a GET can be streamed");
        if (route_streams(answer) && file->cache_ms > 0)
            return reader_fail(reader, "a streamed answer cannot be cached");
        if (answer->kind == ANSWER_EVENTS && route_file_param(file, STR("last_event_id")) < 0)
            return reader_fail(reader, "events go on from a \"param: last_event_id type?\"");
        if (answer->or_empty && file->cache_ms > 0)
            return reader_fail(reader, "an answer that may be empty cannot be cached");
        if (answer->file_name.at != NULL && !download_valid(file, answer->file_name))
            return reader_fail(reader, "a file name has letters, digits, . _ -, :parameters, "
                                       ":today and [optional parts]");
    }
    return true;
}

/* Nobody but the database knows administrators and keys. */
static bool check_handler(struct reader *reader)
{
    const struct route_file *file = reader->file;

    if (file->by.at == NULL)
        return true;
    if (file->access != ROUTE_ANYONE && file->access != ROUTE_USER)
        return reader_fail(reader, "only SQL can answer admin and node: no by:");
    if (file->cache_ms > 0 || route_streams(&file->answers[0]))
        return reader_fail(reader, "what a handler answers is neither cached nor streamed");
    return true;
}

/* What others may keep: nothing of what depends on the caller, unless the file says so. */
static str cache_control(struct reader *reader)
{
    const struct route_file *file = reader->file;
    const char *who = file->access == ROUTE_ANYONE ? "public" : "private";

    if (file->cache_ms == 0)
        return file->access == ROUTE_ANYONE ? STR("no-cache") : STR("no-store");
    return arena_printf(reader->mem, "%s, max-age=%lld", who, (long long)(file->cache_ms / 1000));
}

const struct route_file *route_file_parse(arena *mem, str name, str text, str *why)
{
    struct route_file *file = arena_new(mem, struct route_file);
    struct reader reader = {.mem = mem, .file = file, .rest = arena_copy(mem, text)};

    file->name = arena_copy(mem, name);
    bool good = text.len <= TEXT_MAX || reader_fail(&reader, "longer than 256 KiB");
    good = good && (utf8_valid(text) || reader_fail(&reader, "not UTF-8"));
    good = good && parse_header(&reader) && check_paths(&reader) && check_answers(&reader) &&
           check_handler(&reader) && sql_parse(&reader);
    file->cache_control = cache_control(&reader);
    *why = reader.why;
    return good ? file : NULL;
}
