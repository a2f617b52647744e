/* See follower.h. A subscription waits for the facts about its table, then it is active. */
#include "live/follower.h"

#include <stdlib.h>

#include "base/clock.h"
#include "live/hub_inside.h"

struct subscription {
    struct list node; /* of its follower: active, waiting or left */
    arena *mem;
    struct binding binding;
    bool rewinds;         /* it wants to hear what was before it was active, too, */
    struct position back; /* from here on */
    int64_t asked_us;
};

struct follower {
    struct listener listener;
    struct list node; /* hub->followers */
    const struct follower_fns *fns;
    void *arg;
    struct list active, waiting;
    struct list left; /* hits may point to them */
    int count;        /* active and waiting */
    int64_t last_id;
};

static struct follower *follower_of(const struct listener *listener)
{
    return LIST_ENTRY(listener, struct follower, listener);
}

static struct subscription *subscription_at(struct list *node)
{
    return LIST_ENTRY(node, struct subscription, node);
}

/* ---- as a listener ---- */

static void try(struct follower *follower, struct subscription *subscription);

static struct message *write_change(const struct listener *listener, arena *mem,
                                    const struct told *told)
{
    return follower_of(listener)->fns->write(mem, told);
}

static void send_change(struct listener *listener, struct message *message, const struct told *told)
{
    struct follower *follower = follower_of(listener);
    follower->fns->send(follower->arg, message, told);
}

/* What is passing is tried again. A policy that fails for one row has failed for all that were
 * asked about with it: they are asked about one by one. */
static void on_unjudged(struct listener *listener, const struct change *change, str why,
                        enum trouble trouble)
{
    struct follower *follower = follower_of(listener);

    if (trouble == TROUBLE_PASSING)
        listener_stall(listener, position_before(change->position));
    else if (listener->careful == 0)
        listener_be_careful(listener, position_before(change->position));
    else
        follower->fns->unjudged(follower->arg, change->position, why);
}

static void on_gap(struct listener *listener, struct position from, struct position to)
{
    struct follower *follower = follower_of(listener);

    for (struct list *node = follower->active.next; listener->lost && node != &follower->active;
         node = node->next) {
        struct binding *binding = &subscription_at(node)->binding;
        binding->want = binding->have_from = binding->have_to = to;
    }
    if (listener->lost)
        listener->after = to;
    follower->fns->gap(follower->arg, from, to);
}

/* What each subscription has had is not sent again. */
static void on_rewinding(struct listener *listener)
{
    const struct follower *follower = follower_of(listener);

    LIST_EACH (node, &follower->active) {
        struct subscription *subscription = subscription_at(node);
        struct binding *binding = &subscription->binding;
        binding->have_from = binding->want;
        binding->have_to = listener->cursor;
        /* Also where it is ahead of us: a slot repeats what a server that was killed has sent. */
        if (!listener_is_foreign(listener->hub, subscription->back))
            binding->want = subscription->back;
    }
}

static void on_caught_up(struct listener *listener, struct position position)
{
    struct follower *follower = follower_of(listener);

    LIST_EACH (node, &follower->active) {
        struct binding *binding = &subscription_at(node)->binding;
        binding->have_from = binding->have_to = (struct position){0, 0};
    }
    follower->fns->caught_up(follower->arg, position);
    LIST_EACH (node, &follower->waiting)
        try(follower, subscription_at(node));
}

static bool has_room(const struct listener *listener)
{
    const struct follower *follower = follower_of(listener);
    return follower->fns->has_room(follower->arg);
}

static void subscription_free(struct subscription *subscription)
{
    arena *mem = subscription->mem;

    list_remove(&subscription->node);
    arena_close(&mem);
}

static void free_left(struct listener *listener)
{
    struct follower *follower = follower_of(listener);

    LIST_EACH (node, &follower->left)
        subscription_free(subscription_at(node));
    if (listener->alive)
        return;
    claims_unref(&listener->claims);
    free(follower);
}

static const struct listener_fns listener_fns = {.write = write_change,
                                                 .send = send_change,
                                                 .unjudged = on_unjudged,
                                                 .gap = on_gap,
                                                 .rewinding = on_rewinding,
                                                 .caught_up = on_caught_up,
                                                 .has_room = has_room,
                                                 .unheld = free_left};

/* ---- life ---- */

struct follower *follower_new(struct hub *hub, const struct claims *claims,
                              const struct follower_fns *fns, void *arg)
{
    struct follower *follower = calloc(1, sizeof(*follower));

    if (follower == NULL)
        abort();
    *follower = (struct follower){.fns = fns, .arg = arg};
    listener_init(&follower->listener, hub, &listener_fns);
    follower->listener.claims = claims_ref(claims);
    follower->listener.sharing = fns;
    list_init(&follower->active);
    list_init(&follower->waiting);
    list_init(&follower->left);
    list_append(&hub->followers, &follower->node);
    hub_keep(hub);
    return follower;
}

static void leave(struct follower *follower, struct subscription *subscription)
{
    watch_stop(&subscription->binding, follower->listener.hub);
    list_remove(&subscription->node);
    list_append(&follower->left, &subscription->node);
    follower->count--;
}

void follower_close(struct follower **follower)
{
    struct follower *last = *follower;

    *follower = NULL;
    if (last == NULL)
        return;
    LIST_EACH (node, &last->active)
        leave(last, subscription_at(node));
    LIST_EACH (node, &last->waiting)
        leave(last, subscription_at(node));
    list_remove(&last->node);
    listener_end(&last->listener);
}

int follower_count(const struct follower *follower)
{
    return follower->count;
}

bool follower_position(const struct follower *follower, struct position *position)
{
    *position = batch_done(follower->listener.hub);
    return !follower->listener.catching && !list_empty(&follower->active);
}

/* ---- subscribing ---- */

static void answer(struct follower *follower, struct subscription *subscription,
                   enum follow_answer answer, str why)
{
    const struct binding *binding = &subscription->binding;
    bool earlier = position_order(subscription->back, binding->want) < 0;
    const struct followed followed = {
        .answer = answer,
        .id = binding->id,
        .json = binding->json,
        .why = why,
        .position = subscription->rewinds && earlier ? subscription->back : binding->want};

    if (answer != FOLLOW_ACTIVE)
        leave(follower, subscription);
    follower->fns->answered(follower->arg, &followed);
    if (follower->listener.held == 0)
        free_left(&follower->listener);
}

static void activate(struct follower *follower, struct subscription *subscription)
{
    struct hub *hub = follower->listener.hub;
    struct binding *binding = &subscription->binding;

    binding->want = hub->seen;
    list_remove(&subscription->node);
    list_append(&follower->active, &subscription->node);
    watch_start(binding, hub);
    if (subscription->rewinds)
        listener_rewind(&follower->listener, subscription->back);
    else
        subscription->back = hub->seen;
    answer(follower, subscription, FOLLOW_ACTIVE, (str){NULL, 0});
}

/* Can its table be followed? False when not, and then it is answered, or when nobody knows yet. */
static bool fits(struct follower *follower, struct subscription *subscription)
{
    struct hub *hub = follower->listener.hub;
    struct binding *binding = &subscription->binding;
    const struct known *known =
        known_find(hub, follower->listener.claims, binding->schema, binding->table);

    if (known->state == KNOWN_ASKED || known->state == KNOWN_TROUBLE)
        return false;
    str why = watch_wrong(subscription->mem, binding, known);
    if (known->state == KNOWN_NOTHING || !facts_reads(known->facts))
        answer(follower, subscription, FOLLOW_NO_TABLE,
               why.at != NULL ? why : STR("The role may read nothing of this table"));
    else if (why.at != NULL)
        answer(follower, subscription, known->facts->published ? FOLLOW_BAD : FOLLOW_NOT_SENT, why);
    else
        return watch_proven(hub, subscription->mem, binding, known->facts);
    return false;
}

/* Is it known by now whether this can be followed? Then it is answered. */
static void try(struct follower *follower, struct subscription *subscription)
{
    struct hub *hub = follower->listener.hub;
    struct binding *binding = &subscription->binding;
    bool waits = subscription->rewinds && follower->listener.rewound;

    if (binding->wrong.at != NULL)
        answer(follower, subscription, FOLLOW_BAD, binding->wrong);
    else if (hub->off)
        answer(follower, subscription, FOLLOW_UNREACHABLE,
               STR("Changes are off on this server (POSTERN_CHANGES)"));
    else if (!waits && hub->fns->streaming(hub->arg) &&
             (str_eq(binding->table, STR("*")) || fits(follower, subscription)))
        activate(follower, subscription);
}

int64_t follower_subscribe(struct follower *follower, str json, const struct position *since)
{
    arena *mem = arena_open();
    struct subscription *subscription = arena_new(mem, struct subscription);
    int64_t id = ++follower->last_id;

    subscription->mem = mem;
    subscription->asked_us = clock_us();
    subscription->rewinds = since != NULL;
    if (since != NULL)
        subscription->back = *since;
    watch_read_one(mem, arena_copy(mem, json), &follower->listener, &subscription->binding);
    subscription->binding.id = id;
    list_append(&follower->waiting, &subscription->node);
    follower->count++;
    try(follower, subscription);
    return id;
}

bool follower_unsubscribe(struct follower *follower, int64_t id)
{
    struct list *both[] = {&follower->active, &follower->waiting};

    for (int i = 0; i < 2; i++)
        LIST_EACH (node, both[i]) {
            if (subscription_at(node)->binding.id != id)
                continue;
            leave(follower, subscription_at(node));
            if (follower->listener.held == 0)
                free_left(&follower->listener);
            return true;
        }
    return false;
}

bool follower_since(struct follower *follower, struct position since)
{
    struct listener *listener = &follower->listener;

    if (listener->rewound)
        return false;
    LIST_EACH (node, &follower->active)
        subscription_at(node)->back = since;
    LIST_EACH (node, &follower->waiting) {
        struct subscription *subscription = subscription_at(node);
        subscription->back = since;
        subscription->rewinds = true;
    }
    listener_rewind(listener, since);
    return true;
}

void follower_go_on(struct follower *follower)
{
    struct hub *hub = follower->listener.hub;

    if (follower->listener.catching)
        hub->fns->soon(hub->arg);
}

/* ---- what the hub does with all of them ---- */

void followers_try(struct hub *hub)
{
    LIST_EACH (node, &hub->followers) {
        struct follower *follower = LIST_ENTRY(node, struct follower, node);
        LIST_EACH (of_follower, &follower->waiting)
            try(follower, subscription_at(of_follower));
    }
}

void followers_end_waits(struct hub *hub, int64_t now_us)
{
    LIST_EACH (node, &hub->followers) {
        struct follower *follower = LIST_ENTRY(node, struct follower, node);
        LIST_EACH (of_follower, &follower->waiting)
            if (now_us - subscription_at(of_follower)->asked_us > LIVE_JOIN_WAIT_MS * INT64_C(1000))
                answer(follower, subscription_at(of_follower), FOLLOW_UNREACHABLE,
                       STR("The database does not say whether this can be followed"));
    }
}

void followers_end_silent(struct hub *hub)
{
    LIST_EACH (node, &hub->followers) {
        struct follower *follower = LIST_ENTRY(node, struct follower, node);
        LIST_EACH (of_follower, &follower->active)
            if (watch_is_silent(hub, &subscription_at(of_follower)->binding))
                answer(follower, subscription_at(of_follower), FOLLOW_NOT_SENT,
                       STR("The table is not in the publication any more"));
    }
}

/* What waited to be judged is dropped: the ring has it, or there is a gap. */
void followers_go_back(struct hub *hub, enum loss loss)
{
    LIST_EACH (node, &hub->followers) {
        struct listener *listener = &LIST_ENTRY(node, struct follower, node)->listener;
        listener_resume(listener, batch_begin(hub));
        if (loss == LOSS_OF_STREAM)
            listener->lost = true;
    }
}
