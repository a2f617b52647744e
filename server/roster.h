/* The fleet as Redis knows it, read once when a gateway starts, and each time Redis is there again:
 * what other gateways have heard meanwhile. On the control loop. */
#ifndef ROSTER_H
#define ROSTER_H

#include "fleet/fleet.h"
#include "kv/kv.h"
#include "loop/loop.h"

struct roster;

/* kv: for commands; outlived by the roster. */
struct roster *roster_new(struct loop *loop, struct fleet *fleet);
void roster_free(struct roster **roster); /* when kv is closed */

/* Others can be heard from now on: reads what they have said before, as soon as kv is up. */
void roster_read(struct roster *roster, struct kv *kv);
void roster_stop(struct roster *roster); /* before kv is closed */

#endif
