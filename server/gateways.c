/* See gateways.h. */
#include "gateways.h"

#include <stdlib.h>

#include "beats.h"
#include "kv/kv.h"
#include "roster.h"

struct gateways {
    struct loop *loop;
    const struct config *config;
    struct fleet *fleet;
    struct limits *limits;
    struct gossip *gossip;
    struct beats *beats;
    struct roster *roster;
    struct kv *news; /* what others say by Redis; NULL: not configured */
};

static struct limits *read_limits(const struct config *config)
{
    arena *mem = arena_open();
    struct limit_rules rules;
    str why;

    if (config->rate_limits.len == 0)
        rules = (struct limit_rules){0};
    else if (!limit_rules_parse(mem, config->rate_limits, &rules, &why))
        die(2, "%.*s", STR_ARG(why));
    arena_close(&mem);
    return limits_new(&rules);
}

struct gateways *gateways_new(struct loop *loop, const struct config *config)
{
    struct gateways *gateways = calloc(1, sizeof(struct gateways));

    if (gateways == NULL)
        abort();
    *gateways = (struct gateways){.loop = loop,
                                  .config = config,
                                  .fleet = fleet_new(),
                                  .limits = read_limits(config),
                                  .gossip = gossip_new(loop, config)};
    gateways->roster = roster_new(loop, gateways->fleet);
    return gateways;
}

struct fleet *gateways_fleet(const struct gateways *gateways)
{
    return gateways->fleet;
}

struct limits *gateways_limits(const struct gateways *gateways)
{
    return gateways->limits;
}

static void on_news(void *arg, str message)
{
    const struct gateways *gateways = arg;

    if (str_starts(message, STR("beat ")))
        fleet_hear(gateways->fleet, str_skip(message, STR("beat ").len));
    else if (str_starts(message, STR("live ")))
        gossip_hear(gateways->gossip, str_skip(message, STR("live ").len));
}

static void on_news_up(void *arg)
{
    const struct gateways *gateways = arg;
    gossip_hello(gateways->gossip);
    roster_read(gateways->roster, gossip_kv(gateways->gossip));
}

void gateways_hear(struct gateways *gateways, str payload)
{
    if (str_starts(payload, STR("node ")))
        fleet_doubt(gateways->fleet, str_skip(payload, STR("node ").len));
    else if (str_eq(payload, STR("nodes")))
        fleet_doubt(gateways->fleet, STR(""));
    else if (str_starts(payload, STR("live ")) && gateways->config->redis_url.len == 0)
        gossip_hear_notice(gateways->gossip, str_skip(payload, STR("live ").len));
}

void gateways_set_hearing(struct gateways *gateways, bool hearing)
{
    fleet_set_hearing(gateways->fleet, hearing);
    if (hearing && gateways->config->redis_url.len == 0)
        gossip_hello(gateways->gossip);
}

struct gossip *gateways_gossip(const struct gateways *gateways)
{
    return gateways->gossip;
}

void gateways_open(struct gateways *gateways, gossip_fn *fn, void *arg)
{
    gossip_open(gateways->gossip, fn, arg);
    gateways->beats = beats_open(gateways->loop, gateways->config, gateways->fleet);
    if (gateways->config->redis_url.len > 0)
        gateways->news = kv_open(&(struct kv_options){.loop = gateways->loop,
                                                      .url = gateways->config->redis_url,
                                                      .heard = on_news,
                                                      .up = on_news_up,
                                                      .arg = gateways});
}

void gateways_bye(struct gateways *gateways)
{
    gossip_bye(gateways->gossip);
}

void gateways_close(struct gateways *gateways)
{
    beats_close(&gateways->beats);
    roster_stop(gateways->roster);
    gossip_close(gateways->gossip);
    kv_close(&gateways->news);
}

void gateways_free(struct gateways **gateways)
{
    struct gateways *last = *gateways;

    *gateways = NULL;
    beats_write_last(last->config, last->fleet);
    roster_free(&last->roster);
    fleet_free(&last->fleet);
    limits_free(&last->limits);
    gossip_free(&last->gossip);
    free(last);
}
