/* Reads the settings: for each one the best source that has a value, then the value by its type,
 * then what follows from several of them; see config.h and the table in settings.c. */
#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/settings.h"
#include "base/url.h"

enum { WORKERS_DEFAULT_MAX = 4 };

#define OK ((str){NULL, 0})

/* Sources. Each find_ function leaves in->text absent when its source has no value. */

static str read_file(struct reading *in, const char *path)
{
    char *text = h2o_mem_alloc_pool(in->config->mem, SETTINGS_FILE_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, SETTINGS_FILE_MAX);

    if (len < 0)
        in->why = arena_printf(in->config->mem, "%.*s names the file %s, which cannot be read: %s.",
                               STR_ARG(in->source), path, strerror(errno));
    if (fd >= 0)
        close(fd);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    return len < 0 ? STR("") : (str){text, (size_t)len};
}

/* The variable, or, for a secret, the file named by <variable>_FILE. PostgREST writes a file as
 * "@path" in the variable itself. */
static void find_variable(struct reading *in, str name)
{
    arena *mem = in->config->mem;
    str value = environment_find(in->environment, name);
    bool secret = setting_is_secret(in->setting);
    bool file = false;

    in->source = name;
    if (secret && value.len == 0) {
        in->source = arena_printf(mem, "%.*s_FILE", STR_ARG(name));
        value = environment_find(in->environment, in->source);
        file = true;
    } else if (secret && value.at[0] == '@' && str_starts(name, STR("PGRST_"))) {
        value = str_skip(value, 1);
        file = true;
    }
    if (value.at != NULL && in->setting->type == SETTING_OPTIONAL)
        in->text = arena_copy(mem, value);
    if (value.len == 0)
        return;
    in->text = file ? read_file(in, arena_cstr(mem, value)) : str_trim(arena_copy(mem, value));
}

static void find_url_parameter(struct reading *in, str name)
{
    str query = in->config->database_url, key, value;
    long mark = str_find(query, '?');

    if (mark < 0 ||
        !(str_starts(query, STR("postgres://")) || str_starts(query, STR("postgresql://"))))
        return;
    query = str_skip(query, (size_t)mark + 1);
    while (in->text.at == NULL && url_next(&query, &key, &value))
        if (str_eq(key, name) && value.len > 0)
            in->text = value;
    in->source = arena_printf(in->config->mem, "DATABASE_URL?%.*s", STR_ARG(name));
}

static void find_value(struct reading *in)
{
    str names = str_from(in->setting->names), name;

    in->text = in->why = OK;
    in->seconds = strstr(in->setting->names, ":s") != NULL;
    find_variable(in, arena_printf(in->config->mem, "POSTERN_%s", in->setting->name));
    while (in->text.at == NULL && in->why.at == NULL && str_cut(&names, ' ', &name)) {
        in->seconds = str_ends(name, STR(":s"));
        if (in->seconds)
            name.len -= 2;
        if (name.len > 0 && name.at[0] == '?')
            find_url_parameter(in, str_skip(name, 1));
        else if (name.len > 0)
            find_variable(in, name);
    }
    if (in->text.at == NULL) {
        in->source = STR("default");
        in->text = str_from(in->setting->fallback);
    }
}

/* A default that depends on the machine: where the table has none. */
static void default_workers(struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    config->workers = cores < 1 ? 1 : cores > WORKERS_DEFAULT_MAX ? WORKERS_DEFAULT_MAX : cores;
}

static str read_setting(struct reading *in)
{
    arena *mem = in->config->mem;

    find_value(in);
    if (in->why.at != NULL)
        return in->why;
    if (in->text.at == NULL && in->setting->type == SETTING_COUNT)
        return OK; /* default_workers */
    str allowed = setting_read(in);
    if (allowed.at == NULL)
        return OK;
    return arena_printf(mem, "%.*s=%.*s is not valid: it must be %.*s.", STR_ARG(in->source),
                        STR_ARG(setting_is_secret(in->setting) ? STR("****") : in->text),
                        STR_ARG(allowed));
}

/* What follows from several settings. */

static str *source_of(const struct config *config, size_t offset)
{
    int i = 0;
    while (settings[i].offset != offset)
        i++;
    return &config->sources[i];
}

#define SOURCE(config, field) source_of(config, offsetof(struct config, field))

static bool is_default(const struct config *config, size_t offset)
{
    return str_eq(*source_of(config, offset), STR("default"));
}

#define IS_DEFAULT(config, field) is_default(config, offsetof(struct config, field))

/* DB_MAX_CONNECTIONS beats SIZE + OVERFLOW, which beat the URL's and PostgREST's names. */
static str settle_pool(struct config *config)
{
    str *max_source = SOURCE(config, db_max_connections);
    bool weak = IS_DEFAULT(config, db_max_connections) || str_starts(*max_source, STR("PGRST_")) ||
                str_find(*max_source, '?') >= 0;

    if (weak && !IS_DEFAULT(config, db_size)) {
        config->db_max_connections = config->db_size + config->db_max_overflow;
        *max_source = STR("DB_POOL_SIZE + DB_MAX_OVERFLOW");
    }
    if (IS_DEFAULT(config, db_size))
        config->db_size = config->db_max_connections;
    if (IS_DEFAULT(config, db_min_connections) && config->db_min_connections > config->db_size)
        config->db_min_connections = config->db_size;
    if (config->db_size > config->db_max_connections)
        return arena_printf(config->mem,
                            "DB_POOL_SIZE=%lld is not valid: it must be at most "
                            "DB_MAX_CONNECTIONS, which is %lld (from %.*s).",
                            (long long)config->db_size, (long long)config->db_max_connections,
                            STR_ARG(*max_source));
    if (config->db_min_connections > config->db_size)
        return arena_printf(config->mem,
                            "DB_POOL_MIN=%lld is not valid: it must be at most the "
                            "size of the pool, which is %lld.",
                            (long long)config->db_min_connections, (long long)config->db_size);
    return OK;
}

/* With PostgREST's own settings: the database is told what PostgREST tells it, no anonymous role
 * means no anonymous requests, and the database decides which roles a token may take, by what it
 * grants to the login role. */
static void settle_postgrest(struct config *config)
{
    if (!str_starts(*SOURCE(config, database_url), STR("PGRST_")))
        return;
    if (IS_DEFAULT(config, db_anon_role))
        config->db_anon_role = STR("");
    if (IS_DEFAULT(config, db_allowed_roles))
        config->db_allowed_roles = STR("*");
    if (IS_DEFAULT(config, request_secrets))
        config->request_secrets = true;
}

#define APP_SETTINGS STR("PGRST_APP_SETTINGS_")

static bool has_app_setting(const struct config *config, str name)
{
    for (int i = 0; i < config->napp_settings; i++)
        if (str_eq(config->app_settings[i].name, name))
            return true;
    return false;
}

/* PGRST_APP_SETTINGS_HOST is app.settings.HOST: PostgreSQL does not mind the case. */
static void find_app_settings(struct reading *in)
{
    const struct environment *environment = in->environment;
    struct config *config = in->config;
    int room = 0;

    for (int layer = 0; layer < LAYERS; layer++)
        room += environment->counts[layer];
    struct guc *list = arena_array(config->mem, struct guc, (size_t)room);
    config->app_settings = list;
    for (int layer = LAYERS - 1; layer >= 0; layer--) {
        for (int i = 0; i < environment->counts[layer]; i++) {
            const struct variable *one = &environment->variables[layer][i];
            if (!str_starts(one->name, APP_SETTINGS) || one->name.len == APP_SETTINGS.len)
                continue;
            str name = arena_printf(config->mem, "app.settings.%.*s",
                                    STR_ARG(str_skip(one->name, APP_SETTINGS.len)));
            if (!has_app_setting(config, name))
                list[config->napp_settings++] = (struct guc){name, one->value};
        }
    }
}

/* Who brings PostgREST's settings expects its rules: a write may be without a filter. */
static void settle_filter(struct config *config)
{
    for (int i = 0; i < settings_count && IS_DEFAULT(config, require_filter); i++)
        if (str_starts(config->sources[i], STR("PGRST_")))
            config->require_filter = false;
}

static str settle_ports(const struct config *config)
{
    bool tcp = config->unix_socket.at == NULL && config->admin_unix_socket.at == NULL;

    if (!tcp || config->admin_port == 0 || config->admin_port != config->port)
        return OK;
    return arena_printf(config->mem,
                        "ADMIN_PORT=%lld is not valid: admin-server-port cannot be "
                        "the same as server-port.",
                        (long long)config->admin_port);
}

static bool is_word_of(str words, str word)
{
    str piece;
    while (str_cut(&words, ' ', &piece))
        if (str_eq(piece, word))
            return true;
    return false;
}

static str find_unsupported(struct reading *in)
{
    struct buf warnings;

    buf_init(&warnings, in->config->mem, SETTINGS_FILE_MAX);
    for (int i = 0; i < unsupported_count; i++) {
        const struct unsupported *row = &unsupported_settings[i];
        str value = environment_find(in->environment, str_from(row->name));
        if (value.len == 0 || is_word_of(str_from(row->harmless), value))
            continue;
        if (row->refuse)
            return arena_printf(in->config->mem, "%s is set but not supported: %s.", row->name,
                                row->why);
        buf_printf(&warnings, "%s is not supported yet and ignored: %s\n", row->name, row->why);
    }
    in->config->warnings = buf_str(&warnings);
    return OK;
}

str config_load(struct config *config, arena *mem, const struct environment *environment)
{
    str *sources = arena_array(mem, str, (size_t)settings_count);
    str why = OK;

    *config = (struct config){.mem = mem, .sources = sources, .environment = environment};
    default_workers(config);
    struct reading in = {.config = config, .environment = environment};
    for (int i = 0; i < settings_count && why.at == NULL; i++) {
        in.setting = &settings[i];
        why = read_setting(&in);
        sources[i] = in.source;
    }
    if (why.at == NULL)
        why = settle_pool(config);
    if (why.at == NULL)
        why = settle_ports(config);
    if (why.at == NULL)
        why = find_unsupported(&in);
    settle_postgrest(config);
    settle_filter(config);
    find_app_settings(&in);
    return why;
}

void config_warn(const struct config *config)
{
    str rest = config->warnings, line;

    while (str_cut(&rest, '\n', &line))
        if (line.len > 0)
            log_line(LOG_WARN, "setting ignored", "why=%.*s", STR_ARG(line));
}
