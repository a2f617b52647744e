/* The values of settings by their types: from text to the field of struct config. */
#include <stdlib.h>

#include "base/address.h"
#include "base/settings.h"
#include "base/url.h"

enum { NAME_MAX_BYTES = 63 };

#define OK ((str){NULL, 0})

static void *field(const struct reading *in)
{
    return (char *)in->config + in->setting->offset;
}

/* Each read_ function fills the field and returns OK, or says what is allowed. */

static str read_text(struct reading *in)
{
    *(str *)field(in) = in->text;
    return OK;
}

static str read_url(struct reading *in)
{
    bool url =
        str_starts(in->text, STR("postgres://")) || str_starts(in->text, STR("postgresql://"));

    if (in->text.at != NULL && !url && str_find(in->text, '=') < 0)
        return STR("a URL (postgresql://user:password@host:5432/database) or key=value pairs");
    return read_text(in);
}

static str read_list(struct reading *in)
{
    struct buf list;
    str rest = in->text, piece;

    buf_init(&list, in->config->mem, in->text.len + 1);
    while (str_cut(&rest, ',', &piece)) {
        piece = str_trim(piece);
        if (piece.len == 0)
            continue;
        if (list.len > 0)
            buf_putc(&list, ',');
        buf_put(&list, piece);
    }
    *(str *)field(in) = arena_copy(in->config->mem, buf_str(&list));
    return OK;
}

static str read_ranges(struct reading *in)
{
    str why = read_list(in), rest = *(str *)field(in), piece;
    struct address_range range;

    while (why.at == NULL && rest.len > 0 && str_cut(&rest, ',', &piece))
        if (!str_eq(piece, STR("unix")) && !address_range_parse(piece, &range))
            why = STR("addresses and ranges such as 10.0.0.0/8, ::1 or unix");
    return why;
}

static str read_schemas(struct reading *in)
{
    str why = read_list(in), rest = *(str *)field(in), name;

    if (rest.len == 0)
        return STR("at least one schema");
    while (why.at == NULL && str_cut(&rest, ',', &name))
        if (str_eq(name, STR("pg_catalog")) || str_eq(name, STR("information_schema")))
            why = STR("schemas of your own, not pg_catalog or information_schema");
    return why;
}

static str read_role(struct reading *in)
{
    if (in->text.len > NAME_MAX_BYTES)
        return STR("a role name, at most 63 bytes");
    if (str_eq(in->text, STR("none")))
        in->text = STR("");
    return read_text(in);
}

static str read_host(struct reading *in)
{
    static const struct {
        str name, address;
    } names[] = {
        {STR_ROW("!4"),        STR_ROW("0.0.0.0")  },
        {STR_ROW("*4"),        STR_ROW("0.0.0.0")  },
        {STR_ROW("*"),         STR_ROW("0.0.0.0")  },
        {STR_ROW("!6"),        STR_ROW("::")       },
        {STR_ROW("*6"),        STR_ROW("::")       },
        {STR_ROW("localhost"), STR_ROW("127.0.0.1")},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (str_eq(in->text, names[i].name))
            in->text = names[i].address;
    return read_text(in);
}

static str read_path(struct reading *in)
{
    bool ok = in->text.len > 0 && in->text.at[0] == '/';

    while (in->text.len > 0 && in->text.at[in->text.len - 1] == '/')
        in->text.len--;
    for (size_t i = 0; ok && i < in->text.len; i++)
        ok = in->text.at[i] > ' ' && strchr("?#%\\\"\x7f", in->text.at[i]) == NULL &&
             !(in->text.at[i] == '/' && in->text.at[i + 1] == '/');
    *(str *)field(in) = in->text;
    return ok ? OK : STR("a path such as /rest/v1, or /");
}

static str read_proxy(struct reading *in)
{
    str rest = in->text, scheme, authority;

    if (rest.at == NULL)
        return read_text(in);
    bool ok = str_cut(&rest, ':', &scheme) && str_starts(rest, STR("//")) &&
              (str_ieq(scheme, STR("http")) || str_ieq(scheme, STR("https")));
    if (ok) {
        rest = str_skip(rest, 2);
        ok = str_cut(&rest, '/', &authority) && authority.len > 0;
    }
    for (size_t i = 0; ok && i < in->text.len; i++)
        ok = in->text.at[i] > ' ' && strchr("?#\"\\<>\x7f", in->text.at[i]) == NULL;
    return ok ? read_text(in) : STR("a URL such as https://example.com:8443/base");
}

static str read_choice(struct reading *in)
{
    str rest = str_from(in->setting->choices), word;

    while (str_cut(&rest, ' ', &word)) {
        str name, meaning = word;
        str_cut(&meaning, '=', &name);
        if (!str_ieq(name, in->text))
            continue;
        *(str *)field(in) = meaning.at == NULL ? name : meaning;
        return OK;
    }
    return arena_printf(in->config->mem, "one of: %s", in->setting->choices);
}

static str read_switch(struct reading *in)
{
    static const struct {
        const char *word;
        bool on;
    } words[] = {
        {"true",  true },
        {"false", false},
        {"on",    true },
        {"off",   false},
        {"yes",   true },
        {"no",    false},
        {"1",     true },
        {"0",     false},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!str_ieq(in->text, str_from(words[i].word)))
            continue;
        *(bool *)field(in) = words[i].on;
        return OK;
    }
    return STR("true or false");
}

/* A number with one of the units, within the setting's bounds. */
struct unit {
    const char *name;
    int64_t factor;
};

static bool read_number(struct reading *in, const struct unit *units, int64_t bare, int64_t *value)
{
    size_t digits = 0;
    int64_t factor = 0;

    while (digits < in->text.len && in->text.at[digits] >= '0' && in->text.at[digits] <= '9')
        digits++;
    str unit = str_trim(str_skip(in->text, digits));
    if (unit.len == 0)
        factor = bare;
    for (; units->name != NULL && factor == 0; units++)
        if (str_ieq(unit, str_from(units->name)))
            factor = units->factor;
    return factor > 0 && str_int((str){in->text.at, digits}, value) &&
           !__builtin_mul_overflow(*value, factor, value) && *value >= in->setting->min &&
           *value <= in->setting->max;
}

static str read_count(struct reading *in)
{
    static const struct unit units[] = {
        {NULL, 0}
    };
    const struct setting *setting = in->setting;

    if (read_number(in, units, 1, field(in)))
        return OK;
    if (setting->max == INT64_MAX)
        return STR("a whole number, not negative");
    return arena_printf(in->config->mem, "a whole number from %lld to %lld",
                        (long long)setting->min, (long long)setting->max);
}

static str read_mode(struct reading *in)
{
    int64_t mode = 0;
    bool ok = in->text.len == 3;

    for (size_t i = 0; ok && i < in->text.len; i++) {
        ok = in->text.at[i] >= '0' && in->text.at[i] <= '7';
        mode = mode * 8 + (in->text.at[i] - '0');
    }
    *(int64_t *)field(in) = mode;
    if (ok && mode >= in->setting->min && mode <= in->setting->max)
        return OK;
    return STR("three octal digits from 600 to 777");
}

static str read_duration(struct reading *in)
{
    static const struct unit units[] = {
        {"ms",  1      },
        {"s",   1000   },
        {"min", 60000  },
        {"h",   3600000},
        {NULL,  0      },
    };
    if (read_number(in, units, in->seconds ? 1000 : 1, field(in)))
        return OK;
    return arena_printf(in->config->mem,
                        "a time from %lld ms to %lld ms; a number alone counts %s, and ms, s, min "
                        "and h may follow it",
                        (long long)in->setting->min, (long long)in->setting->max,
                        in->seconds ? "seconds" : "milliseconds");
}

static str read_bytes(struct reading *in)
{
    static const struct unit units[] = {
        {"kib", 1 << 10},
        {"k",   1 << 10},
        {"mib", 1 << 20},
        {"m",   1 << 20},
        {"gib", 1 << 30},
        {NULL,  0      },
    };
    if (read_number(in, units, 1, field(in)))
        return OK;
    return arena_printf(in->config->mem,
                        "a number of bytes from %lld to %lld, or with KiB, MiB or GiB",
                        (long long)in->setting->min, (long long)in->setting->max);
}

static str (*const readers[SETTING_TYPES])(struct reading *in) = {
    [SETTING_TEXT] = read_text,     [SETTING_SECRET] = read_text,
    [SETTING_URL] = read_url,       [SETTING_LIST] = read_list,
    [SETTING_OPTIONAL] = read_list, [SETTING_SCHEMAS] = read_schemas,
    [SETTING_ROLE] = read_role,     [SETTING_HOST] = read_host,
    [SETTING_PATH] = read_path,     [SETTING_PROXY] = read_proxy,
    [SETTING_CHOICE] = read_choice, [SETTING_SWITCH] = read_switch,
    [SETTING_COUNT] = read_count,   [SETTING_DURATION] = read_duration,
    [SETTING_BYTES] = read_bytes,   [SETTING_MODE] = read_mode,
    [SETTING_RANGES] = read_ranges,
};

str setting_read(struct reading *in)
{
    return readers[in->setting->type](in);
}
