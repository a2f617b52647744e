/* Reads the URL of Redis; see url.h. */
#include "kv/url.h"

#include "base/url.h"

enum { DB_DIGITS_MAX = 4 };

static const char port_default[] = "6379";

static bool fail(str *why, str sentence)
{
    *why = sentence;
    return false;
}

static bool read_user(arena *mem, str text, struct kv_url *parsed)
{
    str user;

    str_cut(&text, ':', &user);
    if (user.len > 0 && !url_decode(mem, user, URL_PLUS_IS_PLUS, &parsed->user))
        return false;
    return text.at == NULL || url_decode(mem, text, URL_PLUS_IS_PLUS, &parsed->password);
}

/* The last '@' ends what comes before the host: a password may hold one, too. */
static bool cut_user(arena *mem, str *rest, struct kv_url *parsed)
{
    size_t at = rest->len;

    while (at > 0 && rest->at[at - 1] != '@')
        at--;
    if (at == 0)
        return true;
    bool good = read_user(mem, (str){rest->at, at - 1}, parsed);
    *rest = str_skip(*rest, at);
    return good;
}

static bool is_number(str text, size_t digits_max)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.len > 0 && text.len <= digits_max;
}

/* "host", "host:port", "[::1]:port" */
static bool read_host(str text, struct kv_url *parsed)
{
    parsed->port = str_from(port_default);
    if (str_starts(text, STR("["))) {
        long end = str_find(text, ']');
        if (end < 0)
            return false;
        parsed->host = (str){text.at + 1, (size_t)end - 1};
        text = str_skip(text, (size_t)end + 1);
        if (text.len == 0)
            return parsed->host.len > 0;
        parsed->port = str_skip(text, 1);
        return text.at[0] == ':' && is_number(parsed->port, 5);
    }
    str_cut(&text, ':', &parsed->host);
    if (text.at != NULL)
        parsed->port = text;
    return parsed->host.len > 0 && is_number(parsed->port, 5);
}

static bool read_tcp(arena *mem, str rest, struct kv_url *parsed)
{
    str place;

    parsed->db = STR("0");
    if (!cut_user(mem, &rest, parsed))
        return false;
    str_cut(&rest, '/', &place);
    if (rest.len > 0)
        parsed->db = rest;
    return read_host(place, parsed) && is_number(parsed->db, DB_DIGITS_MAX);
}

static bool read_unix(arena *mem, str rest, struct kv_url *parsed)
{
    str query = rest;

    parsed->db = STR("0");
    str_cut(&query, '?', &rest);
    if (query.at != NULL && !str_starts(query, STR("db=")))
        return false;
    if (query.at != NULL)
        parsed->db = str_skip(query, 3);
    return cut_user(mem, &rest, parsed) && url_decode(mem, rest, URL_PLUS_IS_PLUS, &parsed->path) &&
           str_starts(parsed->path, STR("/")) && is_number(parsed->db, DB_DIGITS_MAX);
}

bool kv_url_parse(arena *mem, str url, struct kv_url *parsed, str *why)
{
    static const struct {
        str scheme;
        bool (*read)(arena *mem, str rest, struct kv_url *parsed);
    } schemes[] = {
        {STR_ROW("redis://"),        read_tcp },
        {STR_ROW("unix://"),         read_unix},
        {STR_ROW("redis+unix://"),   read_unix},
        {STR_ROW("redis-socket://"), read_unix},
    };

    *parsed = (struct kv_url){0};
    if (str_starts(url, STR("rediss://")))
        return fail(why, STR("REDIS_URL: rediss:// is not possible with this hiredis, which has no "
                             "TLS: use redis:// or unix:// to a tunnel such as stunnel"));
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (str_starts(url, schemes[i].scheme))
            return schemes[i].read(mem, str_skip(url, schemes[i].scheme.len), parsed) ||
                   fail(why, STR("REDIS_URL: wants redis://[user:password@]host[:port][/db] or "
                                 "unix://[user:password@]/path[?db=n]"));
    return fail(why, STR("REDIS_URL: begins with redis:// or unix://"));
}
