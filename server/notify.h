/* Texts to all who listen on PostgreSQL's channel "postern", in order: NOTIFY on a connection of
 * its own, which is opened when there is something to say. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "base/config.h"
#include "loop/loop.h"

enum { NOTIFY_TEXT_MAX = 7900, NOTIFY_WAITING_MAX = 4 << 20 };

struct notify;

struct notify *notify_new(struct loop *loop, const struct config *config);
/* At most NOTIFY_TEXT_MAX bytes of UTF-8. What cannot be sent is lost, and logged. */
void notify_say(struct notify *notify, str text);
/* There is nothing to say for a while: the connection is closed, unless it is at work. */
void notify_rest(struct notify *notify);
void notify_free(struct notify **notify); /* what is under way is still said */

#endif
