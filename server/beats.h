/* What passes between the fleet in memory and others: beats are written down together once a
 * minute, and those that other gateways tell of by Redis are heard. On the control loop. */
#ifndef BEATS_H
#define BEATS_H

#include "base/config.h"
#include "fleet/fleet.h"
#include "loop/loop.h"

struct beats;

struct beats *beats_open(struct loop *loop, const struct config *config, struct fleet *fleet);
void beats_close(struct beats **beats);

/* At the end, when no worker runs any more: blocks until they are written, or cannot be. */
void beats_write_last(const struct config *config, struct fleet *fleet);

#endif
