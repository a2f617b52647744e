/* Reads the declaration of one parameter, word by word. */
#include "route/param.h"

#include <stdio.h>
#include <stdlib.h>

enum { WHY_QUOTE_MAX = 40 };

/* The declaration that is still to be read. */
struct line {
    arena *mem;
    str rest;
    str why; /* the first thing that was wrong */
};

static str next_word(struct line *line)
{
    str word;
    line->rest = str_trim(line->rest);
    if (line->rest.len == 0)
        return STR("");
    long blank = str_find(line->rest, ' ');
    size_t len = blank < 0 ? line->rest.len : (size_t)blank;
    word = (str){line->rest.at, len};
    line->rest = str_skip(line->rest, len);
    return word;
}

static bool wrong(struct line *line, const char *what, str word)
{
    int len = (int)(word.len > WHY_QUOTE_MAX ? WHY_QUOTE_MAX : word.len);
    if (line->why.at == NULL)
        line->why = arena_printf(line->mem, "%s, not \"%.*s\"", what, len, word.at);
    return false;
}

bool param_name_valid(str name)
{
    if (name.len == 0 || name.len > PARAM_NAME_MAX || (name.at[0] >= '0' && name.at[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.at[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_'))
            return false;
    }
    return true;
}

/* A word may stand in the SQL itself, so nothing but letters, digits, '_' and '-' is one. */
static bool word_valid(str word)
{
    for (size_t i = 0; i < word.len; i++) {
        char byte = (char)(word.at[i] | ' ');
        if (!((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || word.at[i] == '_' ||
              word.at[i] == '-'))
            return false;
    }
    return word.len > 0;
}

static bool parse_words(struct line *line, struct param *param)
{
    str *words = arena_array(line->mem, str, PARAM_WORDS_MAX);
    bool more = true;

    if (!str_eq(next_word(line), STR("of")))
        return wrong(line, "write \"one of a, b, c\"", line->rest);
    param->words = words;
    while (more) {
        str word = next_word(line);
        more = word.len > 0 && word.at[word.len - 1] == ',';
        word.len -= more;
        if (!word_valid(word))
            return wrong(line, "a word of a list has letters, digits, _ and - only", word);
        if (param->nwords == PARAM_WORDS_MAX)
            return wrong(line, "at most 32 words in a list", word);
        words[param->nwords++] = word;
    }
    return true;
}

static bool parse_bound(struct line *line, double *bound, bool *has)
{
    str word = next_word(line);
    const char *text = arena_cstr(line->mem, word);
    char *end;

    *bound = strtod(text, &end);
    *has = true;
    return (word.len > 0 && *end == '\0') || wrong(line, "a bound is a number", word);
}

static bool parse_min(struct line *line, struct param *param)
{
    return parse_bound(line, &param->min, &param->has_min);
}

static bool parse_max(struct line *line, struct param *param)
{
    return parse_bound(line, &param->max, &param->has_max);
}

static bool parse_fallback(struct line *line, struct param *param)
{
    param->fallback = next_word(line);
    return param->fallback.len > 0 || wrong(line, "a default is one word", line->rest);
}

static bool parse_else(struct line *line, struct param *param)
{
    param->lenient = true;
    return parse_fallback(line, param);
}

static const struct {
    str word;
    bool (*parse)(struct line *line, struct param *param);
} options[] = {
    {STR_ROW("="),    parse_fallback},
    {STR_ROW("else"), parse_else    },
    {STR_ROW("min"),  parse_min     },
    {STR_ROW("max"),  parse_max     },
    {STR_ROW("one"),  parse_words   },
};

static bool parse_option(struct line *line, struct param *param, str word)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (str_eq(options[i].word, word))
            return options[i].parse(line, param);
    return wrong(line, "after the type come =, else, min, max or one of", word);
}

static bool parse_type(struct line *line, struct param *param, str word)
{
    if (word.len > 0 && word.at[word.len - 1] == '?') {
        param->optional = true;
        word.len--;
    }
    if (str_ends(word, STR("[]"))) {
        param->list = true;
        word.len -= 2;
    }
    param->type = type_find(word);
    if (param->type == NULL)
        return wrong(line,
                     "the type is one of int, bigint, number, text, bool, uuid, timestamptz, "
                     "date, json, or one of these with []",
                     word);
    return true;
}

/* The default is a value as a client may write it; "else" must not excuse itself. */
static bool check_fallback(struct line *line, struct param param)
{
    struct param_value value;

    param.lenient = false;
    return param_read(line->mem, &param, PARAM_FROM_URL, param.fallback, &value) == NULL ||
           wrong(line, "the default does not fit", param.fallback);
}

/* What the options say together: each line is one rule. */
static bool check_whole(struct line *line, const struct param *param)
{
    if (param->type == NULL && param->nwords == 0)
        return wrong(line, "a parameter has a type or is \"one of\" some words", param->name);
    for (int i = 0; param->type == NULL && i < param->nwords; i++)
        if (str_find(param->words[i], '-') >= 0)
            return wrong(line, "a word of SQL has no '-'; give the parameter a type",
                         param->words[i]);
    if (param->optional && param->fallback.at != NULL)
        return wrong(line, "a parameter with a default is always there: leave the ? away",
                     param->name);
    if (param->lenient && param->nwords == 0)
        return wrong(line, "\"else\" belongs to \"one of\"", param->name);
    if (param->list && param->type != NULL && param->type->json == JSON_INVALID)
        return wrong(line, "a JSON value is a list by itself: leave the [] away", param->name);
    if ((param->has_min || param->has_max) && !param->list &&
        (param->type == NULL || param->type->size == SIZE_NONE))
        return wrong(line, "min and max are for numbers, text and lists", param->name);
    return param->fallback.at == NULL || check_fallback(line, *param);
}

bool param_parse(arena *mem, str text, struct param *param, str *why)
{
    struct line line = {.mem = mem, .rest = text};
    bool right = true;

    *param = (struct param){.name = next_word(&line)};
    if (!param_name_valid(param->name))
        right = wrong(&line, "a parameter's name has a-z, 0-9 and _ only", param->name);
    str word = next_word(&line);
    if (right && !str_eq(word, STR("one"))) {
        right = parse_type(&line, param, word);
        word = next_word(&line);
    }
    while (right && word.len > 0) {
        right = parse_option(&line, param, word);
        word = next_word(&line);
    }
    right = right && check_whole(&line, param);
    *why = line.why;
    return right;
}
