/* See rule.h. */
#include "limit/rule.h"

static const str names[LIMIT_CLASSES] = {
    [LIMIT_REST_READ] = STR_ROW("rest-read"), [LIMIT_REST_WRITE] = STR_ROW("rest-write"),
    [LIMIT_API_READ] = STR_ROW("api-read"),   [LIMIT_API_WRITE] = STR_ROW("api-write"),
    [LIMIT_AUTH] = STR_ROW("auth"),           [LIMIT_NODES] = STR_ROW("nodes"),
};

str limit_class_name(enum limit_class class)
{
    return names[class];
}

/* "s", "10s", "min", "1h" */
static bool read_time(str text, int64_t *window_us)
{
    static const struct {
        str name;
        int64_t seconds;
    } units[] = {
        {STR_ROW("s"),   1   },
        {STR_ROW("m"),   60  },
        {STR_ROW("min"), 60  },
        {STR_ROW("h"),   3600},
    };
    size_t digits = 0;
    int64_t number = 1;

    while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9')
        digits++;
    if (digits > 0 && !str_int((str){text.at, digits}, &number))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!str_eq(str_skip(text, digits), units[i].name))
            continue;
        *window_us = number * units[i].seconds * 1000000;
        return number > 0 && number <= LIMIT_WINDOW_MAX_S / units[i].seconds;
    }
    return false;
}

static bool read_one(str text, struct limit_rules *rules)
{
    str name, count;
    struct limit_rule rule;

    if (!str_cut(&text, '=', &name) || !str_cut(&text, '/', &count) || text.at == NULL)
        return false;
    if (!str_int(str_trim(count), &rule.count) || rule.count < 1 || rule.count > LIMIT_COUNT_MAX)
        return false;
    for (int class = 0; class < LIMIT_CLASSES; class ++)
        if (str_eq(str_trim(name), names[class]) && rules->all[class].count == 0) {
            bool good = read_time(str_trim(text), &rule.window_us);
            rules->all[class] = rule;
            return good;
        }
    return false;
}

bool limit_rules_parse(arena *mem, str text, struct limit_rules *rules, str *why)
{
    str one;

    *rules = (struct limit_rules){0};
    while (str_cut(&text, ',', &one)) {
        if (read_one(str_trim(one), rules))
            continue;
        *why = arena_printf(mem,
                            "RATE_LIMITS: \"%.*s\" is not class=count/time, once for each of "
                            "rest-read, rest-write, api-read, api-write, auth, nodes, such as "
                            "api-read=300/min",
                            STR_ARG(one));
        return false;
    }
    return true;
}
