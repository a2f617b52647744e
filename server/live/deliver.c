/* One judged change on its way out: encoded once for all who get the same, one frame a listener
 * and selection of columns, with the ids of all its bindings that want it. */
#include "live/batch_inside.h"
#include "live/payload.h"

enum { MADE_MAX = 16 };

/* What was made for one change already: many want the same. */
struct made {
    struct list node;
    const struct known *known;
    const struct binding *select;
    bool old_whole;
    str data;
};

struct delivery {
    struct batch *batch;
    const struct change *change;
    arena *mem;
    struct list made;
    struct {
        const void *sharing;
        unsigned format;
        str topic, ids, data;
        struct message *message;
    } frames[MADE_MAX];
    int nframes;
};

static bool is_visible(const struct hit *hit)
{
    if (hit->known->state != KNOWN_GOOD)
        return false;
    return hit->row.check == NULL || hit->row.check->visible[hit->row.row];
}

static bool shows_old(const struct change *change, const struct hit *hit)
{
    if (change->op == CHANGE_DELETE)
        return true; /* judged by its own row, or its key is all there is */
    return hit->old.check == NULL || hit->old.check->visible[hit->old.row];
}

static bool same_select(const struct binding *a, const struct binding *b)
{
    if (a->nselect != b->nselect)
        return false;
    for (int i = 0; i < a->nselect; i++)
        if (!str_eq(a->select[i], b->select[i]))
            return false;
    return true;
}

static const struct made *data_for(struct delivery *delivery, const struct hit *hit)
{
    bool old_whole = shows_old(delivery->change, hit);

    LIST_EACH (node, &delivery->made) {
        const struct made *made = LIST_ENTRY(node, struct made, node);
        if (made->known == hit->known && made->old_whole == old_whole &&
            same_select(made->select, hit->binding))
            return made;
    }
    const struct payload_options options = {.select = hit->binding->select,
                                            .nselect = hit->binding->nselect,
                                            .old_whole = old_whole,
                                            .max =
                                                (size_t)delivery->batch->hub->limits->change_bytes};
    struct made *made = arena_new(delivery->mem, struct made);
    *made = (struct made){.known = hit->known, .select = hit->binding, .old_whole = old_whole};
    made->data = payload_make(delivery->mem, delivery->change, hit->known->facts, &options);
    list_append(&delivery->made, &made->node);
    return made;
}

static str ids_of(arena *mem, const struct hit *first)
{
    struct buf ids;

    buf_init(&ids, mem, SIZE_MAX);
    for (const struct hit *hit = first; hit != NULL; hit = hit->next)
        buf_printf(&ids, "%s%lld", ids.len > 0 ? "," : "", (long long)hit->binding->id);
    return buf_str(&ids);
}

static struct message *frame_for(struct delivery *delivery, struct listener *listener,
                                 const struct told *told)
{
    for (int i = 0; i < delivery->nframes; i++)
        if (delivery->frames[i].sharing == listener->sharing &&
            delivery->frames[i].format == listener->format &&
            delivery->frames[i].data.at == told->data.at &&
            str_eq(delivery->frames[i].ids, told->ids) &&
            str_eq(delivery->frames[i].topic, listener->topic))
            return message_ref(delivery->frames[i].message);
    struct message *message = listener->fns->write(listener, delivery->mem, told);
    if (delivery->nframes < MADE_MAX) {
        int i = delivery->nframes++;
        delivery->frames[i].sharing = listener->sharing;
        delivery->frames[i].format = listener->format;
        delivery->frames[i].topic = listener->topic;
        delivery->frames[i].ids = told->ids;
        delivery->frames[i].data = told->data;
        delivery->frames[i].message = message_ref(message);
    }
    return message;
}

/* Takes off the hits that hear the same as the first. */
static struct hit *take_same(struct delivery *delivery, struct hit **hits, str *data)
{
    struct hit *same = NULL, **last_same = &same, **last_other = hits;

    *data = data_for(delivery, *hits)->data;
    for (struct hit *hit = *hits, *next; hit != NULL; hit = next) {
        next = hit->next;
        struct hit ***last =
            data_for(delivery, hit)->data.at == data->at ? &last_same : &last_other;
        **last = hit;
        *last = &hit->next;
    }
    *last_same = NULL;
    *last_other = NULL;
    return same;
}

/* Bindings that select the same columns hear of a change in one frame. */
static void send_to(struct delivery *delivery, struct listener *listener)
{
    struct hit *hits = listener->first_hit;

    listener->first_hit = NULL;
    while (hits != NULL && listener->alive) {
        struct told told = {.change = delivery->change};
        const struct hit *same = take_same(delivery, &hits, &told.data);
        told.ids = ids_of(delivery->mem, same);
        struct message *message = frame_for(delivery, listener, &told);
        listener->fns->send(listener, message, &told);
        message_unref(&message);
    }
}

/* Absent: it could be judged. */
static str trouble_of(const struct hit *hit, enum trouble *trouble)
{
    const struct check *row = hit->row.check, *old = hit->old.check;
    const struct check *check = row != NULL && row->why.at != NULL ? row : old;

    *trouble = TROUBLE_PASSING;
    if (hit->known->state == KNOWN_TROUBLE)
        return hit->known->why;
    if (check == NULL)
        return (str){NULL, 0};
    *trouble = check->trouble;
    return check->why;
}

/* Who cannot be judged hears why; the others lose nothing. */
static void add_hit(const struct delivery *delivery, struct hit *hit)
{
    struct listener *listener = hit->binding->listener;
    enum trouble trouble;
    str why = trouble_of(hit, &trouble);

    if (!listener->alive || listener->stalled)
        return;
    if (why.at != NULL) {
        listener->first_hit = NULL;
        listener->fns->unjudged(listener, delivery->change, why, trouble);
        return;
    }
    if (!is_visible(hit))
        return;
    if (!listener->fns->has_room(listener) &&
        listener_wait(listener, position_before(delivery->change->position))) {
        listener->first_hit = NULL;
        return;
    }
    if (listener->first_hit == NULL)
        listener->last_hit = &listener->first_hit;
    *listener->last_hit = hit;
    listener->last_hit = &hit->next;
}

void deliver_change(struct batch *batch, size_t i)
{
    struct delivery delivery = {.batch = batch, .change = batch->changes[i], .mem = arena_open()};
    size_t from = i == 0 ? 0 : batch->ends[i - 1];

    list_init(&delivery.made);
    for (size_t h = from; h < batch->ends[i]; h++)
        add_hit(&delivery, &batch->hits[h]);
    for (size_t h = from; h < batch->ends[i]; h++)
        if (batch->hits[h].binding->listener->first_hit != NULL)
            send_to(&delivery, batch->hits[h].binding->listener);
    for (int f = 0; f < delivery.nframes; f++)
        message_unref(&delivery.frames[f].message);
    arena_close(&delivery.mem);
}

struct position batch_done(const struct hub *hub)
{
    if (list_empty(&hub->batches))
        return hub->seen;
    return position_before(LIST_ENTRY(hub->batches.next, struct batch, node)->changes[0]->position);
}
