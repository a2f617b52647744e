/* Listeners: their life while batches point to them, and how one that has missed something catches
 * up: from the ring, portion by portion, before it hears what is new. Each portion is judged as if
 * it were new, and the next one waits until the client has room for it. */
#include "base/clock.h"
#include "live/hub_inside.h"

enum { RETRY_US = 1000000 };

void listener_init(struct listener *listener, struct hub *hub, const struct listener_fns *fns)
{
    *listener = (struct listener){.fns = fns, .hub = hub, .sharing = fns, .alive = true};
    list_init(&listener->of_catching);
}

void listener_rename(struct listener *listener, const struct claims *claims)
{
    const struct claims *former = listener->claims;

    listener->claims = claims_ref(claims);
    claims_unref(&former);
}

void listener_release(struct listener *listener)
{
    if (--listener->held == 0)
        listener->fns->unheld(listener);
}

void listener_end(struct listener *listener)
{
    listener->alive = false;
    listener->catching = false;
    list_remove(&listener->of_catching);
    if (listener->held == 0)
        listener->fns->unheld(listener);
}

/* ---- catching up ---- */

void listener_resume(struct listener *listener, struct position from)
{
    struct hub *hub = listener->hub;

    if (listener->catching)
        return;
    listener->catching = true;
    listener->cursor = from;
    list_append(&hub->catching, &listener->of_catching);
    hub->fns->soon(hub->arg);
}

bool listener_wait(struct listener *listener, struct position from)
{
    const struct ring *ring = listener->hub->ring;

    if (ring == NULL || position_order(from, ring_from(ring)) < 0)
        return false;
    listener_stall(listener, from);
    listener->retry_us = 0;
    return true;
}

void listener_stall(struct listener *listener, struct position from)
{
    listener->stalled = true;
    listener->retry_us = clock_us() + RETRY_US;
    listener_resume(listener, from);
    listener->cursor = from;
}

void listener_be_careful(struct listener *listener, struct position from)
{
    listener_stall(listener, from);
    listener->retry_us = 0;
    listener->careful = LIVE_PORTION;
}

void listener_rewind(struct listener *listener, struct position to)
{
    if (!listener->rewinds || position_order(to, listener->rewind) < 0)
        listener->rewind = to;
    listener->rewinds = true;
    listener_resume(listener, batch_begin(listener->hub));
}

static void finish(struct listener *listener)
{
    listener->catching = listener->rewound = false;
    listener->careful = 0;
    listener->after = listener->hub->seen;
    list_remove(&listener->of_catching);
    listener->fns->caught_up(listener, listener->after);
}

/* Nothing that it has been given before is still on its way: what follows comes in order. */
static bool may_go_on(const struct listener *listener, int64_t now_us)
{
    return listener->held == 0 && now_us >= listener->retry_us && listener->fns->has_room(listener);
}

/* PostgreSQL's own log goes on behind the last change that came, as not everything that is written
 * is a change. */
bool listener_is_foreign(const struct hub *hub, struct position position)
{
    uint64_t ahead = hub->numbers ? 0 : (uint64_t)LIVE_AHEAD_MAX_GIB << 30;

    return position.lsn > hub->seen.lsn && position.lsn - hub->seen.lsn > ahead;
}

/* What stands between such a position and ours nobody knows: that is a gap, too. */
static void rewind_now(struct listener *listener)
{
    const struct hub *hub = listener->hub;

    listener->rewinds = false;
    listener->rewound = true;
    listener->fns->rewinding(listener);
    if (listener_is_foreign(hub, listener->rewind))
        listener->fns->gap(listener, listener->rewind, hub->seen);
    if (position_order(listener->rewind, listener->cursor) < 0)
        listener->cursor = listener->rewind;
}

static void go_on(struct listener *listener)
{
    const struct change *changes[LIVE_PORTION];
    const struct ring *ring = listener->hub->ring;
    struct position from = ring_from(ring);

    if (listener->rewinds)
        rewind_now(listener);
    if (listener->lost || position_order(listener->cursor, from) < 0) {
        listener->fns->gap(listener, listener->cursor, from);
        listener->cursor = from;
        listener->lost = false;
    }
    size_t max = listener->careful > 0 ? 1 : LIVE_PORTION;
    size_t count = ring_take(ring, listener->cursor, changes, max);
    if (count == 0)
        finish(listener);
    else
        batch_replay(listener, changes, count);
}

void listener_portion_ended(struct listener *listener, struct position end)
{
    if (!listener->catching || listener->stalled)
        return;
    listener->careful -= listener->careful > 0;
    listener->cursor = end;
    listener->hub->fns->soon(listener->hub->arg);
}

void hub_resume(struct hub *hub)
{
    int64_t now_us = clock_us();

    LIST_EACH (node, &hub->catching) {
        struct listener *listener = LIST_ENTRY(node, struct listener, of_catching);
        if (may_go_on(listener, now_us))
            go_on(listener);
    }
}

/* ---- what is kept for them ---- */

/* Nothing is kept before somebody listens, here or on another worker: it may come back to this
 * one. */
void hub_keep(struct hub *hub)
{
    const struct spread spread = {.kind = SPREAD_KEEP};

    if (hub->ring != NULL)
        return;
    hub_start_ring(hub);
    hub->fns->spread(hub->arg, &spread);
}

void hub_start_ring(struct hub *hub)
{
    if (hub->ring != NULL)
        return;
    hub->ring = ring_new(&hub->ring_options);
    ring_start(hub->ring, hub->seen);
}
