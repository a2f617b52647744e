/* The live feed of one worker: sockets, their channels, what they subscribe to. Pure: sockets, the
 * database, tokens and the other workers are function pointers, set by server/feed.c.
 *
 * A socket (session) speaks Phoenix frames (phoenix.h); it joins channels (channel.c); a channel
 * hears a topic's broadcasts and presence (topic.c) and the changes of tables (watch.c); changes
 * come in batches, which are judged and delivered in order (batch.c).
 * Source: supabase/realtime; reference "Wire protocol". */
#ifndef LIVE_HUB_H
#define LIVE_HUB_H

#include "base/claims.h"
#include "base/message.h"
#include "live/change.h"
#include "live/limits.h"
#include "live/phoenix.h"
#include "live/ring.h"

struct hub;
struct session;
struct peer;

/* cells: row after row; why: absent, or why there is no answer. */
struct found {
    str why, code; /* code: an SQLSTATE, or one of ours */
    bool passing;  /* the database is away: asking again has hope */
    const str *cells;
    int nrows, ncolumns;
};

/* A question to the database, asked under the claims in a transaction that only reads. Whoever
 * asks makes it with question_new; it is freed after done. */
struct question {
    arena *mem;
    const struct claims *claims; /* a reference */
    str sql;
    str topic; /* realtime.topic in its transaction; absent: none */
    str *params;
    int nparams;
    void (*done)(struct question *question, const struct found *found);
    void *arg;
};

/* What one worker tells the others, also those of other gateways. All of it is counted or copied.
 */
enum spread_kind {
    SPREAD_BROADCAST,
    SPREAD_JOIN,
    SPREAD_LEAVE,
    SPREAD_GONE, /* a gateway: whoever was present there leaves */
    SPREAD_ASK,  /* a gateway has come: each tells once more who is present with it */
    SPREAD_KEEP  /* somebody listens to changes: they are worth keeping */
};
struct spread {
    enum spread_kind kind;
    uint64_t origin; /* the gateway that says so; 0: this one */
    bool private;
    str topic;
    struct message *frames[2]; /* by vsn, of a broadcast; NULL: not for that version */
    str key, ref, meta;        /* of a presence */
};

struct hub_fns {
    void (*send)(void *arg, struct peer *peer, struct message *message);
    void (*close)(void *arg, struct peer *peer, int code, str reason);
    void (*ask)(void *arg, struct question *question);
    void (*spread)(void *arg, const struct spread *spread);
    /* NULL and a reference in *claims, or why the token is refused, in mem. */
    const char *(*verify)(void *arg, arena *mem, str token, const struct claims **claims);
    bool (*streaming)(void *arg);                         /* changes arrive */
    bool (*has_room)(void *arg, const struct peer *peer); /* not much waits to be sent to it */
    void (*soon)(void *arg); /* calls hub_resume at another turn of the loop */
};

/* Lent for the life of the hub. */
struct hub_setup {
    str publication;
    str tenant_column; /* absent: there is no fence between tenants */
    const struct live_limits *limits;
    struct live_meter *meter; /* shared by the workers */
    struct ring_options ring;
    bool off; /* changes will never come */
    /* Positions are numbers that this server gives: no other knows them, and it knows no others. */
    bool numbers;
};
struct hub *hub_new(const struct hub_fns *fns, const struct hub_setup *setup, void *arg);
void hub_free(struct hub **hub);
void hub_tick(struct hub *hub); /* a few times a second: delays, expiry */

/* A socket. The claims are those of its token. */
struct session *session_new(struct hub *hub, enum vsn vsn, const struct claims *claims);
void session_open(struct session *session, struct peer *peer);
void session_receive(struct session *session, enum message_kind kind, str payload);
void session_overflow(struct session *session); /* it is too slow and has lost messages: noted */
void session_close(struct session *session);    /* frees it */

/* Changes of committed transactions, in order; the list is the caller's. */
void hub_changes(struct hub *hub, const struct change *const *changes, size_t count);
/* The stream begins at this position of the log. gap: what came before may be lost to it, everybody
 * who listens is told. */
void hub_stream(struct hub *hub, uint64_t from, bool gap);
void hub_resume(struct hub *hub); /* the next portion for all who catch up */
/* The feed is up, the schema may have changed: facts are read anew; waiting joins go on. */
void hub_fresh(struct hub *hub);

/* A broadcast that comes from outside of the channels: to all who hear the topic, everywhere. */
struct publication {
    str topic;
    bool private;
    str event, payload; /* JSON, unless it is bytes */
    bool binary;
    str meta; /* JSON, or empty */
};
void hub_publish(struct hub *hub, const struct publication *what);
/* The same for one who may not: to a private topic, if the policies let the claims speak there.
 * done, which may be NULL, is told; all texts are copied. */
void hub_publish_as(struct hub *hub, const struct claims *claims, const struct publication *what,
                    void (*done)(void *arg, bool allowed), void *arg);
/* Rows that were inserted into realtime.messages are broadcasts. */
void hub_publish_stored(struct hub *hub, const struct change *const *changes, size_t count);

void hub_take_spread(struct hub *hub, const struct spread *spread); /* from another worker */

/* The last change that came. */
struct position hub_seen(const struct hub *hub);

struct hub_counts {
    size_t sessions, channels, bindings;
};
struct hub_counts hub_counts(const struct hub *hub);

#endif
