/* What a worker tells, as bytes for other gateways. */
#ifndef LIVE_SPREAD_H
#define LIVE_SPREAD_H

#include "live/hub.h"

/* Appends a broadcast, a join or a leave. */
void spread_write(struct buf *buf, const struct spread *spread);

/* Reads what spread_write has written; the texts point into the bytes. False: it is something else.
 * spread_release lets its messages go. */
bool spread_read(str bytes, struct spread *spread);
void spread_release(struct spread *spread);

#endif
