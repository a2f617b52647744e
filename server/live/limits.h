/* What the live feed puts up with. Every cap is named here, or in struct live_limits
 * (base/config.h) if it is a setting. Source: reference "Wire protocol", 1.11. */
#ifndef LIVE_LIMITS_H
#define LIVE_LIMITS_H

#include "base/config.h"
#include "base/message.h"
#include "base/rate.h"

enum {
    LIVE_REPLAY_MAX = 25,               /* stored broadcasts of one join */
    LIVE_BINDINGS_MAX = 100,            /* postgres_changes of one channel */
    LIVE_PRESENCE_META_MAX = 16 << 10,  /* bytes of one presence */
    LIVE_NAME_MAX = 255,                /* bytes of a topic: as many as a binary frame can carry */
    LIVE_JOIN_MAX = 64 << 10,           /* bytes of what a join says */
    LIVE_JOIN_WAIT_MS = 8000,           /* for the database; clients give up after 10 s */
    LIVE_TRAILS_MAX = 16384,            /* of lost channels, of the process, 100 bytes each */
    LIVE_TRAIL_REFS = 16,               /* so far apart two clients cannot be told apart */
    LIVE_REJOIN_WAIT_MS = 30000,        /* since its socket or its last join: who comes back */
    LIVE_AHEAD_MAX_GIB = 1024,          /* how far behind the last change one may go on */
    LIVE_KNOWN_MAX = 10000,             /* tables known, by role */
    LIVE_PRESENCE_BYTES_MAX = 64 << 20, /* of all topics of a worker */
    LIVE_REFUSAL_DELAY_MS = 5000,       /* before a join is refused */
    LIVE_REFUSALS_MAX = 20,             /* of one socket that wait for their delay */
    LIVE_BATCH_BYTES_MAX = 64 << 20,    /* of changes that wait; more is a gap */
    LIVE_BATCH_CHANGES_MAX = 1000,      /* judged at a time */
    LIVE_RATE_SPAN_S = 10, /* rates are averages: so many seconds' worth may come at once */
    LIVE_CALLS_SPAN_S = 30 /* the same for the presence calls of one socket */
};

struct trails;

/* What all workers of the process count together, and who may come back to another one. */
struct live_meter {
    atomic_int connections;
    struct rate joins, presences;
    struct message_meter messages;
    struct trails *trails; /* see trail.h; NULL: off */
};

static inline bool rate_take_second(struct rate *rate, int64_t per_second, int64_t now_us)
{
    return rate_take(rate, per_second * LIVE_RATE_SPAN_S, LIVE_RATE_SPAN_S * INT64_C(1000000),
                     now_us);
}

#endif
