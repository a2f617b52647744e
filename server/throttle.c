/* See throttle.h. */
#include "throttle.h"

#include <arpa/inet.h>

#include "auth/api_key.h"
#include "auth/node_key.h"
#include "base/clock.h"
#include "limit/limit.h"
#include "routes.h"
#include "serve.h"
#include "usage.h"
#include "worker.h"

enum { SECOND_US = 1000000 };

struct throttled {
    struct request *req;
    const struct fail *(*next)(struct request *req);
    struct limit_ask ask;
    struct kv_call *asked;
};

/* ---- which class ---- */

/* The first that fits. */
static const struct {
    str path;
    enum limit_class reads, writes;
} classes[] = {
    {STR_ROW("/auth/"),                       LIMIT_AUTH,     LIMIT_AUTH     },
    {STR_ROW("/api/auth/"),                   LIMIT_AUTH,     LIMIT_AUTH     },
    {STR_ROW("/api/v1/auth/"),                LIMIT_AUTH,     LIMIT_AUTH     },
    {STR_ROW("/api/v1/operators/register"),   LIMIT_AUTH,     LIMIT_AUTH     },
    {STR_ROW("/api/v1/operators/rotate-key"), LIMIT_AUTH,     LIMIT_AUTH     },
    {STR_ROW("/api/health"),                  LIMIT_NONE,     LIMIT_NONE     },
    {STR_ROW("/api/"),                        LIMIT_API_READ, LIMIT_API_WRITE},
    {STR_ROW("/realtime/v1/api/broadcast"),   LIMIT_API_READ, LIMIT_API_WRITE},
};

static enum limit_class class_of(const struct request *req)
{
    bool reads = request_reads(req);

    if (node_key_of(req->claims).len > 0)
        return LIMIT_NODES;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (str_starts(req->path, classes[i].path))
            return reads ? classes[i].reads : classes[i].writes;
    if (req->route->style != FAIL_STYLE_REST || req->route->door == DOOR_OPEN)
        return LIMIT_NONE;
    return reads ? LIMIT_REST_READ : LIMIT_REST_WRITE;
}

/* ---- who asks ---- */

/* A network of IPv6 has as many addresses as it likes: its first half counts. */
static str who_by_address(const struct request *req)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];

    if (inet_pton(AF_INET6, arena_cstr(req->mem, req->peer), &address) != 1)
        return arena_printf(req->mem, "a:%.*s", STR_ARG(req->peer));
    memset(&address.s6_addr[8], 0, 8);
    return arena_printf(req->mem, "a:%s", inet_ntop(AF_INET6, &address, text, sizeof(text)));
}

static str who_asks(const struct request *req)
{
    const struct claims *claims = req->claims;
    str key = node_key_of(claims);
    bool nobody = claims->anonymous || claims == req->worker->nobody ||
                  str_eq(claims->role, req->worker->config->db_anon_role);

    if (key.len > 0)
        return arena_printf(req->mem, "k:%.*s", STR_ARG(key));
    if (nobody)
        return who_by_address(req);
    if (claims->subject.len > 0)
        return arena_printf(req->mem, "u:%.*s", STR_ARG(claims->subject));
    return arena_printf(req->mem, "c:%016llx", (unsigned long long)claims->hash);
}

/* ---- which bucket ---- */

/* The plan of a key says how much it may ask in all, so classes do not count; but for the one that
 * keeps people from guessing passwords. */
static bool has_plan(const struct request *req)
{
    return req->key != NULL && req->key->rate > 0;
}

/* False: nothing limits the request. */
static bool choose(const struct request *req, struct limit_ask *ask)
{
    if (!has_plan(req) && !limits_any(req->worker->limits))
        return false;
    enum limit_class class = class_of(req);
    if (has_plan(req) && class != LIMIT_AUTH && class != LIMIT_NONE) {
        *ask = (struct limit_ask){
            STR("plan"),
            arena_printf(req->mem, "p:%.*s", STR_ARG(req->key->id)),
            {req->key->rate, SECOND_US}
        };
        return true;
    }
    if (class == LIMIT_NONE || limits_rule(req->worker->limits, class)->count == 0)
        return false;
    *ask = (struct limit_ask){limit_class_name(class), who_asks(req),
                              *limits_rule(req->worker->limits, class)};
    return true;
}

/* ---- the verdict ---- */

static int64_t whole_seconds(int64_t us)
{
    return (us + SECOND_US - 1) / SECOND_US;
}

static void note_headers(struct request *req, const struct limit_ask *ask,
                         const struct limit_verdict *verdict)
{
    req->limited[0] = (struct header){STR("RateLimit-Policy"),
                                      arena_printf(req->mem, "\"%.*s\";q=%lld;w=%lld",
                                                   STR_ARG(ask->name), (long long)ask->rule.count,
                                                   (long long)(ask->rule.window_us / SECOND_US))};
    req->limited[1] =
        (struct header){STR("RateLimit"), arena_printf(req->mem, "\"%.*s\";r=%lld;t=%lld",
                                                       STR_ARG(ask->name), (long long)verdict->left,
                                                       (long long)whole_seconds(verdict->full_us))};
}

static const struct fail *settle(struct request *req, const struct limit_ask *ask,
                                 const struct limit_verdict *verdict)
{
    note_headers(req, ask, verdict);
    if (verdict->allowed)
        return NULL;
    struct fail *fail = fail_new(req->mem, FAIL_LIMITED, "Too many requests");
    fail->retry_after_s = (int)whole_seconds(verdict->retry_us);
    fail->hint = arena_printf(req->mem, "At most %lld requests (%.*s) in %lld s: wait %d s",
                              (long long)ask->rule.count, STR_ARG(ask->name),
                              (long long)(ask->rule.window_us / SECOND_US), fail->retry_after_s);
    usage_refused(req);
    return fail;
}

static const struct fail *ask_memory(struct request *req, const struct limit_ask *ask)
{
    struct limit_verdict verdict = limits_take(req->worker->limits, ask, clock_us());

    return settle(req, ask, &verdict);
}

/* ---- by Redis ---- */

/* The same bucket as limit.c's, by the clock of Redis. {allowed, microseconds until it is full} */
static const str script =
    STR_ROW("local clock = redis.call('TIME') "
            "local now = clock[1] * 1000000 + clock[2] "
            "local full = tonumber(redis.call('GET', KEYS[1])) or 0 "
            "if full < now then full = now end "
            "local after = full + ARGV[1] "
            "if after - now > tonumber(ARGV[2]) then return {0, full - now} end "
            "redis.call('SET', KEYS[1], string.format('%.0f', after), "
            "'PX', math.ceil((after - now) / 1000)) "
            "return {1, after - now}");

static void go_on(struct throttled *throttled, const struct fail *fail)
{
    struct request *req = throttled->req;

    if (fail == NULL)
        fail = throttled->next(req);
    if (fail != NULL)
        serve_fail(req, fail);
}

static void on_answer(void *arg, const struct kv_answer *answer)
{
    struct throttled *throttled = arg;
    struct request *req = throttled->req;

    throttled->asked = NULL;
    req->on_gone = NULL;
    if (answer->kind != KV_LIST || answer->count != 2 || answer->list[0].kind != KV_NUMBER ||
        answer->list[1].kind != KV_NUMBER || answer->list[1].number < 0) {
        go_on(throttled, ask_memory(req, &throttled->ask));
        return;
    }
    struct limit_verdict verdict =
        limit_judge(&throttled->ask.rule, answer->list[0].number == 1, answer->list[1].number);
    go_on(throttled, settle(req, &throttled->ask, &verdict));
}

static void forget(void *arg)
{
    struct throttled *throttled = arg;
    kv_forget(&throttled->asked);
}

/* False: Redis is away. */
static bool ask_redis(struct throttled *throttled)
{
    struct request *req = throttled->req;
    const struct limit_ask *ask = &throttled->ask;
    const str words[] = {
        STR("EVAL"),
        script,
        STR("1"),
        arena_printf(req->mem, "limit:%.*s:%.*s", STR_ARG(ask->name), STR_ARG(ask->who)),
        arena_printf(req->mem, "%lld", (long long)limit_step_us(&ask->rule)),
        arena_printf(req->mem, "%lld", (long long)ask->rule.window_us),
    };

    throttled->asked = kv_ask(req->worker->kv, words, 6, on_answer, throttled);
    if (throttled->asked == NULL)
        return false;
    arena_on_death(req->mem, forget, throttled);
    req->on_gone = forget;
    req->on_gone_arg = throttled;
    return true;
}

/* ---- the door ---- */

const struct fail *throttle(struct request *req, const struct fail *(*next)(struct request *req))
{
    struct limit_ask ask;

    if (!choose(req, &ask))
        return next(req);
    if (kv_is_up(req->worker->kv)) {
        struct throttled *throttled = arena_new(req->mem, struct throttled);
        *throttled = (struct throttled){.req = req, .next = next, .ask = ask};
        if (ask_redis(throttled))
            return NULL;
    }
    TRY(ask_memory(req, &ask));
    return next(req);
}

const struct fail *throttle_refused(struct request *req, const struct fail *fail)
{
    if (!limits_any(req->worker->limits))
        return fail;
    enum limit_class class = class_of(req);
    if (class == LIMIT_NONE || limits_rule(req->worker->limits, class)->count == 0)
        return fail;
    const struct limit_ask ask = {limit_class_name(class), who_by_address(req),
                                  *limits_rule(req->worker->limits, class)};
    TRY(ask_memory(req, &ask));
    return fail;
}
