/* See api_key.h. The server hears of each change by itself. */
#include "cli/api_key.h"

#include <stdio.h>
#include <string.h>

#include "auth/api_key.h"
#include "auth/payload.h"
#include "auth/scope.h"
#include "base/statement.h"
#include "cli/cli.h"
#include "pg/sync.h"

enum {
    EXIT_FINE,
    EXIT_FAILED,
    EXIT_USAGE,
    SHOWN_BYTES = 6 /* of what is chance */,
    EXPIRES_MAX = 100000 /* of any unit */
};
enum { LIST_COLUMNS = 10 };

static int usage(void)
{
    fprintf(stderr,
            "postern: usage: postern %s\n"
            "  key create publishable|secret [--name NAME] [--role ROLE] [--tenant TENANT]\n"
            "             [--scopes LIST] [--expires TIME] [--plan PLAN]\n"
            "             LIST: of rest:read, rest:write, rest:call, api:read, api:write, live\n"
            "             TIME: 90d, 12h, 30m\n"
            "  key list\n"
            "  key revoke KEY      its beginning as list shows it, its name, or the key itself\n",
            KEY_USAGE);
    return EXIT_USAGE;
}

static int failed(str why)
{
    fprintf(stderr, "postern: %.*s\n", STR_ARG(why));
    return EXIT_FAILED;
}

static str url_of(const struct config *config)
{
    return config->migration_database_url.len > 0 ? config->migration_database_url
                                                  : config->database_url;
}

/* One statement on a connection of its own. */
static bool ask(arena *mem, str url, const struct statement *query, struct sync_rows *rows,
                str *why)
{
    *why = (str){NULL, 0};
    struct sync *sync = sync_open(mem, url, "key", why);
    bool fine = sync != NULL && sync_query(sync, mem, query, rows, why);
    sync_close(&sync);
    return fine;
}

static str hex_of(arena *mem, const unsigned char *bytes, size_t len)
{
    struct buf hex;

    buf_init(&hex, mem, 2 * len + 1);
    for (size_t i = 0; i < len; i++)
        buf_printf(&hex, "%02x", bytes[i]);
    return buf_str(&hex);
}

static str hash_of(arena *mem, str key)
{
    unsigned char hash[API_KEY_HASH_BYTES];

    api_key_hash(key, hash);
    return hex_of(mem, hash, sizeof(hash));
}

/* ---- create ---- */

bool api_key_keep(arena *mem, str url, const struct api_key_order *order, str key, str *why)
{
    bool secret = str_eq(order->kind, STR("secret"));
    str start = secret ? STR("sb_secret_") : STR("sb_publishable_");
    const str params[] = {
        order->kind,       order->name,      (str){key.at, start.len + SHOWN_BYTES},
        hash_of(mem, key), order->role,      order->tenant,
        order->scopes,     order->expires_s, order->plan
    };
    const struct statement query = {
        .text = STR("insert into postern.api_keys "
                    "(kind, name, prefix, hash, role, tenant_id, scopes, expires_at, plan) "
                    "values ($1, $2, $3, decode($4, 'hex'), $5, $6, string_to_array($7, ','), "
                    "now() + make_interval(secs => $8), $9) on conflict (hash) do nothing"),
        .nparams = sizeof(params) / sizeof(params[0]),
        .params = params};
    struct sync_rows rows;

    return ask(mem, url, &query, &rows, why);
}

static bool read_order(struct api_key_order *order, int argc, char **argv)
{
    const struct {
        const char *name;
        str *value;
    } names[] = {
        {"--name",    &order->name     },
        {"--role",    &order->role     },
        {"--tenant",  &order->tenant   },
        {"--scopes",  &order->scopes   },
        {"--expires", &order->expires_s},
        {"--plan",    &order->plan     },
    };
    if (argc < 2)
        return false;
    order->kind = str_from(argv[1]);
    for (int i = 2; i < argc; i += 2) {
        size_t name = 0, count = sizeof(names) / sizeof(names[0]);
        while (name < count && strcmp(argv[i], names[name].name) != 0)
            name++;
        if (name == count || i + 1 == argc)
            return false;
        *names[name].value = str_from(argv[i + 1]);
    }
    return str_eq(order->kind, STR("publishable")) || str_eq(order->kind, STR("secret"));
}

/* "90d" as seconds. */
static bool read_time(arena *mem, str *time)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {
        {'m', 60   },
        {'h', 3600 },
        {'d', 86400},
    };
    int64_t number;

    if (time->len < 2 || !str_int((str){time->at, time->len - 1}, &number) || number < 1 ||
        number > EXPIRES_MAX)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (time->at[time->len - 1] != units[i].unit)
            continue;
        const int64_t seconds = number * units[i].seconds;
        *time = arena_printf(mem, "%lld", (long long)seconds);
        return true;
    }
    return false;
}

/* The names without blanks, as the database keeps them. */
static bool read_scopes(arena *mem, str *list)
{
    str rest = *list, name;
    struct buf names;
    unsigned scopes;

    if (!scopes_parse(*list, &scopes))
        return false;
    buf_init(&names, mem, list->len + 1);
    while (str_cut(&rest, ',', &name)) {
        buf_put(&names, names.len > 0 ? STR(",") : STR(""));
        buf_put(&names, str_trim(name));
    }
    *list = buf_str(&names);
    return true;
}

/* Absent, or what is wrong with it. */
static str check_order(const struct config *config, struct api_key_order *order)
{
    if (order->role.at == NULL)
        order->role =
            str_eq(order->kind, STR("secret")) ? STR("service_role") : config->db_anon_role;
    if (!payload_allows_role(config, order->role))
        return arena_printf(config->mem,
                            "the role \"%.*s\" is not allowed: see POSTERN_ALLOWED_ROLES",
                            STR_ARG(order->role));
    if (order->expires_s.at != NULL && !read_time(config->mem, &order->expires_s))
        return STR("--expires is a number of minutes, hours or days, such as 90d, 12h or 30m");
    if (order->scopes.at != NULL && !read_scopes(config->mem, &order->scopes))
        return arena_printf(config->mem, "--scopes is a comma list of %.*s",
                            STR_ARG(scopes_text(config->mem, SCOPE_ALL)));
    return (str){NULL, 0};
}

static int create(const struct config *config, int argc, char **argv)
{
    struct api_key_order order = {.name = STR("default")};
    str why;

    if (!read_order(&order, argc, argv))
        return usage();
    why = check_order(config, &order);
    if (why.at != NULL)
        return failed(why);
    str key = api_key_make(config->mem, str_eq(order.kind, STR("secret")) ? API_KEY_SECRET
                                                                          : API_KEY_PUBLISHABLE);
    if (key.at == NULL)
        return failed(STR("the system has no random numbers"));
    if (!api_key_keep(config->mem, url_of(config), &order, key, &why))
        return failed(why);
    printf("%.*s\n", STR_ARG(key));
    fprintf(stderr, "It is not kept: this is the only time it is shown.\n");
    return EXIT_FINE;
}

/* ---- list, revoke ---- */

/* A key a line, columns as wide as what is in them. */
static void print_columns(const struct sync_rows *rows)
{
    size_t widths[LIST_COLUMNS] = {0};

    for (int i = 0; i < rows->nrows * rows->ncolumns; i++) {
        size_t len = rows->cells[i].len, *width = &widths[i % rows->ncolumns];
        *width = len > *width ? len : *width;
    }
    for (int row = 0; row < rows->nrows; row++) {
        const str *cells = &rows->cells[(size_t)row * (size_t)rows->ncolumns];
        for (int i = 0; i < rows->ncolumns - 1; i++)
            printf("%-*.*s  ", (int)widths[i], STR_ARG(cells[i]));
        printf("%.*s\n", STR_ARG(cells[rows->ncolumns - 1]));
    }
}

static int list(const struct config *config, int argc, char **argv)
{
    const struct statement query = {
        .text =
            STR("select 'KEY', 'ROLE', 'NAME', 'TENANT', 'SCOPES', 'PLAN', 'MADE', 'LAST USED', "
                "'EXPIRES', "
                "'STATE' union all (select prefix || '...', role, name, coalesce(tenant_id, '-'), "
                "coalesce(array_to_string(scopes, ','), 'all'), coalesce(plan, '-'), "
                "to_char(created_at, 'YYYY-MM-DD HH24:MI'), "
                "coalesce(to_char(last_used_at, 'YYYY-MM-DD HH24:MI'), 'never'), "
                "coalesce(to_char(expires_at, 'YYYY-MM-DD HH24:MI'), 'never'), "
                "case when revoked_at is not null then "
                "'revoked ' || to_char(revoked_at, 'YYYY-MM-DD HH24:MI') "
                "when expires_at <= now() then 'expired' else 'good' end "
                "from postern.api_keys order by created_at, prefix)")};
    struct sync_rows rows;
    str why;

    (void)argv;
    if (argc > 1)
        return usage();
    if (!ask(config->mem, url_of(config), &query, &rows, &why))
        return failed(why);
    if (rows.nrows > 1)
        print_columns(&rows);
    else
        fprintf(stderr, "There are no API keys: any sb_publishable_ key is anonymous.\n");
    return EXIT_FINE;
}

static int revoke(const struct config *config, int argc, char **argv)
{
    if (argc != 2)
        return usage();
    str which = str_from(argv[1]);
    if (str_ends(which, STR("...")))
        which.len -= STR("...").len;
    const str params[] = {which, hash_of(config->mem, which)};
    const struct statement query = {
        .text = STR("update postern.api_keys set revoked_at = now() where revoked_at is null "
                    "and (prefix = $1 or name = $1 or hash = decode($2, 'hex')) "
                    "returning prefix || '... ' || name"),
        .nparams = 2,
        .params = params};
    struct sync_rows rows;
    str why;

    if (!ask(config->mem, url_of(config), &query, &rows, &why))
        return failed(why);
    for (int i = 0; i < rows.nrows; i++)
        printf("revoked %.*s\n", STR_ARG(rows.cells[i]));
    return rows.nrows > 0 ? EXIT_FINE
                          : failed(STR("there is no such good key; see postern key list"));
}

int api_key_command(const struct config *config, int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const struct config *config, int argc, char **argv);
    } words[] = {
        {"create", create},
        {"list",   list  },
        {"revoke", revoke},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(argv[0], words[i].name) != 0)
            continue;
        if (config->database_url.len == 0 && config->migration_database_url.len == 0)
            return failed(STR("DATABASE_URL is not set"));
        return words[i].run(config, argc, argv);
    }
    return usage();
}
