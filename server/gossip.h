/* What gateways of one database tell one another of the live feed: broadcasts, who is present, and
 * that they are alive. By Redis when it is configured, else by NOTIFY. Alone a gateway says hello
 * once and nothing more. On the control loop; gossip_tell is for workers. */
#ifndef GOSSIP_H
#define GOSSIP_H

#include "base/config.h"
#include "live/hub.h"
#include "loop/loop.h"

enum {
    GOSSIP_ALIVE_MS = 2000,  /* between signs of life, while there are others */
    GOSSIP_SILENT_MS = 7000, /* without one: it is gone, and who was present there */
    GOSSIP_PEERS_MAX = 64,
    GOSSIP_NOTIFIED_MAX = 256 << 10 /* bytes of a broadcast by NOTIFY; a larger one stays here */
};

struct gossip;

/* To all workers of this process; the spread is lent. */
typedef void gossip_fn(void *arg, const struct spread *spread);

struct gossip *gossip_new(struct loop *loop, const struct config *config);
void gossip_open(struct gossip *gossip, gossip_fn *fn, void *arg);

/* From any thread. Costs nothing while there are no others. */
void gossip_tell(struct gossip *gossip, const struct spread *spread);

/* What came by Redis, or in a notification that began with "live ". */
void gossip_hear(struct gossip *gossip, str text);
void gossip_hear_notice(struct gossip *gossip, str text);
/* Others can be heard: now, or again. */
void gossip_hello(struct gossip *gossip);

struct kv *gossip_kv(const struct gossip *gossip); /* for commands; NULL: by NOTIFY */

void gossip_bye(struct gossip *gossip); /* the loop still runs: who was present here leaves */
void gossip_close(struct gossip *gossip);
void gossip_free(struct gossip **gossip);

#endif
