/* A channel of realtime-js that was lost and joins again gets what it missed: where it was is known
 * by its trail (trail.h), what came since by the ring.
 *
 * What counts is what has certainly arrived. realtime-js closes its socket when a heartbeat is not
 * answered, so its next one proves that everything that was sent before that answer is there. */
#include "base/clock.h"
#include "base/json.h"
#include "live/hub_inside.h"
#include "live/trail.h"

static int64_t number_of(str ref)
{
    int64_t number;

    if (json_kind_of(ref) == JSON_STRING)
        ref = (str){ref.at + 1, ref.len - 2};
    return str_int(ref, &number) && number > 0 ? number : 0;
}

void rejoin_count(struct session *session, str ref)
{
    int64_t number = number_of(ref);

    if (session->first_ref == 0)
        session->first_ref = number;
    if (number > session->last_ref)
        session->last_ref = number;
}

/* ---- who asks for what ---- */

static uint64_t add(uint64_t hash, str part)
{
    return str_hash(part, hash) + part.len + 1;
}

static uint64_t add_binding(uint64_t hash, const struct binding *binding)
{
    hash = add(add(add(hash, binding->schema), binding->table), binding->filter);
    for (int i = 0; i < binding->nselect; i++)
        hash = add(hash, binding->select[i]);
    return hash * (WANTS_ALL + 1) + binding->wants;
}

static uint64_t key_of(const struct channel *channel)
{
    const struct claims *claims = channel->listener.claims;
    uint64_t hash = add(add(STR_HASH_SEED + channel->private, claims->role), claims->subject);

    hash = add(hash, channel->full);
    for (int i = 0; i < channel->nbindings; i++)
        hash = add_binding(hash, &channel->bindings[i]);
    return hash;
}

/* ---- joining ---- */

/* The clients join what they had as soon as they can; what they join later they have not had. */
static bool was_here(const struct channel *channel, uint64_t key, struct missed *missed)
{
    const struct session *session = channel->session;
    const struct comer comer = {
        .key = key, .socket = session->number, .first_ref = session->first_ref};

    if (clock_us() - session->rejoins_us > LIVE_REJOIN_WAIT_MS * INT64_C(1000))
        return false;
    return (session->first_ref > 1 || session->has_lost) &&
           trails_follow(session->hub->trails, &comer, missed);
}

static bool is_kept(const struct hub *hub, const struct missed *missed)
{
    return !missed->unknown && !listener_is_foreign(hub, missed->from) &&
           position_order(missed->from, ring_from(hub->ring)) >= 0;
}

/* It would begin anew by phx_error, and come to the same: it is told, and goes on. */
static void resume(struct channel *channel, const struct missed *missed)
{
    struct hub *hub = channel->session->hub;

    if (is_kept(hub, missed)) {
        channel->noted = missed->from;
        listener_resume(&channel->listener, missed->from);
    } else
        channel_system(channel, "system", "error",
                       STR("gap: what this channel has missed is not kept any more"));
}

void rejoin_joined(struct channel *channel)
{
    struct session *session = channel->session;
    struct hub *hub = session->hub;
    struct missed missed;

    if (hub->trails == NULL || session->last_ref == 0 || !channel_listens(channel))
        return;
    uint64_t key = key_of(channel);
    channel->noted = hub->seen;
    if (was_here(channel, key, &missed))
        resume(channel, &missed);
    channel->trail = trail_new(hub->trails, key, session->number);
    trail_note(channel->trail, session->last_ref, channel->noted);
}

/* ---- what has arrived ---- */

static struct position told(const struct listener *listener)
{
    return listener->catching ? listener->cursor : batch_done(listener->hub);
}

void rejoin_note(struct session *session)
{
    if (session->overflown) /* something that was sent before this will never arrive */
        return;
    LIST_EACH (node, &session->channels) {
        struct channel *channel = LIST_ENTRY(node, struct channel, of_session);
        if (channel->trail == NULL)
            continue;
        trail_note(channel->trail, session->last_ref, channel->noted);
        struct position position = told(&channel->listener);
        if (position_order(position, channel->noted) > 0)
            channel->noted = position;
    }
}

void rejoin_renamed(struct channel *channel)
{
    if (channel->trail != NULL)
        trail_rename(channel->trail, key_of(channel));
}

/* ---- parting ---- */

void rejoin_lost(struct channel *channel)
{
    struct session *session = channel->session;

    session->rejoins_us = clock_us();
    if (channel->trail == NULL)
        return;
    session->has_lost = true;
    trail_lose(&channel->trail, session->last_ref, clock_us());
}

void rejoin_left(struct channel *channel)
{
    trail_free(&channel->trail);
}
