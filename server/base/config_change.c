/* Settings that change while the program runs; see config.h. */
#include "base/config.h"

#include "base/settings.h"

/* What each request looks up anew. The others have opened, started or sized something. */
static const size_t changing[] = {
    offsetof(struct config, db_config),
    offsetof(struct config, db_pre_config),
    offsetof(struct config, db_recovery),
    offsetof(struct config, db_prepared),
    offsetof(struct config, db_channel),
    offsetof(struct config, db_channel_enabled),
    offsetof(struct config, db_schemas),
    offsetof(struct config, db_extra_search_path),
    offsetof(struct config, db_anon_role),
    offsetof(struct config, db_allowed_roles),
    offsetof(struct config, db_max_rows),
    offsetof(struct config, db_pre_request),
    offsetof(struct config, db_tx_end),
    offsetof(struct config, db_hoisted_tx_settings),
    offsetof(struct config, db_aggregates_enabled),
    offsetof(struct config, db_plan_enabled),
    offsetof(struct config, db_root_spec),
    offsetof(struct config, legacy_target_names),
    offsetof(struct config, request_secrets),
    offsetof(struct config, require_filter),
    offsetof(struct config, error_verbosity),
    offsetof(struct config, jwt_secret),
    offsetof(struct config, jwt_secret_is_base64),
    offsetof(struct config, jwt_aud),
    offsetof(struct config, jwt_role_claim_key),
    offsetof(struct config, jwt_cache_max_entries),
    offsetof(struct config, ws_token),
    offsetof(struct config, trusted_proxies),
    offsetof(struct config, cors_origins),
    offsetof(struct config, server_timing),
    offsetof(struct config, trace_header),
    offsetof(struct config, openapi_mode),
    offsetof(struct config, openapi_security),
    offsetof(struct config, openapi_proxy_uri),
    offsetof(struct config, slow_ms),
    offsetof(struct config, log_level),
    offsetof(struct config, log_query),
};

static size_t size_of(enum setting_type type)
{
    if (type == SETTING_SWITCH)
        return sizeof(bool);
    bool number = type == SETTING_COUNT || type == SETTING_MODE || type == SETTING_DURATION ||
                  type == SETTING_BYTES;
    return number ? sizeof(int64_t) : sizeof(str);
}

static bool changes(size_t offset)
{
    for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
        if (changing[i] == offset)
            return true;
    return false;
}

void config_keep(struct config *fresh, const struct config *running)
{
    for (int i = 0; i < settings_count; i++)
        if (!changes(settings[i].offset))
            memcpy((char *)fresh + settings[i].offset, (const char *)running + settings[i].offset,
                   size_of(settings[i].type));
}

static bool same_setting(const struct setting *setting, const struct config *a,
                         const struct config *b)
{
    const char *x = (const char *)a + setting->offset, *y = (const char *)b + setting->offset;

    if (size_of(setting->type) == sizeof(str))
        return str_eq(*(const str *)(const void *)x, *(const str *)(const void *)y);
    return memcmp(x, y, size_of(setting->type)) == 0;
}

bool config_same(const struct config *a, const struct config *b)
{
    bool same = a->napp_settings == b->napp_settings;

    for (int i = 0; i < settings_count && same; i++)
        same = same_setting(&settings[i], a, b);
    for (int i = 0; i < a->napp_settings && same; i++)
        same = str_eq(a->app_settings[i].name, b->app_settings[i].name) &&
               str_eq(a->app_settings[i].value, b->app_settings[i].value);
    return same;
}
