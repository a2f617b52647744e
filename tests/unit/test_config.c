/* server/base/config.c, config_put.c and the table of settings */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"
#include "base/json.h"
#include "base/settings.h"

/* An environment as one text: "PORT=1|HOST=a". */
static str load(struct config *config, arena *mem, const char *text)
{
    struct environment environment = {.counts = {0}};
    const char *list[16] = {NULL};
    str rest = str_from(text), pair;

    for (int i = 0; i < 15 && str_cut(&rest, '|', &pair); i++)
        list[i] = arena_cstr(mem, pair);
    environment_take(&environment, mem, LAYER_PROCESS, list);
    return config_load(config, mem, &environment);
}

static str show(const struct config *config, enum config_format format)
{
    struct buf buf;
    buf_init(&buf, config->mem, 256 << 10);
    config_put(&buf, config, format);
    assert_false(buf.full);
    return buf_str(&buf);
}

/* The member of one setting in `postern config --json`, still quoted. */
static str shown(const struct config *config, const char *setting, const char *member)
{
    struct json_walk list, row;
    str all = show(config, CONFIG_JSON), key, value, item, found = {NULL, 0};
    str quoted = arena_printf(config->mem, "\"%s\"", setting);
    str wanted = arena_printf(config->mem, "\"%s\"", member);

    assert_int_equal(json_check(all), JSON_ARRAY);
    json_walk_open(&list, all);
    while (json_walk_next(&list, &key, &item)) {
        bool here = false;
        json_walk_open(&row, item);
        while (json_walk_next(&row, &key, &value)) {
            here = here || (str_eq(key, STR("\"name\"")) && str_eq(value, quoted));
            if (here && str_eq(key, wanted))
                found = value;
        }
    }
    return found;
}

struct source_case {
    const char *environment, *setting, *value, *source;
};

static void check_sources(const struct source_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        arena *mem = arena_open();
        struct config config;
        str why = load(&config, mem, cases[i].environment);
        if (why.at != NULL)
            fail_msg("%s: %.*s", cases[i].environment, STR_ARG(why));
        str value = shown(&config, cases[i].setting, "value");
        str source = shown(&config, cases[i].setting, "source");
        if (!str_eq(value, str_from(cases[i].value)) || !str_eq(source, str_from(cases[i].source)))
            fail_msg("%s: %.*s from %.*s", cases[i].environment, STR_ARG(value), STR_ARG(source));
        arena_close(&mem);
    }
}

static void a_value_comes_from_the_best_source(void **state)
{
    static const struct source_case cases[] = {
        {"",                                                                    "PORT",                   "8080",               "\"default\""                      },
        {"PGRST_SERVER_PORT=3000",                                              "PORT",                   "3000",               "\"PGRST_SERVER_PORT\""            },
        {"PGRST_SERVER_PORT=3000|PORT=4000",                                    "PORT",                   "4000",               "\"PORT\""                         },
        {"PORT=4000|POSTERN_PORT=5000",                                         "PORT",                   "5000",               "\"POSTERN_PORT\""                 },
        {"POSTERN_PORT=|PORT=4000",                                             "PORT",                   "4000",               "\"PORT\""                         }, /* empty is unset */
        {"DATABASE_REPLICA_URL=postgres://r/d",                                 "REPLICA_DATABASE_URL",   "\"postgres://r/d\"",
         "\"DATABASE_REPLICA_URL\""                                                                                                                                },
        {"DIRECT_URL=postgres://m/d",                                           "MIGRATION_DATABASE_URL", "\"postgres://m/d\"",
         "\"DIRECT_URL\""                                                                                                                                          },
        {"DATABASE_URL=postgres://h/d?connection_limit=7",                      "DB_MAX_CONNECTIONS",     "7",
         "\"DATABASE_URL?connection_limit\""                                                                                                                       },
        {"DATABASE_URL=postgres://h/d?connection_limit=7|DB_MAX_CONNECTIONS=9",
         "DB_MAX_CONNECTIONS",                                                                            "9",                  "\"DB_MAX_CONNECTIONS\""           },
        {"DATABASE_URL=postgres://h/d?connection_limit=7|PGRST_DB_POOL=9",      "DB_MAX_CONNECTIONS",
         "7",                                                                                                                   "\"DATABASE_URL?connection_limit\""},
    };
    (void)state;
    check_sources(cases, sizeof(cases) / sizeof(cases[0]));
}

static void a_unit_or_a_word_is_read_as_ours(void **state)
{
    static const struct source_case cases[] = {
        {"DB_POOL_TIMEOUT=30",                              "DB_POOL_TIMEOUT",       "30000",          "\"DB_POOL_TIMEOUT\""        },
        {"POSTERN_DB_POOL_TIMEOUT=30",                      "DB_POOL_TIMEOUT",       "30000",          "\"POSTERN_DB_POOL_TIMEOUT\""},
        {"DATABASE_URL=postgres://h/d?x=1&pool_timeout=20", "DB_POOL_TIMEOUT",       "20000",
         "\"DATABASE_URL?pool_timeout\""                                                                                            },
        {"PGRST_DB_POOL_ACQUISITION_TIMEOUT=5",             "DB_POOL_TIMEOUT",       "5000",
         "\"PGRST_DB_POOL_ACQUISITION_TIMEOUT\""                                                                                    },
        {"DB_CONNECTION_TIMEOUT=2500",                      "DB_CONNECTION_TIMEOUT", "2500",
         "\"DB_CONNECTION_TIMEOUT\""                                                                                                },
        {"DB_CONNECTION_TIMEOUT=3s",                        "DB_CONNECTION_TIMEOUT", "3000",           "\"DB_CONNECTION_TIMEOUT\""  },
        {"DB_IDLE_TIMEOUT=30000",                           "DB_IDLE_TIMEOUT",       "30000",          "\"DB_IDLE_TIMEOUT\""        },
        {"PGRST_DB_POOL_MAX_IDLETIME=60",                   "DB_IDLE_TIMEOUT",       "60000",
         "\"PGRST_DB_POOL_MAX_IDLETIME\""                                                                                           },
        {"DB_MAX_LIFETIME=1h",                              "DB_MAX_LIFETIME",       "3600000",        "\"DB_MAX_LIFETIME\""        },
        {"POSTERN_BODY_MAX=2 MiB",                          "BODY_MAX",              "2097152",        "\"POSTERN_BODY_MAX\""       },
        {"PGRST_SERVER_UNIX_SOCKET_MODE=777",               "UNIX_SOCKET_MODE",      "\"777\"",
         "\"PGRST_SERVER_UNIX_SOCKET_MODE\""                                                                                        },
        {"POSTERN_BODY_MAX=4096",                           "BODY_MAX",              "4096",           "\"POSTERN_BODY_MAX\""       },
 /* words that mean ours */
        {"PGRST_SERVER_HOST=!4",                            "HOST",                  "\"0.0.0.0\"",    "\"PGRST_SERVER_HOST\""      },
        {"PGRST_DB_PREPARED_STATEMENTS=false",              "DB_PREPARED",           "\"off\"",
         "\"PGRST_DB_PREPARED_STATEMENTS\""                                                                                         },
        {"PGRST_DB_CHANNEL_ENABLED=off",                    "DB_CHANNEL_ENABLED",    "false",
         "\"PGRST_DB_CHANNEL_ENABLED\""                                                                                             },
        {"PGRST_DB_SCHEMA= api , public,",                  "DB_SCHEMAS",            "\"api,public\"", "\"PGRST_DB_SCHEMA\""        },
        {"POSTERN_REST_PATH=/",                             "REST_PATH",             "\"\"",           "\"POSTERN_REST_PATH\""      },
        {"POSTERN_REST_PATH=/api/rest/",                    "REST_PATH",             "\"/api/rest\"",  "\"POSTERN_REST_PATH\""      },
        {"POSTERN_DB_ANON_ROLE=none",                       "DB_ANON_ROLE",          "\"\"",           "\"POSTERN_DB_ANON_ROLE\""   },
        {"PGRST_LOG_LEVEL=WARN",                            "LOG_LEVEL",             "\"warn\"",       "\"PGRST_LOG_LEVEL\""        },
    };
    (void)state;
    check_sources(cases, sizeof(cases) / sizeof(cases[0]));
}

static void the_defaults_are_the_documented_ones(void **state)
{
    arena *mem = arena_open();
    struct config config;
    (void)state;

    assert_null(load(&config, mem, "").at);
    assert_null(config.database_url.at);
    assert_int_equal(config.db_max_connections, 5);
    assert_int_equal(config.db_min_connections, 2);
    assert_int_equal(config.db_size, 5);
    assert_int_equal(config.db_connect_timeout_ms, 10000);
    assert_int_equal(config.db_pool_timeout_ms, 10000);
    assert_int_equal(config.db_max_lifetime_ms, 1800000);
    assert_true(str_eq(config.db_anon_role, STR("anon")));
    assert_true(str_eq(config.db_allowed_roles, STR("anon,authenticated,service_role")));
    assert_true(str_eq(config.rest_path, STR("/rest/v1")));
    assert_true(str_eq(config.host, STR("127.0.0.1")));
    assert_true(config.workers >= 1 && config.workers <= 4);
    assert_int_equal(config.body_max, 1 << 20);
    assert_int_equal(config.db_max_rows, 0);
    assert_true(config.access_log && config.db_channel_enabled && !config.jwt_secret_is_base64);
    arena_close(&mem);
}

static void the_pool_settings_fit_together(void **state)
{
    static const struct {
        const char *environment;
        int64_t max, size, min;
    } cases[] = {
        {"DB_POOL_SIZE=10|DB_MAX_OVERFLOW=20",                                              30, 10, 2},
        {"DB_POOL_SIZE=10",                                                                 10, 10, 2},
        {"DB_POOL_SIZE=10|DB_POOL_MAX=20",                                                  20, 10, 2},
        {"DB_POOL_MAX=20|DB_POOL_MIN=4",                                                    20, 20, 4},
        {"DB_MAX_CONNECTIONS=1",                                                            1,  1,  1},
        {"DATABASE_URL=postgres://h/d?connection_limit=1",                                  1,  1,  1},
        {"DATABASE_URL=postgres://h/d?connection_limit=3|DB_POOL_SIZE=6|DB_MAX_OVERFLOW=2", 8,  6,
         2                                                                                           },
        {"PGRST_DB_POOL=10",                                                                10, 10, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct config config;
        assert_null(load(&config, mem, cases[i].environment).at);
        assert_int_equal(config.db_max_connections, cases[i].max);
        assert_int_equal(config.db_size, cases[i].size);
        assert_int_equal(config.db_min_connections, cases[i].min);
        arena_close(&mem);
    }
}

struct bad_case {
    const char *environment, *why;
};

static void check_bad(const struct bad_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        arena *mem = arena_open();
        struct config config;
        str why = load(&config, mem, cases[i].environment);
        if (!str_eq(why, str_from(cases[i].why)))
            fail_msg("%s: %.*s", cases[i].environment, STR_ARG(why));
        arena_close(&mem);
    }
}

static void a_bad_value_is_one_sentence(void **state)
{
    static const struct bad_case cases[] = {
        {"POSTERN_PORT=99999",
         "POSTERN_PORT=99999 is not valid: it must be a whole number from 0 to 65535."                                 },
        {"PORT=80a",                                "PORT=80a is not valid: it must be a whole number from 0 to 65535."},
        {"DB_MAX_CONNECTIONS=0",
         "DB_MAX_CONNECTIONS=0 is not valid: it must be a whole number from 1 to 10000."                               },
        {"DB_MAX_CONNECTIONS=-1",
         "DB_MAX_CONNECTIONS=-1 is not valid: it must be a whole number from 1 to 10000."                              },
        {"DB_MAX_CONNECTIONS=99999999999999999999",
         "DB_MAX_CONNECTIONS=99999999999999999999 is not valid: it must be a whole number from 1 "
         "to 10000."                                                                                                   },
        {"DB_POOL_TIMEOUT=soon",
         "DB_POOL_TIMEOUT=soon is not valid: it must be a time from 1 ms to 3600000 ms; a number "
         "alone counts seconds, and ms, s, min and h may follow it."                                                   },
        {"POSTERN_SLOW=9223372036854775807h",
         "POSTERN_SLOW=9223372036854775807h is not valid: it must be a time from 0 ms to 3600000 "
         "ms; a number alone counts milliseconds, and ms, s, min and h may follow it."                                 },
        {"POSTERN_ACCESS_LOG=maybe",
         "POSTERN_ACCESS_LOG=maybe is not valid: it must be true or false."                                            },
        {"POSTERN_LOG_FORMAT=xml",
         "POSTERN_LOG_FORMAT=xml is not valid: it must be one of: text json."                                          },
        {"POSTERN_REST_PATH=rest",
         "POSTERN_REST_PATH=rest is not valid: it must be a path such as /rest/v1, or /."                              },
        {"POSTERN_REST_PATH=/a//b",
         "POSTERN_REST_PATH=/a//b is not valid: it must be a path such as /rest/v1, or /."                             },
        {"PGRST_DB_SCHEMAS=public,pg_catalog",
         "PGRST_DB_SCHEMAS=public,pg_catalog is not valid: it must be schemas of your own, not "
         "pg_catalog or information_schema."                                                                           },
        {"DATABASE_URL=hunter2",                    /* perhaps a password at the wrong place */
         "DATABASE_URL=**** is not valid: it must be a URL "
         "(postgresql://user:password@host:5432/database) or key=value pairs."         },
    };
    (void)state;
    check_bad(cases, sizeof(cases) / sizeof(cases[0]));
}

static void a_value_against_the_others_or_of_a_file_is_one_sentence(void **state)
{
    static const struct bad_case cases[] = {
        {"DB_POOL_SIZE=9|DB_MAX_CONNECTIONS=5",
         "DB_POOL_SIZE=9 is not valid: it must be at most DB_MAX_CONNECTIONS, which is 5 (from "
         "DB_MAX_CONNECTIONS)."                                                                                                         },
        {"DB_POOL_MIN=6",
         "DB_POOL_MIN=6 is not valid: it must be at most the size of the pool, which is 5."                                             },
        {"POSTERN_JWT_SECRET_FILE=/nowhere/secret",
         "POSTERN_JWT_SECRET_FILE names the file /nowhere/secret, which cannot be read: No such "
         "file or directory."                                                                                                           },
        {"PGRST_OPENAPI_SERVER_PROXY_URI=example.com",
         "PGRST_OPENAPI_SERVER_PROXY_URI=example.com is not valid: it must be a URL such as "
         "https://example.com:8443/base."                                                                                               },
        {"POSTERN_OPENAPI_PROXY_URI=https:///base",
         "POSTERN_OPENAPI_PROXY_URI=https:///base is not valid: it must be a URL such as "
         "https://example.com:8443/base."                                                                                               },
        {"PORT=3000|PGRST_ADMIN_SERVER_PORT=3000",
         "ADMIN_PORT=3000 is not valid: admin-server-port cannot be the same as server-port."                                           },
        {"PGRST_SERVER_UNIX_SOCKET_MODE=599",          "PGRST_SERVER_UNIX_SOCKET_MODE=599 is not valid: it "
                                              "must be three octal digits from 600 to 777."},
        {"PGRST_DB_TX_END=never",
         "PGRST_DB_TX_END=never is not valid: it must be one of: commit commit-allow-override "
         "rollback rollback-allow-override."                                                                                            },
    };
    (void)state;
    check_bad(cases, sizeof(cases) / sizeof(cases[0]));
}

static void with_postgrests_database_its_rules_for_roles_hold(void **state)
{
    arena *mem = arena_open();
    struct config config;
    (void)state;

    assert_null(load(&config, mem, "PGRST_DB_URI=postgres://h/d|PGRST_OPENAPI_MODE=disabled").at);
    assert_int_equal(config.db_anon_role.len, 0);
    assert_true(str_eq(config.db_allowed_roles, STR("*")));
    assert_int_equal(config.warnings.len, 0);
    assert_null(load(&config, mem, "PGRST_DB_URI=postgres://h/d|PGRST_DB_ANON_ROLE=web").at);
    assert_true(str_eq(config.db_anon_role, STR("web")));
    arena_close(&mem);
}

static void a_filter_is_required_unless_a_setting_is_postgrests(void **state)
{
    static const struct {
        const char *environment;
        bool required;
    } cases[] = {
        {"DATABASE_URL=postgres://h/d",                             true },
        {"DATABASE_URL=postgres://h/d|PGRST_DB_SCHEMAS=api",        false},
        {"PGRST_DB_URI=postgres://h/d",                             false},
        {"PGRST_DB_URI=postgres://h/d|POSTERN_REQUIRE_FILTER=true", true },
        {"DATABASE_URL=postgres://h/d|POSTERN_REQUIRE_FILTER=off",  false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct config config;
        assert_null(load(&config, mem, cases[i].environment).at);
        assert_int_equal(config.require_filter, cases[i].required);
        arena_close(&mem);
    }
}

static void the_last_layer_wins(void **state)
{
    const char *file[] = {"PGRST_DB_SCHEMAS=file", "PGRST_DB_MAX_ROWS=1", "PGRST_DB_ANON_ROLE=file",
                          NULL};
    const char *process[] = {"PGRST_DB_SCHEMAS=process", "PGRST_DB_MAX_ROWS=2", NULL};
    const char *database[] = {"PGRST_DB_SCHEMAS=database", NULL};
    struct environment environment = {.counts = {0}};
    arena *mem = arena_open();
    struct config config;
    (void)state;

    environment_take(&environment, mem, LAYER_FILE, file);
    environment_take(&environment, mem, LAYER_PROCESS, process);
    environment_take(&environment, mem, LAYER_DATABASE, database);
    assert_null(config_load(&config, mem, &environment).at);
    assert_true(str_eq(config.db_schemas, STR("database")));
    assert_int_equal(config.db_max_rows, 2);
    assert_true(str_eq(config.db_anon_role, STR("file")));
    arena_close(&mem);
}

static void app_settings_are_settings_of_the_transaction(void **state)
{
    const char *text = "PGRST_APP_SETTINGS_HOST=a|PGRST_APP_SETTINGS_=b|PGRST_APP_SETTINGS_EMPTY=";
    arena *mem = arena_open();
    struct config config;
    (void)state;

    assert_null(load(&config, mem, text).at);
    assert_int_equal(config.napp_settings, 2);
    assert_true(str_eq(config.app_settings[0].name, STR("app.settings.HOST")));
    assert_true(str_eq(config.app_settings[0].value, STR("a")));
    assert_true(str_eq(config.app_settings[1].value, STR("")));
    arena_close(&mem);
}

static void an_empty_search_path_is_none(void **state)
{
    arena *mem = arena_open();
    struct config config;
    (void)state;

    assert_null(load(&config, mem, "PGRST_DB_EXTRA_SEARCH_PATH=").at);
    assert_int_equal(config.db_extra_search_path.len, 0);
    assert_null(load(&config, mem, "").at);
    assert_true(str_eq(config.db_extra_search_path, STR("public")));
    arena_close(&mem);
}

static void settings_that_are_ignored_are_named(void **state)
{
    arena *mem = arena_open();
    struct config config;
    (void)state;

    assert_null(load(&config, mem, "PGRST_JWT_CACHE_MAX_LIFETIME=5").at);
    const char *warnings = arena_cstr(mem, config.warnings);
    assert_non_null(
        strstr(warnings, "PGRST_JWT_CACHE_MAX_LIFETIME is not supported yet and ignored"));
    arena_close(&mem);
}

static void secrets_come_from_files(void **state)
{
    char path[] = "/tmp/test_config_XXXXXX", environment[512];
    arena *mem = arena_open();
    struct config config;
    int fd = mkstemp(path);
    (void)state;

    assert_int_equal(write(fd, "a secret of a file\n", 19), 19);
    close(fd);
    snprintf(environment, sizeof(environment),
             "SUPABASE_JWT_SECRET_FILE=%s|DATABASE_URL=postgres://h/d", path);
    assert_null(load(&config, mem, environment).at);
    assert_true(str_eq(config.jwt_secret, STR("a secret of a file")));
    assert_true(
        str_eq(shown(&config, "JWT_SECRET", "source"), STR("\"SUPABASE_JWT_SECRET_FILE\"")));
    snprintf(environment, sizeof(environment), "PGRST_JWT_SECRET=@%s", path);
    assert_null(load(&config, mem, environment).at);
    assert_true(str_eq(config.jwt_secret, STR("a secret of a file")));
    snprintf(environment, sizeof(environment), "JWT_SECRET=@%s", path); /* not PostgREST's */
    assert_null(load(&config, mem, environment).at);
    assert_int_equal(config.jwt_secret.at[0], '@');
    unlink(path);
    arena_close(&mem);
}

static void passwords_are_masked_in_every_spelling(void **state)
{
    static const struct {
        const char *url, *shown;
    } cases[] = {
        {"postgres://u:canary@h:5432/d",               "postgres://u:****@h:5432/d"             },
        {"postgresql://u:canary@h/d?sslmode=require",  "postgresql://u:****@h/d?sslmode=require"},
        {"postgres://u@h/d",                           "postgres://u@h/d"                       },
        {"postgres://h:5432/d?application_name=a@b:c",
         "postgres://h:5432/d?application_name=a@b:c"                                           },
        {"postgres://u:can@ary@h/d",                   "postgres://u:****@h/d"                  },
        {"postgres://u:can/ary@h/d",                   "postgres://u:****@h/d"                  },
        {"postgres://u:can?ary@h/d",                   "postgres://u:****@h/d"                  },
        {"postgres://u:c@n?ary@h/d",                   "postgres://u:****@h/d"                  },
        {"postgres://u:@h/d",                          "postgres://u:****@h/d"                  },
        {"postgres://h/d?user=u&password=canary",      "postgres://h/d?user=u&password=****"    },
        {"postgres://h/d?sslpassword=canary&x=1",      "postgres://h/d?sslpassword=****&x=1"    },
        {"host=h password=canary user=u",              "host=h password=**** user=u"            },
        {"host=h password = 'can ary' user=u",         "host=h password=**** user=u"            },
        {"password='can\\'canary' host=h",             "password=**** host=h"                   },
        {"password='canary",                           "password=****"                          },
        {"canary",                                     "****"                                   },
        {"postgres:/canary",                           "****"                                   },
    };
    arena *mem = arena_open();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str masked = config_mask_url(mem, str_from(cases[i].url));
        if (!str_eq(masked, str_from(cases[i].shown)))
            fail_msg("%s is shown as %.*s", cases[i].url, STR_ARG(masked));
    }
    assert_null(config_mask_url(mem, (str){NULL, 0}).at);
    arena_close(&mem);
}

/* A canary in every secret must not come out in any format, nor in the sentence of a failure. */
static void no_secret_is_ever_shown(void **state)
{
    static const char secrets[] =
        "DATABASE_URL=postgres://u:canary@h/d|REPLICA_DATABASE_URL=host=h password=canary|"
        "DIRECT_URL=postgres://h/d?password=canary|JWT_SECRET=canary";
    arena *mem = arena_open();
    struct config config;
    (void)state;

    assert_null(load(&config, mem, secrets).at);
    for (enum config_format format = CONFIG_TABLE; format <= CONFIG_JSON; format++) {
        str text = show(&config, format);
        assert_null(memmem(text.at, text.len, "canary", 6));
        assert_non_null(memmem(text.at, text.len, "****", 4));
    }
    for (int i = 0; i < settings_count; i++) {
        if (!setting_is_secret(&settings[i]))
            continue;
        str why = load(&config, mem, arena_printf(mem, "POSTERN_%s=canary", settings[i].name).at);
        if (why.at != NULL)
            assert_null(memmem(why.at, why.len, "canary", 6));
    }
    arena_close(&mem);
}

static void every_setting_is_printed_with_help(void **state)
{
    arena *mem = arena_open();
    struct config config;
    (void)state;

    assert_null(load(&config, mem, "").at);
    str table = show(&config, CONFIG_TABLE);
    for (int i = 0; i < settings_count; i++) {
        const char *name = arena_printf(mem, "\nPOSTERN_%s ", settings[i].name).at;
        assert_non_null(memmem(table.at, table.len, name, strlen(name)));
        assert_true(strlen(settings[i].help) > 0);
        assert_non_null(shown(&config, settings[i].name, "help").at);
    }
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_comes_from_the_best_source),
        cmocka_unit_test(a_unit_or_a_word_is_read_as_ours),
        cmocka_unit_test(the_defaults_are_the_documented_ones),
        cmocka_unit_test(the_pool_settings_fit_together),
        cmocka_unit_test(a_bad_value_is_one_sentence),
        cmocka_unit_test(a_value_against_the_others_or_of_a_file_is_one_sentence),
        cmocka_unit_test(with_postgrests_database_its_rules_for_roles_hold),
        cmocka_unit_test(a_filter_is_required_unless_a_setting_is_postgrests),
        cmocka_unit_test(the_last_layer_wins),
        cmocka_unit_test(app_settings_are_settings_of_the_transaction),
        cmocka_unit_test(an_empty_search_path_is_none),
        cmocka_unit_test(settings_that_are_ignored_are_named),
        cmocka_unit_test(secrets_come_from_files),
        cmocka_unit_test(passwords_are_masked_in_every_spelling),
        cmocka_unit_test(no_secret_is_ever_shown),
        cmocka_unit_test(every_setting_is_printed_with_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
