/* The order parameter; see item.h. Source: PostgREST "Ordering". */
#include "rest/item.h"

static bool take_word(struct scan *scan, str word)
{
    struct trial trial = scan_try(scan);
    return (scan_take_dot(scan) && scan_take(scan, word)) || scan_back(scan, &trial);
}

/* What may stand behind a term; it is not consumed. */
static bool sees_end(struct scan *scan)
{
    return scan_ahead(scan, STR(",")) || scan_end(scan);
}

/* .asc or .desc, then .nullsfirst or .nullslast, then the end of the term. */
static bool read_direction(struct scan *scan, struct term *term)
{
    if (!take_word(scan, STR("asc")))
        term->descending = take_word(scan, STR("desc"));
    if (take_word(scan, STR("nullsfirst")))
        term->nulls = NULLS_FIRST;
    else if (take_word(scan, STR("nullslast")))
        term->nulls = NULLS_LAST;
    return sees_end(scan);
}

/* "relation(column->path).desc" */
static bool read_related(struct scan *scan, struct term *term)
{
    struct trial trial = scan_try(scan);

    *term = (struct term){.nulls = NULLS_DEFAULT};
    return (scan_read_name(scan, &term->relation) && scan_take(scan, STR("(")) &&
            scan_read_field(scan, &term->field) && scan_take(scan, STR(")")) &&
            read_direction(scan, term)) ||
           scan_back(scan, &trial);
}

/* "column->path.desc" */
static bool read_own(struct scan *scan, struct term *term)
{
    *term = (struct term){.nulls = NULLS_DEFAULT};
    return scan_read_field(scan, &term->field) && read_direction(scan, term);
}

const struct fail *term_read(arena *mem, str text, struct term **terms)
{
    struct term **last = terms;
    struct scan scan;

    scan_init(&scan, mem, "order", text);
    do {
        *last = arena_new(mem, struct term);
        scan_white(&scan);
        if (!read_related(&scan, *last) && !read_own(&scan, *last))
            return scan_refuse(&scan);
        scan_white(&scan);
        last = &(*last)->next;
    } while (scan_take(&scan, STR(",")));
    return NULL;
}
