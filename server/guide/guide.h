/* The pages of /api/docs: Markdown files, found by name and searched. Immutable; made once when
 * the program starts, from its own docs/ or from a folder (POSTERN_DOCS_DIR), by guide_read.h. */
#ifndef GUIDE_GUIDE_H
#define GUIDE_GUIDE_H

#include "base/writer.h"

enum { GUIDE_PAGES_MAX = 500, SLUG_MAX = 100 };

struct guide;

struct doc {
    str slug;     /* the file's name without ".md" */
    str category; /* the folder it lies in, "roadmaps"; at == NULL: none */
    str title;    /* the first heading, without its #; the slug when there is none */
    str form;     /* of a first line "<!-- form: kbn -->"; at == NULL: none */
    str text;     /* the whole file */
};

struct doc_text {
    str path; /* below the folder: "roadmaps/redis.md" */
    str text;
};

/* Makes a guide of the files that are pages: "slug.md" or "category/slug.md", but no README.md.
 * Everything, the texts included, must live as long as the guide. */
const struct guide *guide_make(arena *mem, const struct doc_text *texts, size_t count);

bool slug_valid(str slug); /* letters, digits, - and _; at most SLUG_MAX */

/* category.at == NULL: pages without one. NULL: there is no such page. */
const struct doc *guide_find(const struct guide *guide, str category, str slug);

/* {"docs":[{"slug","title","form","category"}]}, those without a category first. */
void guide_put_list(struct writer *writer, const struct guide *guide);

/* {"slug","title","content"}, and "category" where there is one. */
void guide_put_doc(struct writer *writer, const struct doc *doc);

/* {"results":[{"slug","title","category","snippets":[{"text","line"}]}]}: the pages that have every
 * word of the query, whatever the case of ASCII letters; those with most lines that have one
 * first. No words: no results. */
void guide_put_results(struct writer *writer, const struct guide *guide, str query);

#endif
