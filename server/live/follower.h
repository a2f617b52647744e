/* One who follows changes of tables without the protocol of realtime-js: a client of /ws, a stream
 * of server-sent events. It has subscriptions, each with the grammar of realtime-js's
 * postgres_changes, and can go on where it was: none missing, none twice, or it is told of a gap.
 */
#ifndef LIVE_FOLLOWER_H
#define LIVE_FOLLOWER_H

#include "live/hub.h"

struct follower;

/* One change for one listener. data and ids (of all its bindings that want it) are JSON. */
struct told {
    const struct change *change;
    str ids, data;
};

enum follow_answer {
    FOLLOW_ACTIVE,     /* what is committed from now on is sent */
    FOLLOW_BAD,        /* the request is wrong */
    FOLLOW_NO_TABLE,   /* or the role may not read it */
    FOLLOW_NOT_SENT,   /* the table's changes are not in the publication */
    FOLLOW_UNREACHABLE /* the database does not say */
};

struct followed {
    enum follow_answer answer;
    int64_t id;               /* of the subscription */
    str json;                 /* as the client sent it */
    str why;                  /* unless it is active */
    struct position position; /* it hears what stands behind this */
};

/* Called from the hub, never from inside of a function of the follower but follower_subscribe. None
 * of them may free the follower. */
struct follower_fns {
    /* Encodes a change, once for all followers with the same functions. */
    struct message *(*write)(arena *mem, const struct told *told);
    void (*send)(void *arg, struct message *message, const struct told *told);
    void (*answered)(void *arg, const struct followed *followed);
    /* What stands behind from, up to to, is lost. */
    void (*gap)(void *arg, struct position from, struct position to);
    /* A change that cannot be judged is not sent: a policy fails. */
    void (*unjudged)(void *arg, struct position position, str why);
    /* All that was missed has been sent: from now on it is what is new. */
    void (*caught_up)(void *arg, struct position position);
    bool (*has_room)(void *arg); /* more may be sent */
};

struct follower *follower_new(struct hub *hub, const struct claims *claims,
                              const struct follower_fns *fns, void *arg);
void follower_close(struct follower **follower); /* nothing is called any more */

/* json: {"schema"?, "table", "event"?, "filter"?, "select"?}. since: NULL is now. Answered by
 * `answered`, perhaps at once. Returns its number. */
int64_t follower_subscribe(struct follower *follower, str json, const struct position *since);
bool follower_unsubscribe(struct follower *follower, int64_t id); /* false: there is no such */
int follower_count(const struct follower *follower);              /* subscriptions */

/* Up to where it has been told everything there is for it; false while it catches up. */
bool follower_position(const struct follower *follower, struct position *position);

/* has_room has said no, and would say yes now. */
void follower_go_on(struct follower *follower);

/* Sends what the subscriptions have missed since then; false: it is at it already. */
bool follower_since(struct follower *follower, struct position since);

#endif
