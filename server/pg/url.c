/* See url.h. */
#include "pg/url.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/url.h"

enum { CONNINFO_MAX = 64 << 10 };

/* What other programs understand in a URL and libpq does not. */
static void take_pgbouncer(struct conninfo *conninfo, str value)
{
    conninfo->unprepared |= str_ieq(value, STR("true"));
}

static void take_cache_size(struct conninfo *conninfo, str value)
{
    conninfo->unprepared |= str_eq(value, STR("0"));
}

static const struct foreign {
    const char *key;
    void (*take)(struct conninfo *conninfo, str value); /* NULL: only left out */
} foreigns[] = {
    {"connection_limit",         NULL           },
    {"pool_timeout",             NULL           },
    {"pgbouncer",                take_pgbouncer },
    {"statement_cache_size",     take_cache_size},
    {"statement_cache_capacity", take_cache_size},
    {"schema",                   NULL           },
    {"socket_timeout",           NULL           },
    {"sslaccept",                NULL           },
};

static bool is_url(str text)
{
    return str_starts(text, STR("postgres://")) || str_starts(text, STR("postgresql://"));
}

/* Where the query begins. A '?' may stand in the password, so it is looked for behind '@'. */
static size_t query_start(str url)
{
    size_t from = (size_t)str_find(url, '/') + 2;
    for (size_t i = from; i < url.len && url.at[i] != '/'; i++)
        if (url.at[i] == '@') {
            from = i;
            break;
        }
    long at = str_find(str_skip(url, from), '?');
    return at < 0 ? url.len : from + (size_t)at;
}

static bool take_foreign(struct conninfo *conninfo, str key, str value)
{
    for (size_t i = 0; i < sizeof(foreigns) / sizeof(foreigns[0]); i++) {
        if (!str_eq(str_from(foreigns[i].key), key))
            continue;
        if (foreigns[i].take != NULL)
            foreigns[i].take(conninfo, value);
        return true;
    }
    return false;
}

static str without_foreign(arena *mem, str url, struct conninfo *conninfo)
{
    size_t start = query_start(url);
    str query = str_skip(url, start + 1), key, value;
    struct buf kept;
    char separator = '?';

    buf_init(&kept, mem, CONNINFO_MAX);
    buf_put(&kept, (str){url.at, start});
    while (url_next(&query, &key, &value)) {
        if (take_foreign(conninfo, key, value))
            continue;
        buf_putc(&kept, separator);
        buf_put(&kept, key);
        if (value.at != NULL)
            buf_putc(&kept, '=');
        buf_put(&kept, value);
        separator = '&';
    }
    return buf_str(&kept);
}

/* libpq quotes what it does not understand, and that may be a piece of a password. */
static str harmless(arena *mem, const char *message)
{
    str text = message == NULL ? STR("out of memory") : str_from(message);
    bool names_a_parameter = str_starts(text, STR("invalid URI query parameter"));
    bool quoted = false;
    struct buf shown;

    buf_init(&shown, mem, CONNINFO_MAX);
    for (size_t i = 0; i < text.len && text.at[i] != '\n'; i++) {
        if (text.at[i] == '"' && !names_a_parameter) {
            buf_put(&shown, quoted ? STR("") : STR("\"****\""));
            quoted = !quoted;
        } else if (!quoted) {
            buf_putc(&shown, text.at[i]);
        }
    }
    return buf_str(&shown);
}

static str option_find(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return str_from(options->val);
    return (str){NULL, 0};
}

static void put_pair(struct buf *buf, const char *keyword, str value)
{
    buf_printf(buf, "%s%s='", buf->len > 0 ? " " : "", keyword);
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '\'' || value.at[i] == '\\')
            buf_putc(buf, '\\');
        buf_putc(buf, value.at[i]);
    }
    buf_putc(buf, '\'');
}

static void put_defaults(struct buf *buf, const PQconninfoOption *given,
                         const struct conninfo_options *options)
{
    int64_t timeout =
        options->connect_timeout_s > 0 ? options->connect_timeout_s : CONNECT_TIMEOUT_S;
    const struct {
        const char *keyword;
        str value;
    } defaults[] = {
        {"application_name",
         arena_printf(buf->mem,                        "postern/%s:%s", POSTERN_VERSION, options->purpose)},
        {"connect_timeout",     arena_printf(buf->mem,          "%lld", (long long)timeout)},
        {"client_encoding",    STR("UTF8")},
        {"keepalives", STR("1")                      },
        {"keepalives_idle",      STR("30")                           },
        {"keepalives_interval",            STR("10")           },
        {"keepalives_count",      STR("3")},
        {"tcp_user_timeout",STR("20000")          },
    };
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        if (option_find(given, defaults[i].keyword).at == NULL)
            put_pair(buf, defaults[i].keyword, defaults[i].value);
}

static bool is_local(str host)
{
    return host.len == 0 || host.at[0] == '/' || host.at[0] == '@' ||
           str_eq(host, STR("localhost")) || str_starts(host, STR("127.")) ||
           str_eq(host, STR("::1"));
}

static bool any_host_is_remote(str hosts)
{
    str host;
    while (str_cut(&hosts, ',', &host))
        if (!is_local(host))
            return true;
    return false;
}

static bool any_host_is_pooled(str hosts, str ports)
{
    str one;
    while (str_cut(&ports, ',', &one))
        if (str_eq(one, STR("6543")))
            return true;
    while (str_cut(&hosts, ',', &one))
        if (str_ends(one, STR(".pooler.supabase.com")))
            return true;
    return false;
}

static bool demands_tls(str sslmode)
{
    return str_eq(sslmode, STR("require")) || str_eq(sslmode, STR("verify-ca")) ||
           str_eq(sslmode, STR("verify-full"));
}

static void look_at_hosts(arena *mem, const PQconninfoOption *given, struct conninfo *conninfo)
{
    str host = option_find(given, "host");
    str hosts = host.at != NULL ? host : option_find(given, "hostaddr");
    conninfo->hosts = arena_copy(mem, hosts);
    conninfo->place =
        arena_printf(mem, "%.*s:%.*s/%.*s", STR_ARG(hosts), STR_ARG(option_find(given, "port")),
                     STR_ARG(option_find(given, "dbname")));
    conninfo->unprepared |= any_host_is_pooled(hosts, option_find(given, "port"));
    conninfo->plain = any_host_is_remote(hosts) && !demands_tls(option_find(given, "sslmode"));
}

bool conninfo_make(arena *mem, str url, const struct conninfo_options *options,
                   struct conninfo *conninfo, str *why)
{
    *conninfo = (struct conninfo){.text = url};
    str text = is_url(url) ? without_foreign(mem, url, conninfo) : url;
    char *message = NULL;
    PQconninfoOption *given = PQconninfoParse(arena_cstr(mem, text), &message);
    if (given == NULL) {
        *why = arena_printf(mem, "The database URL cannot be read: %.*s",
                            STR_ARG(harmless(mem, message)));
        PQfreemem(message);
        return false;
    }
    struct buf buf;
    buf_init(&buf, mem, CONNINFO_MAX);
    for (const PQconninfoOption *option = given; option->keyword != NULL; option++)
        if (option->val != NULL)
            put_pair(&buf, option->keyword, str_from(option->val));
    put_defaults(&buf, given, options);
    look_at_hosts(mem, given, conninfo);
    conninfo->text = arena_copy(mem, buf_str(&buf));
    PQconninfoFree(given);
    if (buf.full)
        *why = STR("The database URL is too long");
    return !buf.full;
}
