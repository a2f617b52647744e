/* What somebody may do in a private channel: the policies of realtime.messages say it, evaluated
 * on rows as the channel would insert them (sql/introspect/rights.sql), with realtime.topic set.
 * Source: Supabase, "Realtime Authorization". */
#ifndef LIVE_RIGHTS_H
#define LIVE_RIGHTS_H

#include "live/hub.h"

enum {
    RIGHT_HEAR = 1,       /* broadcasts */
    RIGHT_SEE = 2,        /* presence */
    RIGHT_SPEAK = 4,      /* broadcast */
    RIGHT_BE_PRESENT = 8, /* track */
    RIGHTS_ALL = 15
};

/* Calls done once, from the loop or at once; rights are 0 when it cannot be told. */
void rights_ask(struct hub *hub, const struct claims *claims, str topic,
                void (*done)(void *arg, unsigned rights), void *arg);

#endif
