/* The settings as a configuration file in PostgREST's syntax: what a running server would read
 * again as the same. Secrets are not in it. Source: PostgREST "Configuration". */
#include <stdlib.h>

#include "base/config.h"
#include "base/settings.h"

enum { LINE_MAX_BYTES = 64 << 10 };

/* One line and what it is sorted by. */
struct line {
    str key, text;
};

/* PostgREST's variable among the names of a setting; absent: it has no such setting. */
static str variable_of(const struct setting *setting)
{
    str names = str_from(setting->names), name;

    while (str_cut(&names, ' ', &name))
        if (str_starts(name, STR("PGRST_")))
            return name;
    return (str){NULL, 0};
}

/* "PGRST_DB_MAX_ROWS" is db-max-rows in a file. */
static str key_of(arena *mem, const struct setting *setting, bool *seconds)
{
    str name = variable_of(setting);

    if (name.at == NULL)
        return name;
    *seconds = str_ends(name, STR(":s"));
    name = str_skip(name, STR("PGRST_").len);
    name.len -= *seconds ? 2 : 0;
    char *key = h2o_mem_alloc_pool(mem, name.len);
    for (size_t i = 0; i < name.len; i++)
        key[i] = (char)(name.at[i] == '_' ? '-' : name.at[i] | 0x20); /* to lower case */
    return (str){key, name.len};
}

/* In quotes; a "$" would begin the name of a variable. */
static str quoted(arena *mem, str text)
{
    struct buf buf;

    buf_init(&buf, mem, LINE_MAX_BYTES);
    buf_putc(&buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"' || text.at[i] == '\\')
            buf_putc(&buf, '\\');
        else if (text.at[i] == '$')
            buf_putc(&buf, '$');
        buf_putc(&buf, text.at[i]);
    }
    buf_putc(&buf, '"');
    return buf_str(&buf);
}

/* PostgREST's word for a choice, where ours is another: "true=auto". */
static str choice(const struct setting *setting, str value)
{
    str rest = str_from(setting->choices), word, name;

    while (str_cut(&rest, ' ', &word)) {
        str meaning = word;
        if (str_cut(&meaning, '=', &name) && meaning.at != NULL && str_eq(meaning, value))
            return name;
    }
    return value;
}

static str value_of(arena *mem, const struct config *config, const struct setting *setting,
                    bool seconds)
{
    const void *field = (const char *)config + setting->offset;
    long long number = 0;

    switch (setting->type) {
    case SETTING_SWITCH:
        return *(const bool *)field ? STR("true") : STR("false");
    case SETTING_MODE:
        return arena_printf(mem, "\"%llo\"", (unsigned long long)*(const int64_t *)field);
    case SETTING_COUNT:
    case SETTING_BYTES:
        return arena_printf(mem, "%lld", (long long)*(const int64_t *)field);
    case SETTING_DURATION:
        number = (long long)*(const int64_t *)field;
        return seconds && number % 1000 == 0 ? arena_printf(mem, "%lld", number / 1000)
                                             : arena_printf(mem, "\"%lldms\"", number);
    case SETTING_CHOICE:
        return quoted(mem, choice(setting, *(const str *)field));
    default:
        return quoted(mem, *(const str *)field);
    }
}

static bool is_hidden(arena *mem, const struct config *config, const struct setting *setting)
{
    if (!setting_is_secret(setting))
        return false;
    str value = *(const str *)(const void *)((const char *)config + setting->offset);

    if (setting->type == SETTING_SECRET)
        return value.at != NULL;
    return setting->type == SETTING_URL && !str_eq(config_mask_url(mem, value), value);
}

static struct line line_of(arena *mem, const struct config *config, const struct setting *setting)
{
    bool seconds = false;
    str key = key_of(mem, setting, &seconds);

    if (key.at == NULL) /* at the end, as a comment: a file has no name for it */
        return (struct line){str_from("~"),
                             arena_printf(mem, "# POSTERN_%s=%.*s\n", setting->name,
                                          STR_ARG(is_hidden(mem, config, setting)
                                                      ? STR("... (secret)")
                                                      : value_of(mem, config, setting, seconds)))};
    if (is_hidden(mem, config, setting))
        return (struct line){key, arena_printf(mem, "# %.*s is set, and secret\n", STR_ARG(key))};
    return (struct line){key, arena_printf(mem, "%.*s = %.*s\n", STR_ARG(key),
                                           STR_ARG(value_of(mem, config, setting, seconds)))};
}

static struct line app_line(arena *mem, const struct guc *app)
{
    if (config_is_password(app->name))
        return (struct line){
            app->name, arena_printf(mem, "# %.*s is set, and may be secret\n", STR_ARG(app->name))};
    return (struct line){app->name, arena_printf(mem, "%.*s = %.*s\n", STR_ARG(app->name),
                                                 STR_ARG(quoted(mem, app->value)))};
}

static int by_key(const void *a, const void *b)
{
    str left = ((const struct line *)a)->key, right = ((const struct line *)b)->key;
    size_t len = left.len < right.len ? left.len : right.len;
    int order = memcmp(left.at, right.at, len);

    return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

void config_dump(struct buf *buf, const struct config *config)
{
    size_t count = 0, room = (size_t)settings_count + (size_t)config->napp_settings;
    struct line *lines = arena_array(buf->mem, struct line, room);

    for (int i = 0; i < settings_count; i++)
        lines[count++] = line_of(buf->mem, config, &settings[i]);
    for (int i = 0; i < config->napp_settings; i++)
        lines[count++] = app_line(buf->mem, &config->app_settings[i]);
    qsort(lines, count, sizeof(*lines), by_key);
    for (size_t i = 0; i < count; i++)
        buf_put(buf, lines[i].text);
}

void config_example(struct buf *buf)
{
    bool seconds = false;

    for (int i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings[i];
        str key = key_of(buf->mem, setting, &seconds);
        if (key.at == NULL)
            continue;
        buf_printf(buf, "## %s\n# %.*s = %.*s\n\n", setting->help, STR_ARG(key),
                   STR_ARG(quoted(buf->mem, str_from(setting->fallback))));
    }
}
