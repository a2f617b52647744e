/* Keeps the schema snapshot fresh: first load, LISTEN, debounce, back-off. The old snapshot
 * serves until the new one is whole; a failed load changes nothing. Runs on the control loop. */
#ifndef RELOAD_H
#define RELOAD_H

#include "base/config.h"
#include "gateways.h"
#include "loop/loop.h"
#include "schema/schema.h"

struct reload;

/* Loads once, blocking. NULL with the sentence in *why. */
const struct schema *reload_first(arena *mem, const struct config *config, str *why);

struct reload_fns {
    void (*loaded)(void *arg, const struct schema *schema, int64_t us); /* take a reference */
    void (*failed)(void *arg);
    void (*configure)(void *arg);                /* the settings are to be read again */
    void (*keys)(void *arg);                     /* the API keys are others now */
    void (*lost)(void *arg);                     /* the database is away */
    void (*refreshed)(void *arg, str relations); /* another instance has refreshed views */
};

/* What other gateways and the database's triggers say goes to `gateways`. */
struct reload *reload_open(struct loop *loop, const struct config *config,
                           struct gateways *gateways, const struct reload_fns *fns, void *arg);
void reload_take(struct reload *reload, const struct config *config); /* listens as it says, too */
void reload_now(struct reload *reload, const char *reason);           /* debounced */
void reload_close(struct reload **reload);

#endif
