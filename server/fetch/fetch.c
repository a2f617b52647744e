/* See fetch.h. */
#include "fetch/fetch.h"

#include "base/address.h"
#include "base/buf.h"
#include "fetch/library.h"

#define USER_AGENT "postern/" POSTERN_VERSION

/* ---- what may be fetched ---- */

static str host_of(str authority)
{
    long end = str_find(authority, ']'), colon = str_find(authority, ':');

    if (authority.len > 0 && authority.at[0] == '[' && end > 0)
        return (str){authority.at + 1, (size_t)end - 1};
    return colon < 0 ? authority : (str){authority.at, (size_t)colon};
}

bool fetch_is_safe(str url)
{
    bool tls = str_starts(url, STR("https://"));
    str rest = str_skip(url, tls ? STR("https://").len : STR("http://").len), authority = rest;

    if (!tls && !str_starts(url, STR("http://")))
        return false;
    for (size_t i = 0; i < url.len; i++)
        if (url.at[i] <= ' ' || url.at[i] > '~' || url.at[i] == '\\')
            return false;
    for (authority.len = 0; authority.len < rest.len; authority.len++)
        if (str_find(STR("/?#"), rest.at[authority.len]) >= 0)
            break;
    str host = host_of(authority);
    if (host.len == 0 || str_find(authority, '@') >= 0)
        return false;
    return tls || str_ieq(host, STR("localhost")) || address_in_list(host, STR("127.0.0.0/8,::1"));
}

/* ---- one document ---- */

struct fetching {
    struct buf body;
    const struct fetch_limits *limits;
};

/* Less than offered ends the transfer. */
static size_t take(char *bytes, size_t one, size_t count, void *arg)
{
    struct fetching *fetching = arg;

    (void)one;
    buf_put(&fetching->body, (str){bytes, count});
    return fetching->body.full ? 0 : count;
}

/* libcurl asks at least once a second; nonzero ends the transfer. */
static int is_over(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
                   curl_off_t ulnow)
{
    const struct fetching *fetching = arg;

    (void)dltotal;
    (void)dlnow;
    (void)ultotal;
    (void)ulnow;
    return fetching->limits->stop != NULL && atomic_load(fetching->limits->stop);
}

static void set_options(const struct curl *curl, CURL *easy, const char *url,
                        struct fetching *fetching)
{
    bool tls = strncmp(url, "https:", strlen("https:")) == 0;

    curl->easy_setopt(easy, CURLOPT_URL, url);
    curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
    curl->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)fetching->limits->within_ms);
    curl->easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT);
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl->easy_setopt(easy, CURLOPT_WRITEDATA, fetching);
    curl->easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl->easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_over);
    curl->easy_setopt(easy, CURLOPT_XFERINFODATA, fetching);
    if (!tls)
        curl->easy_setopt(easy, CURLOPT_PROXY, ""); /* it is on this machine */
}

static bool perform(const struct curl *curl, CURL *easy, arena *mem, struct fetching *fetching,
                    str *why)
{
    CURLcode code = curl->easy_perform(easy);
    long status = 0;

    if (fetching->body.full)
        *why =
            arena_printf(mem, "the document is larger than %zu bytes", fetching->limits->bytes_max);
    else if (code != CURLE_OK)
        *why = arena_copy(mem, str_from(curl->easy_strerror(code)));
    else if (curl->easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
        *why = arena_printf(mem, "the answer has status %ld", status);
    return why->at == NULL;
}

bool fetch_get(arena *mem, str url, const struct fetch_limits *limits, str *body, str *why)
{
    struct fetching fetching = {.limits = limits};
    struct curl curl;

    *why = (str){NULL, 0};
    if (!curl_load(&curl, why))
        return false;
    buf_init(&fetching.body, mem, limits->bytes_max);
    CURL *easy = curl.easy_init();
    if (easy == NULL) {
        *why = STR("libcurl has no memory");
        return false;
    }
    set_options(&curl, easy, arena_cstr(mem, url), &fetching);
    bool got = perform(&curl, easy, mem, &fetching, why);
    curl.easy_cleanup(easy);
    *body = buf_str(&fetching.body);
    return got;
}
