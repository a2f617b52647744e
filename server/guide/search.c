/* Searches the pages line by line: which have every word, and the lines to show of them. */
#include <stdlib.h>
#include <strings.h>

#include "guide/guide_inside.h"

enum { WORDS_MAX = 8, RESULTS_MAX = 20, SNIPPETS_MAX = 3, SNIPPET_BYTES = 200 };

struct query {
    str words[WORDS_MAX];
    int count;
};

struct hit {
    const struct doc *doc;
    int lines; /* that have one of the words */
};

static void query_parse(struct query *query, str text)
{
    str word;

    query->count = 0;
    while (query->count < WORDS_MAX && str_cut(&text, ' ', &word))
        if (word.len > 0)
            query->words[query->count++] = word;
}

static bool has_word(str text, str word)
{
    for (size_t i = 0; i + word.len <= text.len; i++)
        if (strncasecmp(text.at + i, word.at, word.len) == 0)
            return true;
    return false;
}

static bool has_some(str line, const struct query *query)
{
    for (int i = 0; i < query->count; i++)
        if (has_word(line, query->words[i]))
            return true;
    return false;
}

static bool has_all(str text, const struct query *query)
{
    for (int i = 0; i < query->count; i++)
        if (!has_word(text, query->words[i]))
            return false;
    return query->count > 0;
}

static int count_lines(str text, const struct query *query)
{
    str line;
    int count = 0;

    while (str_cut(&text, '\n', &line))
        count += has_some(line, query);
    return count;
}

static int compare_hits(const void *left, const void *right)
{
    const struct hit *a = left, *b = right;
    int order = b->lines - a->lines;

    /* The pages stand in their order in one array. */
    return order != 0 ? order : (a->doc > b->doc) - (a->doc < b->doc);
}

/* Cuts a long line, but not in the middle of a character. */
static str shorten(str line)
{
    line = str_trim(line);
    if (line.len <= SNIPPET_BYTES)
        return line;
    line.len = SNIPPET_BYTES;
    while (line.len > 0 && ((unsigned char)line.at[line.len] & 0xC0) == 0x80)
        line.len--;
    return line;
}

static void put_snippets(struct writer *writer, str text, const struct query *query)
{
    str line;
    int shown = 0;

    writer_open_member(writer, STR("snippets"), '[');
    for (int number = 1; shown < SNIPPETS_MAX && str_cut(&text, '\n', &line); number++) {
        if (!has_some(line, query))
            continue;
        char digits[16];
        int len = snprintf(digits, sizeof(digits), "%d", number);
        writer_open(writer, '{');
        doc_put_member(writer, STR("text"), shorten(line));
        writer_key(writer, STR("line"));
        writer_json(writer, (str){digits, (size_t)len});
        writer_close(writer, '}');
        shown++;
    }
    writer_close(writer, ']');
}

static size_t find_hits(const struct guide *guide, const struct query *query, struct hit *hits)
{
    size_t count = 0;

    for (size_t i = 0; i < guide->count; i++)
        if (has_all(guide->pages[i].text, query))
            hits[count++] =
                (struct hit){&guide->pages[i], count_lines(guide->pages[i].text, query)};
    qsort(hits, count, sizeof(struct hit), compare_hits);
    return count < RESULTS_MAX ? count : RESULTS_MAX;
}

void guide_put_results(struct writer *writer, const struct guide *guide, str text)
{
    struct hit *hits = arena_array(writer->out.mem, struct hit, guide->count + 1);
    struct query query;

    query_parse(&query, text);
    size_t count = find_hits(guide, &query, hits);
    writer_open(writer, '{');
    writer_open_member(writer, STR("results"), '[');
    for (size_t i = 0; i < count; i++) {
        writer_open(writer, '{');
        doc_put_name(writer, hits[i].doc);
        doc_put_member(writer, STR("category"), hits[i].doc->category);
        put_snippets(writer, hits[i].doc->text, &query);
        writer_close(writer, '}');
    }
    writer_close(writer, ']');
    writer_close(writer, '}');
}
