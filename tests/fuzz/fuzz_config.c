/* Any value for any setting: the settings either fit together or the start is refused with one
 * sentence; what is shown is JSON; a password in a URL is never shown. */
#include <assert.h>
#include <stdint.h>

#include "base/json.h"
#include "base/settings.h"

static void check_settled(const struct config *config)
{
    struct buf text;

    assert(config->db_min_connections <= config->db_size);
    assert(config->db_size <= config->db_max_connections);
    assert(config->port >= 0 && config->port <= 65535);
    assert(config->rest_path.len == 0 || config->rest_path.at[0] == '/');
    assert(!str_ends(config->rest_path, STR("/")));
    assert(config->db_schemas.len > 0);
    buf_init(&text, config->mem, 1 << 20);
    config_put(&text, config, CONFIG_JSON);
    assert(!text.full && json_check(buf_str(&text)) == JSON_ARRAY);
}

/* The bytes as the password of a user, as libpq would read them: up to the '@' before a '/'. */
static void check_mask(arena *mem, str bytes)
{
    if (str_find(bytes, '@') >= 0 || str_find(bytes, '/') >= 0)
        return;
    str url = arena_printf(mem, "postgres://u:%.*s@host/db?x=1", STR_ARG(bytes));
    str pairs = arena_printf(mem, "host=h password='%.*s' user=u", STR_ARG(bytes));
    assert(str_eq(config_mask_url(mem, url), STR("postgres://u:****@host/db?x=1")));
    if (str_find(bytes, '\'') < 0 && str_find(bytes, '\\') < 0)
        assert(str_eq(config_mask_url(mem, pairs), STR("host=h password=**** user=u")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    struct config config;
    struct variable variable;
    const struct environment environment = {.variables = {[LAYER_PROCESS] = &variable},
                                            .counts = {[LAYER_PROCESS] = 1}};

    if (size > 0) {
        str bytes = {(const char *)data + 1, size - 1};
        const struct setting *setting = &settings[data[0] % settings_count];
        variable.name = arena_printf(mem, "POSTERN_%s", setting->name);
        variable.value = str_from(arena_cstr(mem, bytes)); /* a variable ends at a NUL */
        str why = config_load(&config, mem, &environment);
        if (why.at == NULL)
            check_settled(&config);
        else
            assert(str_ends(why, STR(".")));
        check_mask(mem, bytes);
    }
    arena_close(&mem);
    return 0;
}
