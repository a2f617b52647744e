/* Listeners: their life, while batches point to them. */
#include "live/hub_inside.h"

static void free_unheld(struct listener *listener)
{
    if (!listener->alive && listener->held == 0)
        listener->fns->free(listener);
}

void listener_release(struct listener *listener)
{
    listener->held--;
    free_unheld(listener);
}

void listener_end(struct listener *listener)
{
    listener->alive = false;
    free_unheld(listener);
}
