/* A piece of text: where it starts and how long it is. Never owns memory,
 * never NUL-terminated, may point into a request body or a literal. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *at; /* NULL is "absent", which differs from empty */
    size_t len;
} str;

/* Only a literal compiles here: "" lit refuses a variable. */
#define STR(lit) ((str){"" lit, sizeof(lit) - 1})

/* The same for the rows of a static table, where C11 wants a constant. */
#define STR_ROW(lit)                                                                               \
    {                                                                                              \
        "" lit, sizeof(lit) - 1                                                                    \
    }

/* For printf("%.*s"): the two arguments. */
#define STR_ARG(text) (int)(text).len, (text).at

static inline bool str_eq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline str str_from(const char *text)
{
    return (str){text, text == NULL ? 0 : strlen(text)};
}

static inline str str_skip(str text, size_t count)
{
    return count < text.len ? (str){text.at + count, text.len - count}
                            : (str){text.at + text.len, 0};
}

bool str_ieq(str a, str b);  /* ASCII letters compare without case */
int str_order(str a, str b); /* as memcmp: by bytes, the shorter first when it starts the other */
bool str_starts(str text, str prefix);
bool str_ends(str text, str suffix);
long str_find(str text, char byte); /* first position, or -1 */
str str_trim(str text);             /* without blanks and tabs at both ends */

/* Cuts the text before the first `separator` off *rest; *rest continues after
 * it. False when *rest was absent (at == NULL): the loop `while (str_cut(...))`
 * therefore sees "a,,b" as three pieces and "" as one. */
bool str_cut(str *rest, char separator, str *piece);

/* The whole text as a decimal integer with optional sign; false otherwise or on overflow. */
bool str_int(str text, int64_t *value);

/* A 64-bit hash for tables, not against forgers; continue one by passing the former as seed. */
#define STR_HASH_SEED UINT64_C(1469598103934665603)
uint64_t str_hash(str text, uint64_t seed);

#endif
