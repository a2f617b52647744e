/* See configure.h. */
#include "configure.h"

#include "auth.h"
#include "auth/keys.h"
#include "base/embed.h"
#include "jwks.h"
#include "pg/sync.h"

enum { CALL_MAX = 512, EXIT_DATABASE = 1, EXIT_SETTING = 2 };

/* The layer's names and values are the two columns. */
static void take_rows(struct environment *environment, arena *mem, const struct sync_rows *rows)
{
    struct variable *list = arena_array(mem, struct variable, (size_t)rows->nrows);

    for (int i = 0; i < rows->nrows; i++)
        list[i] = (struct variable){rows->cells[(size_t)i * 2], rows->cells[(size_t)i * 2 + 1]};
    environment->variables[LAYER_DATABASE] = list;
    environment->counts[LAYER_DATABASE] = rows->nrows;
}

static void put_name(struct buf *sql, str name)
{
    buf_putc(sql, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '"')
            buf_putc(sql, '"');
        buf_putc(sql, name.at[i]);
    }
    buf_putc(sql, '"');
}

/* "function" or "schema.function", called for what it sets. */
static bool call_pre_config(struct sync *sync, arena *mem, str name, str *why)
{
    long point = str_find(name, '.');
    struct buf sql;

    buf_init(&sql, mem, CALL_MAX);
    buf_put(&sql, STR("select "));
    if (point >= 0) {
        put_name(&sql, (str){name.at, (size_t)point});
        buf_putc(&sql, '.');
    }
    put_name(&sql, str_skip(name, (size_t)(point + 1)));
    buf_put(&sql, STR("()"));
    return sync_run(sync, mem, arena_copy(mem, buf_str(&sql)), why);
}

static bool ask(struct sync *sync, const struct config *config, arena *mem,
                struct environment *environment, str *why)
{
    bool before = config->db_pre_config.len > 0;
    const str called = before ? STR("t") : STR("f");
    const struct statement query = {
        .text = embed_find(STR("sql/introspect/settings.sql")), .nparams = 1, .params = &called};
    struct sync_rows rows;

    if (!sync_run(sync, mem, STR("begin read only"), why) ||
        (before && !call_pre_config(sync, mem, config->db_pre_config, why)) ||
        !sync_query(sync, mem, &query, &rows, why) || !sync_run(sync, mem, STR("commit"), why))
        return false;
    take_rows(environment, mem, &rows);
    return true;
}

enum configured configure(const struct config *given, arena *mem, struct config *config, str *why)
{
    const struct conninfo_options how = {
        .purpose = "config", .connect_timeout_s = (given->db_connect_timeout_ms + 999) / 1000};
    struct environment *environment = arena_new(mem, struct environment);

    *environment = *given->environment;
    environment->counts[LAYER_DATABASE] = 0;
    *why = environment->file == NULL ? (str){NULL, 0}
                                     : environment_read_file(environment, mem, environment->file);
    if (why->at == NULL)
        *why = config_load(config, mem, environment);
    if (why->at != NULL || !config->db_config)
        return why->at == NULL ? CONFIGURED : CONFIGURE_WRONG;
    struct sync *sync = sync_open_within(mem, config->database_url, &how, why);
    bool asked = sync != NULL && ask(sync, config, mem, environment, why);
    sync_close(&sync);
    if (!asked)
        return CONFIGURE_NO_DATABASE;
    *why = config_load(config, mem, environment);
    return why->at == NULL ? CONFIGURED : CONFIGURE_WRONG;
}

/* What is wrong without the database is said without it. */
static void check_keys(arena *mem, const struct config *given)
{
    str why = {NULL, 0};
    const struct keys *keys = keys_new(mem, given, &why);

    if (why.at == NULL)
        why = jwks_check(mem, given);
    if (why.at == NULL)
        why = auth_check(mem, given);
    if (why.at != NULL)
        die(EXIT_SETTING, "%.*s", STR_ARG(why));
    keys_unref(&keys);
}

void configure_start(arena *mem, const struct config *given, struct config *config)
{
    str why = {NULL, 0};

    check_keys(mem, given);
    *config = *given;
    if (given->environment == NULL || !given->db_config)
        return;
    switch (configure(given, mem, config, &why)) {
    case CONFIGURED:
        return;
    case CONFIGURE_NO_DATABASE:
        die(EXIT_DATABASE, "Cannot connect to the database: %.*s", STR_ARG(why));
    case CONFIGURE_WRONG:
        die(EXIT_SETTING, "%.*s", STR_ARG(why));
    }
}
