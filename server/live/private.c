/* Private channels: their rights are asked for before the join is answered, and again with every
 * new token. */
#include "live/hub_inside.h"

struct asked {
    struct channel *channel;
    unsigned number;
};

static void take(struct channel *channel, unsigned rights)
{
    bool may = (rights & (RIGHT_HEAR | RIGHT_SEE)) != 0;

    channel->asking = false;
    channel->rights = rights;
    if (may && channel->state == CHANNEL_JOINING)
        channel_try(channel);
    if (may)
        return;
    str why = arena_printf(channel->mem,
                           "Unauthorized: You do not have permissions to read from this Channel "
                           "topic: %.*s",
                           STR_ARG(channel->name));
    if (channel->state == CHANNEL_JOINING)
        channel_refuse(channel, why);
    else
        channel_fail(channel, why);
}

static void on_rights(void *arg, unsigned rights)
{
    const struct asked *asked = arg;
    struct channel *channel = asked->channel;

    if (channel->state != CHANNEL_GONE && channel->asked == asked->number)
        take(channel, rights);
    listener_release(&channel->listener);
}

void private_ask(struct channel *channel)
{
    struct asked *asked = arena_new(channel->mem, struct asked);

    *asked = (struct asked){.channel = channel, .number = ++channel->asked};
    channel->asking = true;
    channel->listener.held++;
    rights_ask(channel->session->hub, channel->listener.claims, channel->name, on_rights, asked);
}
