/* The live feed of one worker, put together: sockets (ws), the hub (live), the database (pg) and
 * tokens (auth). Everything on the worker's loop. */
#ifndef FEED_H
#define FEED_H

#include "changes.h"
#include "live/hub.h"

struct feed;
struct worker;
struct api_keys;

struct feed *feed_new(struct worker *worker);
void feed_adopt(struct feed *feed, int fd); /* a socket that wants to become a WebSocket */
/* The same when http has read its head. */
void feed_adopt_read(struct feed *feed, int fd, str head, str behind);
void feed_drain(struct feed *feed); /* clients are told to come back later */
struct hub *feed_hub(const struct feed *feed);
bool feed_streaming(const struct feed *feed); /* changes arrive */
int feed_connections(const struct feed *feed);
void feed_close(struct feed *feed);
void feed_free(struct feed **feed);

/* What the control loop and the other workers give, on the worker's loop. */
void feed_take_changes(struct feed *feed, const struct change_list *list);
void feed_set_streaming(struct feed *feed, bool streaming, bool gap, uint64_t from);
void feed_schema_changed(struct feed *feed);
/* Sockets and streams that a key has opened which is not good any more are closed. */
struct list *feed_keyed(struct feed *feed); /* for who keeps one open: see keyed.h */
void feed_keys_changed(struct feed *feed, const struct api_keys *keys);
void feed_take_spread(struct feed *feed, const struct spread *spread);

#endif
