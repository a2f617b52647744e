/* Durations in the headers of files: a count and a unit. */
#include "route/duration.h"

enum { COUNT_MAX = 100000 };

static const struct {
    str unit;
    int64_t ms;
} units[] = {
    {STR_ROW("ms"), 1      },
    {STR_ROW("s"),  1000   },
    {STR_ROW("m"),  60000  },
    {STR_ROW("h"),  3600000},
};

bool duration_parse(str text, int64_t *ms)
{
    size_t digits = 0;
    int64_t count;

    while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9')
        digits++;
    if (!str_int((str){text.at, digits}, &count) || count < 1 || count > COUNT_MAX)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!str_eq(units[i].unit, str_skip(text, digits)))
            continue;
        *ms = count * units[i].ms;
        return true;
    }
    return false;
}
