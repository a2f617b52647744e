/* The table of types. A check decides before PostgreSQL would, so that a client's mistake is a
 * 400 that names the parameter, never a failed statement. */
#include "route/type.h"

#include <limits.h>
#include <stdlib.h>

enum { NUMBER_LEN_MAX = 128 };

static bool is_int(str text)
{
    int64_t value;
    return str_int(text, &value) && value >= INT_MIN && value <= INT_MAX;
}

static bool is_bigint(str text)
{
    int64_t value;
    return str_int(text, &value);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t take_digits(str *text)
{
    size_t count = 0;
    while (count < text->len && is_digit(text->at[count]))
        count++;
    *text = str_skip(*text, count);
    return count;
}

static bool take(str *text, const char *bytes)
{
    if (text->len == 0 || strchr(bytes, text->at[0]) == NULL)
        return false;
    *text = str_skip(*text, 1);
    return true;
}

/* RFC 8259, 6, but a leading '+' and zeros are harmless and PostgreSQL reads them. */
static bool is_number(str text)
{
    if (text.len > NUMBER_LEN_MAX)
        return false;
    take(&text, "+-");
    size_t digits = take_digits(&text);
    if (take(&text, "."))
        digits += take_digits(&text);
    if (digits == 0)
        return false;
    if (!take(&text, "eE"))
        return text.len == 0;
    take(&text, "+-");
    size_t exponent = take_digits(&text);
    return exponent >= 1 && exponent <= 3 && text.len == 0;
}

static bool is_text(str text)
{
    return memchr(text.at == NULL ? "" : text.at, '\0', text.len) == NULL;
}

static bool is_bool(str text)
{
    return str_eq(text, STR("true")) || str_eq(text, STR("false"));
}

static bool is_hex(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool is_uuid(str text)
{
    static const char shape[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    if (text.len != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (shape[i] == '-' ? text.at[i] != '-' : !is_hex(text.at[i]))
            return false;
    return true;
}

/* Takes exactly `count` digits whose value lies in the range. */
static bool take_range(str *text, size_t count, int low, int high)
{
    int value = 0;
    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(text->at[i]))
            return false;
        value = value * 10 + (text->at[i] - '0');
    }
    *text = str_skip(*text, count);
    return value >= low && value <= high;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static int two(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool take_date(str *text)
{
    const char *at = text->at;
    if (!take_range(text, 4, 1, 9999) || !take(text, "-") || !take_range(text, 2, 1, 12) ||
        !take(text, "-"))
        return false;
    return take_range(text, 2, 1, days_of(two(at) * 100 + two(at + 2), two(at + 5)));
}

static bool is_date(str text)
{
    return take_date(&text) && text.len == 0;
}

/* RFC 3339, 5.6; the time of day, its seconds and the zone may be left out. */
static bool is_time(str text)
{
    if (!take_date(&text))
        return false;
    if (text.len == 0)
        return true;
    if (!take(&text, "Tt ") || !take_range(&text, 2, 0, 23) || !take(&text, ":") ||
        !take_range(&text, 2, 0, 59))
        return false;
    if (take(&text, ":") && !take_range(&text, 2, 0, 59))
        return false;
    if (take(&text, ".") && take_digits(&text) == 0)
        return false;
    if (take(&text, "Zz") || text.len == 0)
        return text.len == 0;
    if (!take(&text, "+-") || !take_range(&text, 2, 0, 15))
        return false;
    take(&text, ":");
    return text.len == 0 || (take_range(&text, 2, 0, 59) && text.len == 0);
}

static bool is_json(str text)
{
    return json_check(text) != JSON_INVALID;
}

#define NAMED(sql_name, cast_to)                                                                   \
    STR_ROW(sql_name), STR_ROW("::" cast_to), STR_ROW("::" cast_to "[]")

static const struct type types[] = {
    {NAMED("int",         "integer"),     "an integer",                          is_int,    SIZE_VALUE,  JSON_NUMBER },
    {NAMED("bigint",      "bigint"),      "an integer",                          is_bigint, SIZE_VALUE,  JSON_NUMBER },
    {NAMED("number",      "numeric"),     "a number",                            is_number, SIZE_VALUE,  JSON_NUMBER },
    {NAMED("text",        "text"),        "text",                                is_text,   SIZE_LENGTH, JSON_STRING },
    {NAMED("bool",        "boolean"),     "true or false",                       is_bool,   SIZE_NONE,   JSON_BOOL   },
    {NAMED("uuid",        "uuid"),        "a UUID",                              is_uuid,   SIZE_NONE,   JSON_STRING },
    {NAMED("timestamptz", "timestamptz"), "a time such as 2026-01-31T12:00:00Z", is_time,   SIZE_NONE,
     JSON_STRING                                                                                                     },
    {NAMED("date",        "date"),        "a date such as 2026-01-31",           is_date,   SIZE_NONE,   JSON_STRING },
    {NAMED("json",        "jsonb"),       "JSON",                                is_json,   SIZE_NONE,   JSON_INVALID},
};

const struct type *type_find(str name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_eq(types[i].name, name))
            return &types[i];
    return NULL;
}

/* UTF-8: every byte but a continuation byte begins a character. */
static double characters(str text)
{
    double count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return count;
}

double type_measure(const struct type *type, str text)
{
    char copy[NUMBER_LEN_MAX + 1];

    if (type->size == SIZE_LENGTH)
        return characters(text);
    size_t len = text.len < NUMBER_LEN_MAX ? text.len : NUMBER_LEN_MAX;
    memcpy(copy, text.at, len);
    copy[len] = '\0';
    return strtod(copy, NULL);
}
