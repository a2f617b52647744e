/* One judged change on its way out: encoded once for all who get the same, one frame a channel with
 * the ids of all its bindings that want it. */
#include "live/batch_inside.h"
#include "live/payload.h"

enum { MADE_MAX = 16 };

/* What was made for one change already: many channels want the same. */
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
        enum vsn vsn;
        str topic, ids;
        const struct made *data;
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

static const struct made *data_for(struct delivery *delivery, const struct hit *hit)
{
    const struct binding *select = hit->binding->select == NULL ? NULL : hit->binding;
    bool old_whole = shows_old(delivery->change, hit);

    LIST_EACH (node, &delivery->made) {
        const struct made *made = LIST_ENTRY(node, struct made, node);
        if (made->known == hit->known && made->select == select && made->old_whole == old_whole)
            return made;
    }
    const struct payload_options options = {.select = hit->binding->select,
                                            .nselect = hit->binding->nselect,
                                            .old_whole = old_whole,
                                            .max = LIVE_CHANGE_MAX};
    struct made *made = arena_new(delivery->mem, struct made);
    *made = (struct made){.known = hit->known, .select = select, .old_whole = old_whole};
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

static struct message *frame_for(struct delivery *delivery, const struct channel *channel)
{
    enum vsn vsn = channel->session->vsn;
    const struct made *data = data_for(delivery, channel->first_hit);
    str ids = ids_of(delivery->mem, channel->first_hit);

    for (int i = 0; i < delivery->nframes; i++)
        if (delivery->frames[i].vsn == vsn && delivery->frames[i].data == data &&
            str_eq(delivery->frames[i].ids, ids) &&
            str_eq(delivery->frames[i].topic, channel->full))
            return message_ref(delivery->frames[i].message);
    struct buf payload;
    buf_init(&payload, delivery->mem, SIZE_MAX);
    buf_printf(&payload, "{\"ids\":[%.*s],\"data\":", STR_ARG(ids));
    buf_put(&payload, data->data);
    buf_putc(&payload, '}');
    const struct out out = {
        .topic = channel->full, .event = STR("postgres_changes"), .payload = buf_str(&payload)};
    struct message *message = frame_write(delivery->mem, vsn, &out);
    if (delivery->nframes < MADE_MAX) {
        int i = delivery->nframes++;
        delivery->frames[i].vsn = vsn;
        delivery->frames[i].topic = channel->full;
        delivery->frames[i].ids = ids;
        delivery->frames[i].data = data;
        delivery->frames[i].message = message_ref(message);
    }
    return message;
}

static void send_to(struct delivery *delivery, struct channel *channel)
{
    struct hub *hub = delivery->batch->hub;

    if (channel->state == CHANNEL_JOINED) {
        struct message *message = frame_for(delivery, channel);
        hub->fns->send(hub->arg, channel->session->peer, message);
        message_unref(&message);
    }
    channel->first_hit = NULL;
}

/* One frame a channel, with the ids of all its bindings that want the change. */
void deliver_change(struct batch *batch, size_t i)
{
    struct delivery delivery = {.batch = batch, .change = batch->changes[i], .mem = arena_open()};
    size_t from = i == 0 ? 0 : batch->ends[i - 1];

    list_init(&delivery.made);
    for (size_t h = from; h < batch->ends[i]; h++) {
        struct hit *hit = &batch->hits[h];
        struct channel *channel = hit->binding->channel;
        if (!is_visible(hit) || channel->state != CHANNEL_JOINED)
            continue;
        if (channel->first_hit == NULL)
            channel->last_hit = &channel->first_hit;
        *channel->last_hit = hit;
        channel->last_hit = &hit->next;
    }
    for (size_t h = from; h < batch->ends[i]; h++)
        if (batch->hits[h].binding->channel->first_hit != NULL)
            send_to(&delivery, batch->hits[h].binding->channel);
    for (int f = 0; f < delivery.nframes; f++)
        message_unref(&delivery.frames[f].message);
    arena_close(&delivery.mem);
}
