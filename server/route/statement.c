/* From parameters to one SQL statement. What reaches the text: the file's own bytes, "$n::cast",
 * and listed words. A client's value is always a parameter. */
#include <assert.h>
#include <ctype.h>

#include "route/ask.h"

enum { PLACE_MAX = 40 }; /* room for "$32::timestamptz[]" */

/* What becomes of a line whose condition does not hold. */
enum gap {
    GAP_NONE,
    GAP_LINE /* an empty line, so that PostgreSQL's line numbers are the file's */
};

/* A statement under construction. */
struct maker {
    const struct route_ask *ask;
    enum gap gap;
    struct buf text;
    str *params;
    int nparams;
    int numbers[PARAMS_MAX]; /* the $n of a parameter; 0: not in the text yet */
};

static void put_param(struct maker *maker, int index)
{
    const struct param *param = &maker->ask->file->params[index];
    const struct param_value *value = &maker->ask->values[index];

    if (param->type == NULL) {
        buf_put(&maker->text, param->words[value->word]);
        return;
    }
    if (maker->numbers[index] == 0) {
        maker->params[maker->nparams++] = value->text;
        maker->numbers[index] = maker->nparams;
    }
    buf_printf(&maker->text, "$%d", maker->numbers[index]);
    buf_put(&maker->text, param->list ? param->type->list_cast : param->type->cast);
}

static void put_stretch(struct maker *maker, const struct stretch *stretch)
{
    for (int i = 0; i < stretch->npieces; i++) {
        if (stretch->pieces[i].param < 0)
            buf_put(&maker->text, stretch->pieces[i].text);
        else
            put_param(maker, stretch->pieces[i].param);
    }
}

static size_t text_cap(const struct route_file *file)
{
    size_t cap = file->sql_len + 1;
    for (int i = 0; i < file->nstretches; i++)
        cap += 1 + (size_t)file->stretches[i].npieces * (PARAM_NAME_MAX + PLACE_MAX);
    return cap;
}

static str without_blank_ends(str text)
{
    while (text.len > 0 && isspace((unsigned char)text.at[0]))
        text = str_skip(text, 1);
    while (text.len > 0 && isspace((unsigned char)text.at[text.len - 1]))
        text.len--;
    return text;
}

static str make_text(struct maker *maker)
{
    const struct route_file *file = maker->ask->file;

    for (int i = 0; i < file->nstretches; i++) {
        if (conditions_hold(&file->stretches[i].when, maker->ask->values))
            put_stretch(maker, &file->stretches[i]);
        else if (maker->gap == GAP_LINE)
            buf_put(&maker->text, STR("\n"));
    }
    assert(!maker->text.full);
    str text = buf_str(&maker->text);
    return maker->gap == GAP_LINE ? text : without_blank_ends(text);
}

/* By access; absent: the server itself has seen who it is. */
static const str guards[ROUTE_NODE + 1] = {
    [ROUTE_ADMIN] = STR_ROW("select postern.require_admin()"),
    [ROUTE_NODE] = STR_ROW("select postern.require_node()"),
};

static void make(arena *mem, const struct route_ask *ask, enum gap gap, struct statement *statement)
{
    const struct route_file *file = ask->file;
    struct maker maker = {.ask = ask, .gap = gap};

    buf_init(&maker.text, mem, text_cap(file));
    maker.params = arena_array(mem, str, (size_t)file->nparams + 1);
    *statement = (struct statement){
        .target = file->target,
        .access = file->writes ? ACCESS_WRITE : ACCESS_READ,
        .text = make_text(&maker),
        .nparams = maker.nparams,
        .params = maker.params,
        .guard = guards[file->access],
    };
}

void route_statement(arena *mem, const struct route_ask *ask, struct statement *statement)
{
    make(mem, ask, GAP_NONE, statement);
}

bool route_guard(const struct route_file *file, struct statement *statement)
{
    *statement = (struct statement){
        .target = file->target, .access = ACCESS_READ, .text = guards[file->access]};
    return statement->text.at != NULL;
}

/* Variants: what the statement looks like is decided by which parameters are given and by words;
 * values do not matter, so NULL stands for all of them. */
struct variants {
    arena *mem;
    struct route_ask ask;
    struct statement *statements;
    size_t count, max;
};

static void add_variant(struct variants *variants)
{
    struct statement statement;

    make(variants->mem, &variants->ask, GAP_LINE, &statement);
    for (size_t i = 0; i < variants->count; i++)
        if (str_eq(variants->statements[i].text, statement.text))
            return;
    if (variants->count < variants->max)
        variants->statements[variants->count++] = statement;
}

static void give(struct variants *variants, int first, int last, bool given)
{
    for (int i = first; i <= last; i++)
        variants->ask.values[i].given = given && variants->ask.file->params[i].optional;
}

/* With the words as they are now: nothing given, all, each alone. */
static void add_given(struct variants *variants)
{
    int last = variants->ask.file->nparams - 1;

    give(variants, 0, last, false);
    add_variant(variants);
    for (int i = 0; i <= last; i++) {
        give(variants, i, i, true);
        add_variant(variants);
        give(variants, i, i, false);
    }
    give(variants, 0, last, true);
    add_variant(variants);
}

size_t route_variants(arena *mem, const struct route_file *file, struct statement *statements,
                      size_t max)
{
    struct variants variants = {mem, {.file = file}, statements, 0, max};

    if (file->by.at != NULL)
        return 0;
    variants.ask.values = arena_array(mem, struct param_value, (size_t)file->nparams + 1);
    for (int i = 0; i < file->nparams; i++)
        variants.ask.values[i].word = file->params[i].nwords > 0 ? 0 : -1;
    add_given(&variants);
    for (int i = 0; i < file->nparams; i++) {
        for (int word = 1; word < file->params[i].nwords; word++) {
            variants.ask.values[i].word = word;
            add_given(&variants);
        }
        variants.ask.values[i].word = file->params[i].nwords > 0 ? 0 : -1;
    }
    return variants.count;
}
