/* Shows the settings, with secrets masked; see config.h. */
#include "base/config.h"

#include "base/json.h"
#include "base/settings.h"
#include "base/url.h"

#define MASK STR("****")

static const char *const units[SETTING_TYPES] = {
    [SETTING_DURATION] = "ms",
    [SETTING_BYTES] = "bytes",
};

bool config_is_password(str name)
{
    static const str words[] = {STR_ROW("pass"), STR_ROW("secret"), STR_ROW("token"),
                                STR_ROW("key")};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (size_t at = 0; at + words[i].len <= name.len; at++)
            if (str_ieq((str){name.at + at, words[i].len}, words[i]))
                return true;
    return false;
}

/* The length of "user:password" behind the "//", or 0. libpq takes what stands before the first
 * '@' that no '/' precedes; a password with raw marks in it is covered up to the last '@' that is
 * not a parameter's. */
static size_t userinfo_length(str text)
{
    long first = str_find(text, '@');
    if (first < 0)
        return 0;
    str before = {text.at, (size_t)first};
    long slash = str_find(before, '/');
    if (slash >= 0 && str_find(str_skip(before, (size_t)slash), '?') >= 0)
        return 0; /* an '@' in the parameters */
    size_t last = (size_t)first;
    bool query = false, parameter = false;
    for (size_t i = last; i < text.len; i++) {
        query = query || text.at[i] == '?';
        parameter = parameter || (query && text.at[i] == '=');
        if (text.at[i] == '@' && !parameter)
            last = i;
    }
    return last;
}

static void put_parameters(struct buf *buf, str query)
{
    str key, value;
    char mark = '?';

    while (url_next(&query, &key, &value)) {
        buf_putc(buf, mark);
        buf_put(buf, key);
        if (value.at != NULL)
            buf_putc(buf, '=');
        buf_put(buf, config_is_password(key) ? MASK : value);
        mark = '&';
    }
}

static void put_url(struct buf *buf, str url)
{
    size_t scheme = (size_t)str_find(url, '/') + 2;
    str rest = str_skip(url, scheme);
    size_t userinfo = userinfo_length(rest);
    long colon = str_find((str){rest.at, userinfo}, ':');

    buf_put(buf, (str){url.at, scheme});
    if (colon >= 0) {
        buf_put(buf, (str){rest.at, (size_t)colon + 1});
        buf_put(buf, MASK);
        rest = str_skip(rest, userinfo);
    }
    long mark = str_find(rest, '?');
    buf_put(buf, (str){rest.at, mark < 0 ? rest.len : (size_t)mark});
    if (mark >= 0)
        put_parameters(buf, str_skip(rest, (size_t)mark + 1));
}

/* Cuts "key = value" or "key = 'quoted \' value'" off a conninfo. Source: PostgreSQL 34.1.1.1. */
static bool next_pair(str *rest, str *key, str *value)
{
    long mark = str_find(*rest, '=');
    if (mark < 0)
        return false;
    *key = str_trim((str){rest->at, (size_t)mark});
    *rest = str_trim(str_skip(*rest, (size_t)mark + 1));
    bool quoted = rest->len > 0 && rest->at[0] == '\'';
    size_t len = quoted ? 1 : 0;
    while (len < rest->len && rest->at[len] != (quoted ? '\'' : ' '))
        len += rest->at[len] == '\\' ? 2 : 1;
    len += quoted ? 1 : 0;
    if (len > rest->len)
        len = rest->len;
    *value = (str){rest->at, len};
    *rest = str_skip(*rest, len);
    return true;
}

static void put_conninfo(struct buf *buf, str text)
{
    str key, value;
    const char *blank = "";

    while (next_pair(&text, &key, &value)) {
        buf_printf(buf, "%s%.*s=", blank, STR_ARG(key));
        buf_put(buf, config_is_password(key) ? MASK : value);
        blank = " ";
    }
}

str config_mask_url(arena *mem, str url)
{
    struct buf buf;

    if (url.at == NULL)
        return url;
    buf_init(&buf, mem, url.len * 2 + 64);
    if (str_starts(url, STR("postgres://")) || str_starts(url, STR("postgresql://")))
        put_url(&buf, url);
    else if (str_find(url, '=') >= 0)
        put_conninfo(&buf, url);
    else
        buf_put(&buf, MASK);
    return buf_str(&buf);
}

/* The value as text; absent when it has none. */
static str shown(const struct config *config, const struct setting *setting, arena *mem)
{
    const void *field = (const char *)config + setting->offset;

    switch (setting->type) {
    case SETTING_COUNT:
    case SETTING_DURATION:
    case SETTING_BYTES:
        return arena_printf(mem, "%lld", (long long)*(const int64_t *)field);
    case SETTING_MODE:
        return arena_printf(mem, "%llo", (unsigned long long)*(const int64_t *)field);
    case SETTING_SWITCH:
        return *(const bool *)field ? STR("true") : STR("false");
    case SETTING_SECRET:
        return ((const str *)field)->at == NULL ? (str){NULL, 0} : MASK;
    case SETTING_URL:
        return config_mask_url(mem, *(const str *)field);
    default:
        return *(const str *)field;
    }
}

static bool is_bare_in_json(enum setting_type type)
{
    return type == SETTING_COUNT || type == SETTING_DURATION || type == SETTING_BYTES ||
           type == SETTING_SWITCH;
}

static void put_member(struct buf *buf, const char *mark, const char *key, str value)
{
    buf_printf(buf, "%s\"%s\":", mark, key);
    json_put_string(buf, value);
}

static void put_json(struct buf *buf, const struct config *config, int i)
{
    const struct setting *setting = &settings[i];
    str value = shown(config, setting, buf->mem);

    put_member(buf, i == 0 ? "[{" : ",\n {", "name", str_from(setting->name));
    buf_put(buf, STR(",\"value\":"));
    if (is_bare_in_json(setting->type))
        buf_put(buf, value);
    else
        json_put_string(buf, value);
    put_member(buf, ",", "unit", str_from(units[setting->type]));
    put_member(buf, ",", "source", config->sources[i]);
    put_member(buf, ",", "names", str_from(setting->names));
    put_member(buf, ",", "help", str_from(setting->help));
    buf_putc(buf, '}');
}

static void put_row(struct buf *buf, const struct config *config, int i)
{
    const struct setting *setting = &settings[i];
    const char *unit = units[setting->type];
    str value = shown(config, setting, buf->mem);

    if (unit != NULL)
        value = arena_printf(buf->mem, "%.*s %s", STR_ARG(value), unit);
    if (value.at == NULL)
        value = STR("-");
    buf_printf(buf, "POSTERN_%-22s %-36.*s %-22.*s %s\n", setting->name, STR_ARG(value),
               STR_ARG(config->sources[i]), setting->help);
}

void config_put(struct buf *buf, const struct config *config, enum config_format format)
{
    if (format == CONFIG_TABLE)
        buf_printf(buf, "%-30s %-36s %-22s %s\n", "setting", "value", "source", "help");
    for (int i = 0; i < settings_count; i++) {
        if (format == CONFIG_JSON)
            put_json(buf, config, i);
        else
            put_row(buf, config, i);
    }
    if (format == CONFIG_JSON)
        buf_put(buf, STR("]\n"));
}
