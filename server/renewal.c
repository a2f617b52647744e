/* See renewal.h. */
#include "renewal.h"

#include "configure.h"

static void read_in_thread(void *arg)
{
    struct renewal *renewal = arg;

    if (configure(renewal->given, renewal->mem, &renewal->config, &renewal->why) != CONFIGURED)
        return;
    config_keep(&renewal->config, renewal->given);
    renewal->keys = keys_new(renewal->mem, &renewal->config, &renewal->why);
}

static void on_read(void *arg)
{
    struct renewal *renewal = arg;
    renewal->done(renewal->arg, renewal);
}

struct renewal *renewal_start(struct loop *loop, const struct config *given,
                              void (*done)(void *arg, struct renewal *renewal), void *arg)
{
    arena *mem = arena_open();
    struct renewal *renewal = arena_new(mem, struct renewal);

    *renewal = (struct renewal){.mem = mem, .given = given, .done = done, .arg = arg};
    loop_work(loop, read_in_thread, on_read, renewal);
    return renewal;
}

void renewal_free(struct renewal *renewal)
{
    arena *mem = renewal->mem;

    keys_unref(&renewal->keys);
    arena_close(&mem);
}
