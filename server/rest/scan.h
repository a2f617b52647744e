/* A cursor over one query parameter, for the small parsers of this folder. A failure is said as
 * PostgREST says it: what was being read, where it stopped, what could have come. Its parsers are
 * Parsec's, so the rules are Parsec's too: what did not fit is remembered, at the furthest place,
 * until something fits; a try that failed gives back the place but not what was learnt. */
#ifndef REST_SCAN_H
#define REST_SCAN_H

#include "base/fail.h"
#include "rest/caps.h"

/* What did not fit, and what would have. */
enum { WANTED_MAX = 12 };
struct wanted {
    str text;
    bool literally; /* it is said in quotes */
};
struct miss {
    bool any;     /* something did not fit at all */
    size_t at;    /* the place that the message names */
    size_t found; /* the character that did not fit: behind `at` inside of a word */
    bool loosely; /* the end would have fitted: then the character is 'x', not "x" */
    int count;
    struct wanted wanted[WANTED_MAX]; /* the last: only those that are there are copied */
};

struct scan {
    arena *mem;
    const char *what; /* "filter", "order", ...: for the message */
    str text;
    size_t at;
    size_t before; /* characters that count but are not in the text: the "or" of or=(...) */
    struct miss miss;
};

/* A column's name with a JSON path behind it: data->list->>0 */
struct step {
    bool as_text; /* ->> */
    bool is_index;
    str key; /* or the digits of the index, perhaps with a minus */
};

struct field {
    str name;
    const struct step *steps;
    int nsteps;
};

void scan_init(struct scan *scan, arena *mem, const char *what, str text);
bool scan_at_end(const struct scan *scan);
char scan_peek(const struct scan *scan); /* '\0' at the end */
bool scan_sees(const struct scan *scan, str token);

/* These consume what they name, or remember that it did not fit. */
bool scan_take(struct scan *scan, str token);
bool scan_take_dot(struct scan *scan);

/* These consume nothing. */
bool scan_ahead(struct scan *scan, str token);
bool scan_end(struct scan *scan);

/* What did not fit before is of no interest any more: a second element of a list is complete. */
void scan_forget(struct scan *scan);

/* A token whose first character fits, so that nothing else could be meant. False, to be returned.
 */
bool scan_only(struct scan *scan, str token);

/* Something else did not fit here; the name is said without quotes. False, to be returned. */
bool scan_miss(struct scan *scan, str name);

void scan_move(struct scan *scan, size_t bytes);      /* they fit */
str scan_until(struct scan *scan, const char *stops); /* what stands before the first of them */

/* Blanks and tabs. */
void scan_white(struct scan *scan);

/* A choice that may fail after it has consumed. scan_try marks the place, scan_back returns to it
 * and keeps what was learnt. False, to be returned. */
struct trial {
    size_t at;
    struct miss miss;
};
struct trial scan_try(struct scan *scan);
bool scan_back(struct scan *scan, const struct trial *trial);

/* The same for choices that have one name together: it replaces what each of them wanted. */
bool scan_back_as(struct scan *scan, const struct trial *trial, str name);

/* "failed to parse WHAT (TEXT)" with "unexpected X expecting Y" in the details, from what did not
 * fit. */
const struct fail *scan_refuse(const struct scan *scan);

/* name = '"' any with \-escapes '"' | letters, digits, '_', ' ', '$', and '-' between them */
bool scan_read_name(struct scan *scan, str *name);
/* word = letters, digits, '_', ' ', '$': the configuration of a text search, a type */
bool scan_read_word(struct scan *scan, str *word);
/* field = name path, white space around it */
bool scan_read_field(struct scan *scan, struct field *field);
bool scan_read_path(struct scan *scan, struct field *field);

/* The same with the failure at once. */
const struct fail *scan_name(struct scan *scan, str *name);

/* A quoted text; the cursor stands on its first quote. False when the closing quote is missing. */
bool scan_quoted(struct scan *scan, str *text);

#define EXPECT_NAME "field name (* or [a..z0..9_$])"

#endif
