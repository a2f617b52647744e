/* Reads what stands behind "--?": names of parameters, or name=word, separated by blanks. */
#include "route/reader.h"

static int find_word(const struct param *param, str word)
{
    for (int i = 0; i < param->nwords; i++)
        if (str_eq(param->words[i], word))
            return i;
    return -1;
}

/* "name" asks whether it is given, so it must be one that can be missing. */
static bool parse_given(struct reader *reader, str name, struct condition *condition)
{
    condition->word = -1;
    if (reader->file->params[condition->param].optional)
        return true;
    return reader_fail(reader,
                       "--? %.*s: it is always given; only a \"?\" parameter can be missing",
                       STR_ARG(name));
}

static bool parse_word(struct reader *reader, str piece, str word, struct condition *condition)
{
    condition->word = find_word(&reader->file->params[condition->param], word);
    return condition->word >= 0 ||
           reader_fail(reader, "--? %.*s: not one of its words", STR_ARG(piece));
}

static bool parse_one(struct reader *reader, str piece, struct condition *condition)
{
    str word = piece, name;

    str_cut(&word, '=', &name); /* word.at == NULL: there was no '=' */
    condition->param = route_file_param(reader->file, name);
    if (condition->param < 0)
        return reader_fail(reader, "--? %.*s: there is no such parameter above", STR_ARG(name));
    return word.at == NULL ? parse_given(reader, name, condition)
                           : parse_word(reader, piece, word, condition);
}

bool conditions_parse(struct reader *reader, str text, struct conditions *conditions)
{
    str rest = str_trim(text), piece;

    while (str_cut(&rest, ' ', &piece)) {
        if (piece.len == 0)
            continue;
        if (conditions->count == CONDITIONS_MAX)
            return reader_fail(reader, "at most %d conditions", CONDITIONS_MAX);
        if (!parse_one(reader, piece, &conditions->all[conditions->count++]))
            return false;
    }
    return conditions->count > 0 || reader_fail(reader, "--? wants a parameter's name");
}
