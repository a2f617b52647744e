/* The input is a route file and, behind a line "----", a query string and a body. Whatever they
 * say: a value's bytes never get into the SQL text, the placeholders are $1 to $nparams, each with
 * its parameter, and the text does not depend on values: other values of the same shape give the
 * same text. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "route/ask.h"
#include "route/job.h"

enum { VARIANTS_MAX = 64 };

static const char file_end[] = "\n----\n";

static str cut(str *rest, str mark)
{
    const char *at = memmem(rest->at, rest->len, mark.at, mark.len);
    str piece = {rest->at, at == NULL ? rest->len : (size_t)(at - rest->at)};
    *rest = str_skip(*rest, piece.len + mark.len);
    return piece;
}

/* Every "$n" that is not the file's own lies between 1 and nparams, and all of them are there. The
 * file cannot write "$n" itself outside of quotes, so quoted text is passed over as PostgreSQL
 * does; a file with any '$' of its own is left out. */
static void check_placeholders(const struct statement *statement)
{
    unsigned seen = 0;

    for (size_t i = 0; i + 1 < statement->text.len; i++) {
        const char *at = statement->text.at + i;
        if (at[0] != '$')
            continue;
        long number = strtol(at + 1, NULL, 10);
        assert(number >= 1 && number <= statement->nparams);
        seen |= 1U << (number - 1);
    }
    assert(seen == (statement->nparams == 32 ? UINT32_MAX : (1U << statement->nparams) - 1));
}

/* The same parameters given, with other values: the text must not change. */
static void check_values_stay_out(arena *mem, const struct route_ask *ask,
                                  const struct statement *statement)
{
    struct route_ask other = *ask;
    struct statement second;

    other.values = arena_array(mem, struct param_value, PARAMS_MAX);
    for (int i = 0; i < ask->file->nparams; i++)
        other.values[i] = ask->values[i];
    for (int i = 0; i < ask->file->nparams; i++)
        if (other.values[i].text.at != NULL)
            other.values[i].text = STR("'; $9 -- \" :x");
    route_statement(mem, &other, &second);
    assert(str_eq(second.text, statement->text));
    assert(second.nparams == statement->nparams);
}

static void check_variants(arena *mem, const struct route_file *file, bool dollars)
{
    struct statement *variants = arena_array(mem, struct statement, VARIANTS_MAX);
    size_t count = route_variants(mem, file, variants, VARIANTS_MAX);

    assert(count >= 1 || file->by.at != NULL);
    for (size_t i = 0; i < count && !dollars; i++)
        check_placeholders(&variants[i]);
}

static void ask_for(arena *mem, const struct book *book, str query, str body, bool dollars)
{
    const struct route_file *file = book_at(book, 0);
    struct book_match match = {.file = file, .path = &file->paths[0]};
    struct request req = {.mem = mem, .method = file->method, .query = query, .body = body};
    struct route_ask *ask = arena_new(mem, struct route_ask);
    struct statement statement;

    for (int i = 0; i < PATH_VALUES_MAX; i++)
        match.values[i] = STR("7");
    if (route_ask_parse(&req, &match, ask) != NULL || file->by.at != NULL)
        return;
    route_statement(mem, ask, &statement);
    if (!dollars)
        check_placeholders(&statement);
    check_values_stay_out(mem, ask, &statement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    str rest = {(const char *)data, size}, why;
    str text = cut(&rest, (str){file_end, sizeof(file_end) - 1}), query = cut(&rest, STR("\n"));
    bool dollars = str_find(text, '$') >= 0;
    struct route_text file = {STR("fuzz.sql"), text};
    const struct book *book = book_make(mem, &file, 1, &why);

    if (book != NULL) {
        check_variants(mem, book_at(book, 0), dollars);
        ask_for(mem, book, query, rest, dollars);
        book_unref(&book);
    } else {
        assert(str_starts(why, STR("fuzz.sql:")));
    }
    (void)job_parse(mem, STR("fuzz.sql"), text, &why);
    arena_close(&mem);
    return 0;
}
