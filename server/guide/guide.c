/* Makes pages of Markdown files, finds them, writes them as JSON; see guide.h. */
#include "guide/guide.h"

#include <stdlib.h>

#include "guide/guide_inside.h"

bool slug_valid(str slug)
{
    for (size_t i = 0; i < slug.len; i++) {
        char byte = slug.at[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!letter && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '_')
            return false;
    }
    return slug.len > 0 && slug.len <= SLUG_MAX;
}

/* "category/slug.md" or "slug.md". */
static bool read_path(str path, struct doc *doc)
{
    long slash = str_find(path, '/');

    if (slash >= 0) {
        doc->category = (str){path.at, (size_t)slash};
        path = str_skip(path, (size_t)slash + 1);
    }
    if (!str_ends(path, STR(".md")) || str_eq(path, STR("README.md")))
        return false;
    doc->slug = (str){path.at, path.len - 3};
    return slug_valid(doc->slug) && (slash < 0 || slug_valid(doc->category));
}

static str comment_form(str line)
{
    static const str start = STR_ROW("<!-- form:"), end = STR_ROW("-->");

    if (!str_starts(line, start) || !str_ends(line, end))
        return (str){NULL, 0};
    return str_trim((str){line.at + start.len, line.len - start.len - end.len});
}

static void read_text(struct doc *doc)
{
    str rest = doc->text, line;

    doc->title = doc->slug;
    while (str_cut(&rest, '\n', &line)) {
        line = str_trim(line);
        if (doc->form.at == NULL)
            doc->form = comment_form(line);
        if (!str_starts(line, STR("# ")))
            continue;
        doc->title = str_trim(str_skip(line, 2));
        return;
    }
}

static int compare_docs(const void *left, const void *right)
{
    const struct doc *a = left, *b = right;
    int order = str_order(a->category, b->category);

    return order != 0 ? order : str_order(a->slug, b->slug);
}

const struct guide *guide_make(arena *mem, const struct doc_text *texts, size_t count)
{
    struct guide *guide = arena_new(mem, struct guide);
    struct doc *pages = arena_array(mem, struct doc, count + 1);

    for (size_t i = 0; i < count && guide->count < GUIDE_PAGES_MAX; i++) {
        struct doc doc = {.text = texts[i].text};
        if (!read_path(texts[i].path, &doc))
            continue;
        read_text(&doc);
        pages[guide->count++] = doc;
    }
    qsort(pages, guide->count, sizeof(struct doc), compare_docs);
    guide->pages = pages;
    return guide;
}

const struct doc *guide_find(const struct guide *guide, str category, str slug)
{
    for (size_t i = 0; i < guide->count; i++) {
        const struct doc *doc = &guide->pages[i];
        if (str_eq(doc->slug, slug) && str_eq(doc->category, category))
            return doc;
    }
    return NULL;
}

void doc_put_name(struct writer *writer, const struct doc *doc)
{
    writer_member(writer, STR("slug"), doc->slug);
    writer_member(writer, STR("title"), doc->title);
}

/* Unlike writer_member, absent is null. */
void doc_put_member(struct writer *writer, str name, str text)
{
    writer_key(writer, name);
    writer_string(writer, text);
}

void guide_put_list(struct writer *writer, const struct guide *guide)
{
    writer_open(writer, '{');
    writer_open_member(writer, STR("docs"), '[');
    for (size_t i = 0; i < guide->count; i++) {
        const struct doc *doc = &guide->pages[i];
        writer_open(writer, '{');
        doc_put_name(writer, doc);
        doc_put_member(writer, STR("form"), doc->form);
        doc_put_member(writer, STR("category"), doc->category);
        writer_close(writer, '}');
    }
    writer_close(writer, ']');
    writer_close(writer, '}');
}

void guide_put_doc(struct writer *writer, const struct doc *doc)
{
    writer_open(writer, '{');
    doc_put_name(writer, doc);
    writer_member(writer, STR("category"), doc->category);
    writer_member(writer, STR("content"), doc->text);
    writer_close(writer, '}');
}
