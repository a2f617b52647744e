/* Every setting of the program: one line each in config.c, with name, aliases, unit,
 * default and help. Precedence: POSTERN_* > the plain name > URL parameter > PGRST_* alias >
 * default. A secret may also come from the file named by NAME_FILE. Source of names and units:
 * requirements CF1-CF26; PostgREST's configuration. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/buf.h"
#include "base/environment.h"
#include "base/log.h"
#include "base/statement.h"

/* What the live feed puts up with; 0: no limit, of those that count. */
struct live_limits {
    int64_t connections;    /* of the process */
    int64_t joins;          /* a second, of the process */
    int64_t channels;       /* of one socket */
    int64_t messages;       /* broadcasts a second, from one socket */
    int64_t presences;      /* a second, of the process */
    int64_t presence_calls; /* in 30 s, from one socket */
    int64_t broadcast_bytes;
    int64_t change_bytes; /* of a change as JSON; more: its large values are left out */
    int64_t idle_ms;      /* without a frame from the client */
    int64_t empty_ms;     /* without a channel */
};

struct config {
    /* databases */
    str database_url;
    str replica_database_url;   /* absent: the primary */
    str migration_database_url; /* absent: database_url; LISTEN and migrations use it */
    int64_t db_max_connections; /* a pool, all workers together */
    int64_t db_min_connections; /* kept open */
    int64_t db_size;         /* kept open for a second after a burst; above it they are overflow */
    int64_t db_max_overflow; /* only read to find db_max_connections: size + overflow */
    int64_t db_connect_timeout_ms;
    int64_t db_pool_timeout_ms; /* waiting for a connection, then 504 */
    int64_t db_idle_timeout_ms;
    int64_t db_max_lifetime_ms;
    bool db_recovery;           /* else the process ends when the database is away */
    str db_prepared;            /* auto | on | off */
    str db_pre_ping;            /* auto | always */
    str db_schemas;             /* comma list; the first is the default */
    str db_extra_search_path;   /* comma list */
    str db_anon_role;           /* "" when anonymous access is off */
    str db_allowed_roles;       /* comma list of roles a token may name; "*": all but "none" */
    str db_api_role;            /* the role of curated routes */
    int64_t db_max_rows;        /* 0: no limit */
    bool db_config;             /* settings in the database count */
    str db_pre_config;          /* "schema.function"; absent: none */
    str db_pre_request;         /* "schema.function"; absent: none */
    str db_tx_end;              /* commit | rollback, perhaps with -allow-override */
    str db_hoisted_tx_settings; /* comma list */
    bool db_aggregates_enabled, db_plan_enabled;
    bool legacy_target_names;
    bool request_secrets;           /* request.headers holds credentials */
    str request_settings;           /* needed | always */
    const struct guc *app_settings; /* "app.settings.x", for each transaction */
    int napp_settings;
    bool db_channel_enabled;
    str db_channel; /* NOTIFY channel for reloads */
    /* the live feed */
    str changes;                  /* wal | notify | off */
    str replication_database_url; /* absent: migration_database_url, else database_url */
    str replication_slot;         /* absent: a temporary one */
    str publication;
    int64_t resume_bytes, resume_age_ms; /* of changes that are kept for who comes back */
    str live_rejoin;                     /* replay | new */
    str ws_token;
    struct live_limits live;
    str redis_url;   /* absent: everything from memory */
    str rate_limits; /* see limit/rule.h; absent: none */
    /* tokens */
    str jwt_secret;
    bool jwt_secret_is_base64;
    str jwt_aud;                   /* absent: any audience */
    str jwt_role_claim_key;        /* where the claims name the role; see auth/role_path.h */
    int64_t jwt_cache_max_entries; /* verified tokens kept a worker */
    str jwks_url;                  /* a URL or a file; absent: Supabase's, below supabase_url */
    int64_t jwks_every_ms, jwks_again_ms;
    str supabase_url;   /* absent: none */
    str audit;          /* auto | on | all | off */
    int64_t audit_days; /* entries are kept; 0: for ever */
    str state_dir;      /* absent: the user's own; "off": nothing is kept */
    /* tenants */
    str tenant_claim;       /* of tokens; absent: there is no fence */
    str tenant_column;      /* of relations */
    int64_t tenant_metrics; /* how many /metrics names; 0: none */
    /* signing in */
    str auth;                   /* auto | builtin | off */
    str auth_url;               /* of Supabase Auth itself; absent: below supabase_url */
    int64_t auth_timeout_ms;    /* for its answers */
    str auth_issuer;            /* of the tokens it signs */
    int64_t auth_token_life_ms; /* until they expire */
    /* server */
    str host;
    int64_t port;
    str unix_socket; /* absent: host and port */
    int64_t unix_socket_mode;
    bool reuseport;     /* another process may take the place over */
    str admin_host;     /* absent: host */
    int64_t admin_port; /* 0: none */
    str admin_unix_socket;
    int64_t admin_unix_socket_mode;
    int64_t workers;
    str trusted_proxies; /* ranges of addresses; see base/address.h */
    str rest_path;       /* without a slash at the end; "" for "/" */
    str cors_origins;    /* comma list; "*" for all */
    bool server_timing;
    str trace_header;          /* absent: none */
    str error_verbosity;       /* verbose | minimal */
    int64_t body_max;          /* bytes */
    int64_t header_timeout_ms; /* first bytes, header and body of a request; idle keep-alive */
    int64_t drain_ms;          /* graceful stop */
    int64_t event_streams;     /* server-sent events: open at a time, a worker */
    str routes_dir;            /* absent: the routes inside the program */
    str docs_dir;              /* absent: the pages inside the program */
    int64_t matview_refresh_ms;
    int64_t slow_ms;  /* a slower statement is logged */
    bool pool_header; /* X-Postern-Pool names the pool that answered */
    /* the description of the API */
    str openapi_mode; /* follow-privileges | ignore-privileges | disabled */
    bool openapi_security;
    str openapi_proxy_uri; /* "https://example.com:8443/base"; absent: host, port and rest_path */
    str db_root_spec;      /* a function that answers at the root instead; absent: none */
    /* writes */
    bool require_filter; /* no PATCH or DELETE of everything, except by service_role */
    /* log */
    str log_level, log_format;
    bool access_log, log_query;

    arena *mem;
    const struct environment *environment; /* NULL: settings of a command, not to be read again */
    str *sources; /* where each value came from, in the order of the table of settings */
    str warnings; /* sentences, one a line: PostgREST settings that are accepted and ignored */
};

/* On a bad value returns a sentence that names the setting, its value (masked if secret) and what
 * is allowed. What the config points to lives in mem, and the environment must live as long. */
str config_load(struct config *config, arena *mem, const struct environment *environment);

/* Do both say the same of everything? */
bool config_same(const struct config *a, const struct config *b);

/* Takes over from the running settings what cannot change without a restart: where it listens, the
 * pools, the workers. */
void config_keep(struct config *fresh, const struct config *running);

/* Logs the warnings, one line each. */
void config_warn(const struct config *config);

/* Appends every setting with value, unit, source and help; secrets and URL passwords masked. */
enum config_format { CONFIG_TABLE, CONFIG_JSON };
void config_put(struct buf *buf, const struct config *config, enum config_format format);

/* Appends the settings as a configuration file, without secrets; and one with every setting's help
 * and default, to begin from. */
void config_dump(struct buf *buf, const struct config *config);
void config_example(struct buf *buf);

/* Does the name of a parameter say that its value is nobody's business? */
bool config_is_password(str name);

/* "postgres://user:****@host/db": a URL or conninfo that may be shown; what is neither
 * becomes "****". */
str config_mask_url(arena *mem, str url);

#endif
