/* The snapshot that /ws sends, of one worker: asks the curated route /api/ws-snapshot again and
 * again, once for all clients, and only while there are some. */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "live/plain.h"

enum { SNAPSHOT_EVERY_MS = 2000 };

struct snapshot;
struct worker;

struct snapshot *snapshot_new(struct worker *worker, struct plain *plain);
bool snapshot_is_possible(const struct worker *worker); /* there is such a route */
void snapshot_wanted(struct snapshot *snapshot);        /* somebody came: ask now */
void snapshot_close(struct snapshot *snapshot);
bool snapshot_free(struct snapshot **snapshot); /* false: a question is open, it lives on */

#endif
