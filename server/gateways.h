/* What this process shares with other gateways of the same database: the fleet, and what they tell
 * one another. On the control loop. */
#ifndef GATEWAYS_H
#define GATEWAYS_H

#include "base/config.h"
#include "fleet/fleet.h"
#include "gossip.h"
#include "limit/limit.h"
#include "loop/loop.h"

struct gateways;

struct gateways *gateways_new(struct loop *loop, const struct config *config);
struct fleet *gateways_fleet(const struct gateways *gateways);
struct limits *gateways_limits(const struct gateways *gateways); /* NULL: none */
struct gossip *gateways_gossip(const struct gateways *gateways);
/* The loop is about to run; fn gets what others tell of the live feed. */
void gateways_open(struct gateways *gateways, gossip_fn *fn, void *arg);

/* A notification on the channel "postern", and whether those can be heard. */
void gateways_hear(struct gateways *gateways, str payload);
void gateways_set_hearing(struct gateways *gateways, bool hearing);

void gateways_bye(struct gateways *gateways);   /* the loop is about to end */
void gateways_close(struct gateways *gateways); /* it has ended */
void gateways_free(struct gateways **gateways); /* no worker runs: writes down the last beats */

#endif
