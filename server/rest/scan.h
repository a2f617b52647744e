/* A cursor over one query parameter, for the small parsers of this folder. A failure is said as
 * PostgREST says it: what was being read, where it stopped, what could have come. */
#ifndef REST_SCAN_H
#define REST_SCAN_H

#include "base/fail.h"

struct scan {
    arena *mem;
    const char *what; /* "filter", "order", ...: for the message */
    str text;
    size_t at;
    size_t before; /* characters that count but are not in the text: the "or" of or=(...) */
};

/* A column's name with a JSON path behind it: data->list->>0 */
struct step {
    bool as_text; /* ->> */
    bool is_index;
    str key; /* or the digits of the index, perhaps with a minus */
};

enum { STEPS_MAX = 32 };

struct field {
    str name;
    const struct step *steps;
    int nsteps;
};

void scan_init(struct scan *scan, arena *mem, const char *what, str text);
bool scan_at_end(const struct scan *scan);
char scan_peek(const struct scan *scan);      /* '\0' at the end */
bool scan_take(struct scan *scan, str token); /* consumes it when it comes next */
bool scan_sees(const struct scan *scan, str token);

/* "failed to parse WHAT (TEXT)" with "unexpected X expecting Y" in the details. */
const struct fail *scan_fail(const struct scan *scan, const char *expecting);

/* The same where the text should have ended. */
const struct fail *scan_fail_end(const struct scan *scan, const char *expecting);

/* name = '"' any with \-escapes '"' | letters, digits, '_', ' ', '$', and '-' between them */
const struct fail *scan_name(struct scan *scan, str *name);
const struct fail *scan_field(struct scan *scan, struct field *field);

/* A quoted text; the cursor stands on its first quote. False, with the cursor at the end, when the
 * closing quote is missing. */
bool scan_quoted(struct scan *scan, str *text);

#define EXPECT_NAME "field name (* or [a..z0..9_$])"

#endif
