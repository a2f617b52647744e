/* A configuration file in PostgREST's syntax as a layer of the environment:
 * db-schemas = "api, public"  is PGRST_DB_SCHEMAS,  postern-workers = 2  is POSTERN_WORKERS.
 * Source: PostgREST "Config File"; the configurator library, without imports, groups and lists. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/environment.h"

enum { FILE_VARIABLES_MAX = 256, FILE_NAME_MAX = 128, NAME_PREFIX_MAX = 32 };

struct reader {
    struct environment *environment;
    arena *mem;
    str rest; /* of the line */
    int line;
    str why;
};

static bool refuse(struct reader *in, const char *what)
{
    in->why = arena_printf(in->mem, "line %d: %s", in->line, what);
    return false;
}

static void skip_blanks(struct reader *in)
{
    while (in->rest.len > 0 && (in->rest.at[0] == ' ' || in->rest.at[0] == '\t'))
        in->rest = str_skip(in->rest, 1);
}

static bool at_end(struct reader *in)
{
    skip_blanks(in);
    return in->rest.len == 0 || in->rest.at[0] == '#';
}

static bool is_key_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '-' || byte == '_' || byte == '.';
}

static char upper(char byte)
{
    if (byte == '-')
        return '_';
    return (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
}

/* "db-pool" is DB_POOL. */
static void put_upper(struct buf *name, str key)
{
    for (size_t i = 0; i < key.len; i++)
        buf_putc(name, upper(key.at[i]));
}

/* app.settings.* keep their case: it is part of the name of a setting of PostgreSQL. */
static str name_of(arena *mem, str key)
{
    str app = STR("app.settings."), own = STR("postern-");
    struct buf name;

    buf_init(&name, mem, key.len + NAME_PREFIX_MAX);
    if (str_starts(key, app)) {
        buf_put(&name, STR("PGRST_APP_SETTINGS_"));
        buf_put(&name, str_skip(key, app.len));
    } else if (str_starts(key, own)) {
        buf_put(&name, STR("POSTERN_"));
        put_upper(&name, str_skip(key, own.len));
    } else {
        buf_put(&name, STR("PGRST_"));
        put_upper(&name, key);
    }
    return buf_str(&name);
}

static bool read_key(struct reader *in, str *name)
{
    size_t len = 0;

    while (len < in->rest.len && is_key_byte(in->rest.at[len]))
        len++;
    if (len == 0 || len > FILE_NAME_MAX)
        return refuse(in, "a setting begins with its name, such as db-schemas");
    *name = name_of(in->mem, (str){in->rest.at, len});
    in->rest = str_skip(in->rest, len);
    skip_blanks(in);
    if (in->rest.len == 0 || in->rest.at[0] != '=')
        return refuse(in, "a name is followed by = and a value");
    in->rest = str_skip(in->rest, 1);
    skip_blanks(in);
    return true;
}

/* "$(HOME)" is a variable of the process, "$$" a dollar. */
static bool put_dollar(struct reader *in, struct buf *value)
{
    if (str_starts(in->rest, STR("$$"))) {
        buf_putc(value, '$');
        in->rest = str_skip(in->rest, 2);
        return true;
    }
    long end = str_find(in->rest, ')');
    if (!str_starts(in->rest, STR("$(")) || end < 0)
        return refuse(in, "a dollar in a text is written $$, a variable $(NAME)");
    str name = {in->rest.at + 2, (size_t)end - 2};
    str found = environment_find_in(in->environment, LAYER_PROCESS, name);
    if (found.at == NULL)
        return refuse(in, "the variable behind $( is not set");
    buf_put(value, found);
    in->rest = str_skip(in->rest, (size_t)end + 1);
    return true;
}

static bool put_escape(struct reader *in, struct buf *value)
{
    static const struct {
        char byte, meaning;
    } escapes[] = {
        {'n',  '\n'},
        {'r',  '\r'},
        {'t',  '\t'},
        {'"',  '"' },
        {'\\', '\\'},
    };
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        if (in->rest.len < 2 || in->rest.at[1] != escapes[i].byte)
            continue;
        buf_putc(value, escapes[i].meaning);
        in->rest = str_skip(in->rest, 2);
        return true;
    }
    return refuse(in, "a backslash in a text is written \\\\");
}

static bool read_text(struct reader *in, struct buf *value)
{
    in->rest = str_skip(in->rest, 1);
    while (in->rest.len > 0 && in->rest.at[0] != '"') {
        bool ok = true;
        if (in->rest.at[0] == '$') {
            ok = put_dollar(in, value);
        } else if (in->rest.at[0] == '\\') {
            ok = put_escape(in, value);
        } else {
            buf_putc(value, in->rest.at[0]);
            in->rest = str_skip(in->rest, 1);
        }
        if (!ok)
            return false;
    }
    if (in->rest.len == 0)
        return refuse(in, "a text ends with a quote on the same line");
    in->rest = str_skip(in->rest, 1);
    return true;
}

/* A number or a word: true, false, on, off. */
static bool read_word(struct reader *in, struct buf *value)
{
    while (in->rest.len > 0 && is_key_byte(in->rest.at[0])) {
        buf_putc(value, in->rest.at[0]);
        in->rest = str_skip(in->rest, 1);
    }
    return value->len > 0 || refuse(in, "a value is a \"text\", a number, true or false");
}

static bool read_line(struct reader *in)
{
    struct environment *environment = in->environment;
    int *count = &environment->counts[LAYER_FILE];
    struct buf value;
    str name;

    if (str_find(in->rest, '\0') >= 0)
        return refuse(in, "there is a NUL byte");
    if (at_end(in))
        return true;
    if (*count == FILE_VARIABLES_MAX)
        return refuse(in, "there are too many settings");
    buf_init(&value, in->mem, SETTINGS_FILE_MAX);
    if (!read_key(in, &name))
        return false;
    if (!(str_starts(in->rest, STR("\"")) ? read_text(in, &value) : read_word(in, &value)))
        return false;
    if (!at_end(in))
        return refuse(in, "a value is followed by a comment or nothing");
    if (value.full)
        return refuse(in, "a value is too long");
    environment->variables[LAYER_FILE][(*count)++] = (struct variable){name, buf_str(&value)};
    return true;
}

str environment_read(struct environment *environment, arena *mem, str text)
{
    struct reader in = {.environment = environment, .mem = mem};

    environment->variables[LAYER_FILE] = arena_array(mem, struct variable, FILE_VARIABLES_MAX);
    environment->counts[LAYER_FILE] = 0;
    while (str_cut(&text, '\n', &in.rest)) {
        in.line++;
        if (str_ends(in.rest, STR("\r")))
            in.rest.len--;
        if (!read_line(&in))
            return in.why;
    }
    return (str){NULL, 0};
}

/* What comes through a pipe comes once. */
static const char *readable_again(FILE *file, const char *path)
{
    struct stat facts;
    return fstat(fileno(file), &facts) == 0 && S_ISREG(facts.st_mode) ? path : NULL;
}

str environment_read_file(struct environment *environment, arena *mem, const char *path)
{
    char *text = h2o_mem_alloc_pool(mem, SETTINGS_FILE_MAX);
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return arena_printf(mem, "%s cannot be read: %s", path, strerror(errno));
    size_t len = fread(text, 1, SETTINGS_FILE_MAX, file);
    bool failed = ferror(file) != 0;
    environment->file = readable_again(file, path);
    fclose(file);
    if (failed)
        return arena_printf(mem, "%s cannot be read", path);
    if (len == SETTINGS_FILE_MAX)
        return arena_printf(mem, "%s is too large for a configuration file", path);
    str why = environment_read(environment, mem, (str){text, len});
    return why.at == NULL ? why : arena_printf(mem, "%s, %.*s", path, STR_ARG(why));
}
