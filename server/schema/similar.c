/* See similar.h. */
#include "schema/similar.h"

#include <math.h>
#include <stdlib.h>

enum { FINALISTS = 50, NAME_MAX = 256, GRAM_MAX = 3, GRAM_MIN = 2, COLUMN_EDITS_MAX = 3 };

struct candidate {
    int at;
    double score;
};

static bool is_letter_or_digit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || ((unsigned char)byte & 0x80) != 0;
}

static char lower(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return (char)(byte | 0x20);
    return byte;
}

/* Lower case, letters and digits only, a dash at both ends: "get_stats" is "-getstats-". */
static str simplify(arena *mem, str text)
{
    if (text.len > NAME_MAX)
        text.len = NAME_MAX;
    char *out = h2o_mem_alloc_pool(mem, text.len + 2);
    size_t len = 0;

    out[len++] = '-';
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        if (is_letter_or_digit(byte) || byte == ' ' || byte == ',')
            out[len++] = lower(byte);
    }
    out[len++] = '-';
    return (str){out, len};
}

/* How often the group of `size` bytes at `at` occurs in the text. */
static int occurrences(str text, const char *at, size_t size)
{
    int count = 0;
    for (size_t i = 0; i + size <= text.len; i++)
        count += memcmp(text.at + i, at, size) == 0;
    return count;
}

/* The product of two vectors of group counts. Each group of `a` is visited once per occurrence
 * in `a`, which is what makes the sum right. */
static double product(str a, str b, size_t size)
{
    double sum = 0;
    for (size_t i = 0; i + size <= a.len; i++)
        sum += occurrences(b, a.at + i, size);
    return sum;
}

/* Letters of either case are the same to a suggestion, but not to PostgreSQL. */
enum letters { LETTERS_ANY_CASE, LETTERS_EXACT };

static bool same(char a, char b, enum letters letters)
{
    return a == b || (letters == LETTERS_ANY_CASE && lower(a) == lower(b));
}

/* Levenshtein's distance, one row of the table at a time. */
static int edits(arena *mem, str a, str b, enum letters letters)
{
    int *row = arena_array(mem, int, b.len + 1);

    for (size_t j = 0; j <= b.len; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a.len; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.len; j++) {
            int best = diagonal + (same(a.at[i - 1], b.at[j - 1], letters) ? 0 : 1);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b.len];
}

static int best_first(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->score != right->score)
        return left->score < right->score ? 1 : -1;
    return left->at - right->at;
}

/* The best by shared groups of one size, or -1 when nothing is similar enough. */
static int find_by_groups(arena *mem, const str *names, int count, str text, size_t size)
{
    struct candidate *list = arena_array(mem, struct candidate, count);
    str wanted = simplify(mem, text);
    double length = sqrt(product(wanted, wanted, size));
    int found = 0;

    for (int i = 0; i < count; i++) { /* the cosine of the angle between the two vectors */
        str name = simplify(mem, names[i]);
        double both = product(wanted, name, size);
        if (both > 0)
            list[found++] = (struct candidate){i, both / length / sqrt(product(name, name, size))};
    }
    qsort(list, (size_t)found, sizeof(*list), best_first);
    if (found > FINALISTS)
        found = FINALISTS;
    for (int i = 0; i < found; i++) {
        str name = names[list[i].at];
        double longer = (double)(name.len > text.len ? name.len : text.len);
        list[i].score = 1.0 - edits(mem, text, name, LETTERS_ANY_CASE) / longer;
    }
    qsort(list, (size_t)found, sizeof(*list), best_first);
    return found == 0 ? -1 : list[0].at;
}

static double similarity(arena *mem, str a, str b)
{
    size_t longer = a.len > b.len ? a.len : b.len;
    return 1.0 - (double)edits(mem, a, b, LETTERS_ANY_CASE) / (double)longer;
}

int similar_find(arena *mem, const str *candidates, int count, str text, int percent)
{
    if (text.len == 0 || text.len > NAME_MAX)
        return -1;
    for (size_t size = GRAM_MAX; size >= GRAM_MIN; size--) {
        int at = find_by_groups(mem, candidates, count, text, size);
        if (at >= 0 && similarity(mem, text, candidates[at]) * 100 >= percent)
            return at;
    }
    return -1;
}

int similar_columns(arena *mem, const str *columns, int count, str text,
                    int found[SIMILAR_COLUMNS_MAX])
{
    int nearest = COLUMN_EDITS_MAX + 1, nfound = 0;

    for (int i = 0; i < count && text.len <= NAME_MAX; i++) {
        int distance = edits(mem, text, columns[i], LETTERS_EXACT);
        if (distance > (int)text.len / 2 || distance > nearest || distance > COLUMN_EDITS_MAX)
            continue;
        if (distance < nearest)
            nfound = 0;
        nearest = distance;
        if (nfound < SIMILAR_COLUMNS_MAX) {
            found[nfound++] = i;
            continue;
        }
        nfound = 0; /* too many: only a nearer one will do */
        nearest--;
    }
    return nfound;
}
