/* See hub.h: the hub as a whole. What it consists of is in files of their own. */
#include "live/hub.h"

#include <stdlib.h>

#include "base/clock.h"
#include "live/hub_inside.h"
#include "live/trail.h"

enum { ASK_AGAIN_US = 1000000 };

uint64_t hash_names(str a, str b, str c)
{
    return str_hash(c, str_hash(b, str_hash(a, STR_HASH_SEED) + 1) + 1);
}

struct hub *hub_new(const struct hub_fns *fns, const struct hub_setup *setup, void *arg)
{
    struct hub *hub = calloc(1, sizeof(*hub));

    if (hub == NULL)
        abort();
    hub->fns = fns;
    hub->arg = arg;
    hub->publication = setup->publication;
    hub->tenant_column = setup->tenant_column;
    hub->limits = setup->limits;
    hub->meter = setup->meter;
    hub->trails = setup->meter->trails;
    hub->ring_options = setup->ring;
    hub->off = setup->off;
    hub->numbers = setup->numbers;
    list_init(&hub->sessions);
    list_init(&hub->joining);
    list_init(&hub->delayed);
    list_init(&hub->batches);
    list_init(&hub->replays);
    list_init(&hub->catching);
    list_init(&hub->followers);
    return hub;
}

/* The sockets are closed and no question is open. */
void hub_free(struct hub **hub)
{
    struct hub *last = *hub;

    *hub = NULL;
    batch_clear(last);
    ring_free(&last->ring);
    known_forget(last);
    topic_clear(last);
    table_free(&last->watched);
    table_free(&last->known);
    free(last);
}

struct question *question_new(const struct claims *claims)
{
    arena *mem = arena_open();
    struct question *question = arena_new(mem, struct question);

    question->mem = mem;
    question->claims = claims_ref(claims);
    return question;
}

void hub_ask(struct hub *hub, struct question *question)
{
    hub->fns->ask(hub->arg, question);
}

static bool has_fallen_silent(struct hub *hub, const struct channel *channel)
{
    bool silent = false;

    for (int i = 0; i < channel->nbindings; i++)
        silent |= watch_is_silent(hub, &channel->bindings[i]);
    return silent;
}

/* They join again, and hear then what is wrong. */
static void end_silent(struct hub *hub)
{
    hub->looks_again = false;
    LIST_EACH (node, &hub->sessions) {
        struct session *session = LIST_ENTRY(node, struct session, node);
        LIST_EACH (of_session, &session->channels) {
            struct channel *channel = LIST_ENTRY(of_session, struct channel, of_session);
            if (channel->state == CHANNEL_JOINED && has_fallen_silent(hub, channel))
                channel_fail(channel, STR("gap: a table of this channel is not sent any more"));
        }
    }
    followers_end_silent(hub);
}

void hub_go_on(struct hub *hub)
{
    LIST_EACH (node, &hub->joining)
        channel_try(LIST_ENTRY(node, struct channel, of_joining));
    followers_try(hub);
    if (hub->looks_again)
        end_silent(hub);
    batch_go_on(hub);
}

void hub_fresh(struct hub *hub)
{
    known_forget(hub);
    hub->looks_again = true;
    hub_go_on(hub);
}

/* ---- trouble ---- */

bool channel_listens(const struct channel *channel)
{
    for (int i = 0; i < channel->nbindings; i++)
        if (channel->bindings[i].watched != NULL)
            return true;
    return false;
}

/* Channels join again by themselves; followers go back to where they were. */
void hub_lose(struct hub *hub, enum loss loss)
{
    followers_go_back(hub, loss);
    batch_clear(hub);
    LIST_EACH (node, &hub->sessions) {
        struct session *session = LIST_ENTRY(node, struct session, node);
        LIST_EACH (of_session, &session->channels) {
            struct channel *channel = LIST_ENTRY(of_session, struct channel, of_session);
            if (channel->state == CHANNEL_JOINED && channel_listens(channel))
                channel_fail(channel, STR("gap: changes were lost between the database and this "
                                          "channel"));
        }
    }
}

void hub_stream(struct hub *hub, uint64_t from, bool gap)
{
    const struct position start = {.lsn = from, .index = POSITION_ALL};

    if (gap)
        hub_lose(hub, LOSS_OF_STREAM);
    if (gap && hub->trails != NULL)
        trails_forget_positions(hub->trails);
    if (!gap && hub->seen.lsn != 0)
        return;
    hub->seen = start;
    if (hub->ring != NULL)
        ring_start(hub->ring, start);
}

bool claims_expired(const struct claims *claims, int64_t now)
{
    return claims->expires != 0 && claims->expires <= now;
}

str say_expired(arena *mem, const struct claims *claims, int64_t now)
{
    return arena_printf(mem, "Token has expired %lld seconds ago",
                        (long long)(now - claims->expires));
}

/* A join that the database keeps waiting: both kinds of clients come again after this. */
static void end_waits(struct hub *hub, int64_t now_us)
{
    LIST_EACH (node, &hub->joining) {
        struct channel *channel = LIST_ENTRY(node, struct channel, of_joining);
        if (now_us - channel->since_us > LIVE_JOIN_WAIT_MS * INT64_C(1000))
            channel_fail(channel, STR("Realtime was unable to connect to the project database"));
    }
}

static void end_expired(struct hub *hub)
{
    int64_t now = clock_now();

    LIST_EACH (node, &hub->sessions) {
        struct session *session = LIST_ENTRY(node, struct session, node);
        LIST_EACH (of_session, &session->channels) {
            struct channel *channel = LIST_ENTRY(of_session, struct channel, of_session);
            if (channel->state == CHANNEL_JOINED && claims_expired(channel->listener.claims, now))
                channel_fail(channel, say_expired(channel->mem, channel->listener.claims, now));
        }
    }
}

/* A socket without a channel is of no use to anybody. */
static void end_empty(struct hub *hub, int64_t now_us)
{
    LIST_EACH (node, &hub->sessions) {
        const struct session *session = LIST_ENTRY(node, struct session, node);
        if (session->nchannels == 0 && session->nrefusals == 0 && session->peer != NULL &&
            now_us - session->empty_us > hub->limits->empty_ms * 1000)
            hub->fns->close(hub->arg, session->peer, CLOSE_GOING_AWAY, STR("no channels"));
    }
}

/* Everything that was said to them may be lost: they start anew. */
static void end_overflown(struct hub *hub)
{
    LIST_EACH (node, &hub->sessions) {
        struct session *session = LIST_ENTRY(node, struct session, node);
        if (!session->overflown)
            continue;
        session->overflown = false;
        LIST_EACH (of_session, &session->channels)
            channel_fail(LIST_ENTRY(of_session, struct channel, of_session),
                         STR("gap: the client is too slow, messages were lost"));
    }
}

void hub_tick(struct hub *hub)
{
    int64_t now_us = clock_us();

    session_send_due(hub, now_us);
    end_overflown(hub);
    end_waits(hub, now_us);
    end_expired(hub);
    end_empty(hub, now_us);
    followers_end_waits(hub, now_us);
    if (hub->ring != NULL)
        ring_age(hub->ring, now_us);
    if (hub->trails != NULL)
        trails_age(hub->trails, now_us);
    hub_resume(hub);
    if (now_us - hub->asked_again_us < ASK_AGAIN_US)
        return;
    hub->asked_again_us = now_us;
    known_ask_again(hub);
    hub_go_on(hub);
}

struct position hub_seen(const struct hub *hub)
{
    return hub->seen;
}

struct hub_counts hub_counts(const struct hub *hub)
{
    return hub->counts;
}
