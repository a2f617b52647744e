/* What a path to the role is made of: shared by role_path_parse.c and role_path_old.c, which read
 * its two syntaxes, and role_path.c, which follows it. */
#ifndef AUTH_ROLE_PATH_INSIDE_H
#define AUTH_ROLE_PATH_INSIDE_H

#include <regex.h>

#include "auth/role_path.h"

enum select_kind { SELECT_NAME, SELECT_INDEX, SELECT_SLICE, SELECT_ALL, SELECT_FILTER };

struct selector {
    enum select_kind kind;
    str name;
    int64_t index;                  /* and the start of a slice */
    int64_t end, step;              /* of a slice */
    bool has_start, has_end;        /* of a slice */
    const struct test *test;        /* of a filter */
    const struct selector *or_else; /* the next one in the same brackets */
};

/* One segment of a query; NULL is its end. */
struct segment {
    const struct selector *selectors;
    bool deep; /* "..": here and anywhere below */
    const struct segment *next;
};

/* RFC 9535, 2.4: of a value its length, of a query how many values it selects, and the one it
 * selects if it selects no other. */
enum function { FUNCTION_NONE, FUNCTION_LENGTH, FUNCTION_COUNT, FUNCTION_VALUE };

/* One side of a comparison: a literal, the value of a query, or what a function makes of one. */
struct operand {
    enum function function;
    const struct operand *of; /* of FUNCTION_LENGTH, which has nothing else */
    const json_t *literal;    /* NULL: a query */
    bool from_root;           /* "$", not "@" */
    const struct segment *query;
};

enum test_kind {
    TEST_AND,
    TEST_OR,
    TEST_NOT,
    TEST_EXISTS,
    TEST_COMPARE,
    TEST_REGEX,
    TEST_DIFFERS,
    TEST_STARTS,
    TEST_ENDS,
    TEST_CONTAINS
};

enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

struct test {
    enum test_kind kind;
    enum compare compare;
    const struct test *a, *b; /* of AND, OR and NOT */
    struct operand left, right;
    const regex_t *regex; /* of search() and match() */
};

struct role_path {
    const struct segment *query;
    bool old;
};

/* ---- reading ---- */

enum {
    PATH_DEEP_MAX = 2 /* ".." in one path: each multiplies the work by the size of the claims */
};

struct path_reader {
    arena *mem;
    str rest; /* what is not read yet */
    int parts, depth, deep;
    bool bad; /* the first flaw ends the reading */
};

void path_blanks(struct path_reader *in); /* skips them */
bool path_take(struct path_reader *in, str word);
bool path_take_spaced(struct path_reader *in, str word); /* with blanks around it */
void path_need(struct path_reader *in, str word);        /* the same; bad when it is not there */
bool path_name_byte(char byte, bool is_first);
bool path_at_number(const struct path_reader *in);
int64_t path_integer(struct path_reader *in);
const json_t *path_keep(struct path_reader *in, json_t *json); /* until the arena dies; NULL: bad */

/* A new part, zeroed. Their number is bounded, so that the path and its reading are. */
void *path_part(struct path_reader *in, size_t size);
#define PART(in, type) ((type *)path_part((in), sizeof(type)))

const struct segment *path_read_old(struct path_reader *in);

#endif
