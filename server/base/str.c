/* See str.h. */
#include "base/str.h"

#include <limits.h>
#include <strings.h>

bool str_ieq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

int str_order(str a, str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(str text, str prefix)
{
    return text.len >= prefix.len && memcmp(text.at, prefix.at, prefix.len) == 0;
}

bool str_ends(str text, str suffix)
{
    return text.len >= suffix.len &&
           memcmp(text.at + text.len - suffix.len, suffix.at, suffix.len) == 0;
}

long str_find(str text, char byte)
{
    const char *found = text.len == 0 ? NULL : memchr(text.at, byte, text.len);
    return found == NULL ? -1 : (long)(found - text.at);
}

str str_trim(str text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = str_skip(text, 1);
    while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

bool str_cut(str *rest, char separator, str *piece)
{
    if (rest->at == NULL)
        return false;
    long at = str_find(*rest, separator);
    if (at < 0) {
        *piece = *rest;
        *rest = (str){NULL, 0};
        return true;
    }
    *piece = (str){rest->at, (size_t)at};
    *rest = str_skip(*rest, (size_t)at + 1);
    return true;
}

bool str_int(str text, int64_t *value)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    size_t i = text.len > 0 && (text.at[0] == '-' || text.at[0] == '+') ? 1 : 0;
    int64_t sum = 0;

    if (i == text.len)
        return false;
    for (; i < text.len; i++) {
        int digit = text.at[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        /* Summed as a negative number, which has room for INT64_MIN. */
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, digit, &sum))
            return false;
    }
    if (!negative && sum == INT64_MIN)
        return false;
    *value = negative ? sum : -sum;
    return true;
}

static uint64_t hash_mix(uint64_t word)
{
    word = (word ^ word >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return word ^ word >> 29;
}

/* Eight bytes a step: tokens, statements and parameters are hashed at every request. */
uint64_t str_hash(str text, uint64_t seed)
{
    uint64_t word, length = text.len;

    for (; text.len >= sizeof(word); text = str_skip(text, sizeof(word))) {
        memcpy(&word, text.at, sizeof(word));
        seed = hash_mix(seed ^ word);
    }
    word = 0;
    if (text.len > 0)
        memcpy(&word, text.at, text.len);
    return hash_mix(seed ^ word ^ length << 56);
}
