/* See hub.h: the hub as a whole. What it consists of is in files of their own. */
#include "live/hub.h"

#include <stdlib.h>

#include "base/clock.h"
#include "live/hub_inside.h"

uint64_t hash_names(str a, str b, str c)
{
    return str_hash(c, str_hash(b, str_hash(a, STR_HASH_SEED) + 1) + 1);
}

struct hub *hub_new(const struct hub_fns *fns, str publication, void *arg)
{
    struct hub *hub = calloc(1, sizeof(*hub));

    if (hub == NULL)
        abort();
    hub->fns = fns;
    hub->arg = arg;
    hub->publication = publication;
    list_init(&hub->sessions);
    list_init(&hub->joining);
    list_init(&hub->delayed);
    list_init(&hub->batches);
    return hub;
}

/* The sockets are closed and no question is open. */
void hub_free(struct hub **hub)
{
    struct hub *last = *hub;

    *hub = NULL;
    batch_clear(last);
    known_forget(last);
    table_free(&last->topics);
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

void hub_go_on(struct hub *hub)
{
    LIST_EACH (node, &hub->joining)
        channel_try(LIST_ENTRY(node, struct channel, of_joining));
    batch_go_on(hub);
}

void hub_fresh(struct hub *hub)
{
    known_forget(hub);
    hub_go_on(hub);
}

/* ---- trouble ---- */

static bool listens(const struct channel *channel)
{
    for (int i = 0; i < channel->nbindings; i++)
        if (channel->bindings[i].watched != NULL)
            return true;
    return false;
}

static void each_channel(struct hub *hub, bool (*which)(const struct channel *), const char *why)
{
    LIST_EACH (node, &hub->sessions) {
        struct session *session = LIST_ENTRY(node, struct session, node);
        LIST_EACH (of_session, &session->channels) {
            struct channel *channel = LIST_ENTRY(of_session, struct channel, of_session);
            if (channel->state == CHANNEL_JOINED && which(channel))
                channel_fail(channel, str_from(why));
        }
    }
}

void hub_gap(struct hub *hub)
{
    batch_clear(hub);
    each_channel(hub, listens, "gap: changes were lost between the database and this channel");
}

static bool is_expired(const struct channel *channel)
{
    return channel->claims->expires != 0 && channel->claims->expires <= clock_now();
}

void hub_tick(struct hub *hub)
{
    session_send_due(hub, clock_us());
    each_channel(hub, is_expired, "Token has expired 0 seconds ago");
}

struct hub_counts hub_counts(const struct hub *hub)
{
    return hub->counts;
}
