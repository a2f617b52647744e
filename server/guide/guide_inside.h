/* What the files of guide/ share. */
#ifndef GUIDE_INSIDE_H
#define GUIDE_INSIDE_H

#include "guide/guide.h"

struct guide {
    const struct doc *pages; /* by category, then slug */
    size_t count;
};

void doc_put_name(struct writer *writer, const struct doc *doc); /* "slug", "title" */
void doc_put_member(struct writer *writer, str name, str text);  /* absent: null */

#endif
