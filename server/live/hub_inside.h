/* The nouns inside of a hub, for live/ alone; see hub.h. */
#ifndef LIVE_HUB_INSIDE_H
#define LIVE_HUB_INSIDE_H

#include "base/buf.h"
#include "base/table.h"
#include "live/facts.h"
#include "live/filter.h"
#include "live/follower.h"
#include "live/hub.h"
#include "live/rights.h"
#include "live/ring.h"

/* What is known of one table for one role, or is being asked. Counted: batches hold some while
 * newer facts are read already. */
enum known_state {
    KNOWN_ASKED,
    KNOWN_GOOD,
    KNOWN_NOTHING, /* no such table, or it cannot be read */
    KNOWN_TROUBLE  /* the database did not say: asked again soon */
};
struct known {
    struct table_node node; /* hub->known */
    int refs;
    arena *mem;
    str role, schema, table;
    enum known_state state;
    const struct facts *facts; /* KNOWN_GOOD */
    str why;                   /* KNOWN_TROUBLE */
};

struct hub {
    const struct hub_fns *fns;
    void *arg;
    str publication;
    str tenant_column;
    const struct live_limits *limits;
    struct live_meter *meter;
    struct trails *trails; /* NULL: switched off */
    struct ring_options ring_options;
    bool off, numbers;    /* see struct hub_setup */
    bool looks_again;     /* tables that are watched may have left the publication */
    struct table topics;  /* struct topic */
    struct table watched; /* struct watched */
    struct table known;   /* struct known */
    struct list sessions;
    struct list joining; /* channels that wait for facts or for the feed */
    struct list delayed; /* struct delayed */
    struct list batches; /* the first one is being judged */
    struct list replays; /* batches for one listener that catches up */
    struct list catching, followers;
    struct ring *ring;    /* NULL: nobody has listened yet */
    struct position seen; /* the last change that came */
    size_t batch_bytes, presence_bytes;
    uint64_t last_batch;    /* number */
    int64_t asked_again_us; /* what was KNOWN_TROUBLE */
    uint64_t last_ref;      /* of a presence */
    struct hub_counts counts;
};

/* Where changes were dropped: from what is here, and the ring may have them; or before. */
enum loss { LOSS_HERE, LOSS_OF_STREAM };

/* Can it be tried again with hope? */
enum trouble { TROUBLE_LASTING, TROUBLE_PASSING };

/* Who hears changes: a channel of realtime-js, or a follower. Part of its owner, which says how a
 * change is written for it and sent. */
struct listener {
    const struct listener_fns *fns;
    struct hub *hub;
    const struct claims *claims; /* a reference */
    const void *sharing; /* listeners that share what is written have these three in common */
    unsigned format;
    str topic;
    bool alive; /* may be told */
    int held;   /* what points here, hits of batches and questions: not freed before */
    struct hit *first_hit, **last_hit; /* of the change that is being delivered */

    /* catching up: live changes are not for it until it is done */
    struct list of_catching; /* hub->catching */
    bool catching;
    bool lost;              /* the stream has begun anew: no position of before counts */
    bool rewinds, rewound;  /* it is to go back further than it is; it has */
    bool stalled;           /* the rest of the batch at hand is not for it: it is tried again */
    size_t careful;         /* so many changes are judged one by one */
    struct position cursor; /* what is up to here it has, while it is catching up */
    struct position rewind; /* where to */
    struct position after;  /* what is up to here it has, otherwise */
    int64_t retry_us;
};

struct listener_fns {
    struct message *(*write)(const struct listener *listener, arena *mem, const struct told *told);
    void (*send)(struct listener *listener, struct message *message, const struct told *told);
    /* It cannot be told whether it may hear the change. */
    void (*unjudged)(struct listener *listener, const struct change *change, str why,
                     enum trouble trouble);
    void (*gap)(struct listener *listener, struct position from, struct position to);
    void (*rewinding)(struct listener *listener); /* NULL where nobody rewinds */
    void (*caught_up)(struct listener *listener, struct position position);
    bool (*has_room)(const struct listener *listener); /* more may be sent */
    void (*unheld)(struct listener *listener); /* nothing points to it; not alive: free it */
};
enum { CLOSE_GOING_AWAY = 1001, CLOSE_TRY_AGAIN_LATER = 1013 };

struct session {
    struct list node;
    struct hub *hub;
    struct peer *peer;
    enum vsn vsn;
    const struct claims *claims;
    struct list channels;
    int nchannels, nrefusals;
    int64_t empty_us;            /* since when it has no channel */
    struct rate messages, calls; /* broadcasts, and what it says of its presence */
    bool overflown;
    uint64_t number;             /* of trails_socket() */
    int64_t first_ref, last_ref; /* that came; 0: none that is a number */
    int64_t rejoins_us;          /* since when channels that it had before may join again */
    bool has_lost;               /* one of its own was lost */
};

/* What a listener wants to hear of a table. */
enum { WANTS_INSERT = 1, WANTS_UPDATE = 2, WANTS_DELETE = 4, WANTS_ALL = 7 };
/* Has PostgreSQL understood the filter? See proof.c. */
enum proof_state { PROOF_NONE, PROOF_ASKED, PROOF_GOOD };

struct indexed;
struct keyed;
struct audience;
struct check;
struct binding {
    struct list node; /* watched->bindings, while it is active */
    struct watched *watched;
    struct listener *listener;
    str json; /* as the client sent it */
    int64_t id;
    unsigned wants;
    str schema, table, filter;
    struct filter *filters;
    str *select; /* names; NULL: all columns */
    int nselect;
    str wrong; /* absent, or why it is not active */
    enum proof_state proof;
    int64_t proof_us;     /* when it was asked for */
    struct list of_index; /* those of its audience that no value finds, or those of a column */
    struct audience *audience;
    struct table_node by_subject; /* audience->subjects, if it is named */
    bool named;
    struct indexed *indexed; /* the column it is found by, see index.c; NULL: none */
    struct keyed *keyed;     /* the values */
    int nkeyed;
    uint64_t judged;                    /* the batch that asks about it, by its number */
    struct check *check;                /* together with others: what it asks there */
    struct position want;               /* it hears what stands behind this */
    struct position have_from, have_to; /* but for these, while its listener catches up */
};

enum channel_state { CHANNEL_JOINING, CHANNEL_JOINED, CHANNEL_GONE };
struct channel {
    struct listener listener;
    struct list of_session, of_topic, of_joining;
    struct session *session; /* NULL: it is gone */
    struct topic *topic;
    enum channel_state state;
    arena *mem;
    str full, name;    /* "realtime:room", "room" */
    str join_ref, ref; /* JSON */
    bool ack, self, private, presence;
    unsigned rights;  /* RIGHT_...; of a private channel those that its policies give */
    unsigned asked;   /* how often they were asked for: only the last answer counts */
    bool asking;      /* there is no answer yet: the join waits */
    int64_t since_us; /* of the join */
    str key;
    struct presence *present; /* its own, or NULL */
    struct binding *bindings;
    int nbindings;
    struct replay *replay; /* stored broadcasts that it asks for; NULL: none */
    struct trail *trail;   /* NULL: it hears no changes, or is not joined */
    struct position noted; /* what it was sent before the last heartbeat's answer */
};

/* The channels of one name, and who is present there, on all workers. */
struct topic {
    struct table_node node;
    str name;
    bool private;
    struct list channels;
    struct list present; /* struct presence: those of one key stand together */
    struct table keys;   /* the same */
};

struct presence {
    struct list node;
    struct table_node by_key;
    struct channel *channel; /* NULL: on another worker */
    uint64_t origin;         /* of another gateway; 0: of this one */
    str key, ref, meta;      /* meta is a JSON object */
    size_t size;
};

struct watched {
    struct table_node node;
    str schema, table; /* "*" for all */
    struct list bindings;
    struct list columns; /* the same, by the values that they want: see index.c */
    struct table values;
    struct list audiences; /* the same, by role */
};

/* ---- listener.c ---- */
enum { LIVE_PORTION = 200 /* changes that one who catches up gets at a time */ };
void listener_init(struct listener *listener, struct hub *hub, const struct listener_fns *fns);
void listener_rename(struct listener *listener, const struct claims *claims);
void listener_release(struct listener *listener); /* held by one less */
void listener_end(struct listener *listener);     /* not alive; freed when nothing points to it */
/* It has everything up to `from`, and gets the rest from the ring; nothing if it is at it. */
void listener_resume(struct listener *listener, struct position from);
/* The same, with the next changes one by one: one of them cannot be judged. */
void listener_be_careful(struct listener *listener, struct position from);
/* The same, a moment later, and without the rest of the batch at hand. */
void listener_stall(struct listener *listener, struct position from);
/* The same, until its client has room for more. False: the ring does not have it. */
bool listener_wait(struct listener *listener, struct position from);
/* It goes back behind what it has; fns->rewinding is called when nothing is on its way. */
void listener_rewind(struct listener *listener, struct position to);
/* Is the position of another log than ours? */
bool listener_is_foreign(const struct hub *hub, struct position position);
void listener_portion_ended(struct listener *listener, struct position end);
void hub_keep(struct hub *hub); /* changes, from now on: somebody listens */
void hub_start_ring(struct hub *hub);

/* ---- follower.c ---- */
void followers_try(struct hub *hub);
void followers_end_waits(struct hub *hub, int64_t now_us);
void followers_end_silent(struct hub *hub); /* see watch_is_silent */
void followers_go_back(struct hub *hub, enum loss loss);

/* ---- session.c ---- */
void session_push(struct session *session, const struct out *out);
struct channel *session_channel(const struct session *session, str full);
void session_send_due(struct hub *hub, int64_t now_us); /* refusals whose delay is over */

/* A reply with a status and a response, both JSON without surprises of their own. */
void session_reply(struct session *session, const struct frame *frame, const char *status,
                   str response);
/* The same after a delay, as a refusal; and then the end of the socket. */
void session_refuse(struct session *session, const struct frame *frame, str reason);
void session_refuse_all(struct session *session, const struct frame *frame, str reason);

/* ---- channel.c ---- */
void channel_join(struct session *session, const struct frame *frame);
void channel_try(struct channel *channel); /* goes on when all it waits for is there */
void channel_leave(struct channel *channel);
void channel_push(struct channel *channel, str event, str payload); /* with its join_ref */
void channel_system(struct channel *channel, const char *extension, const char *status,
                    str message);
/* Trouble that may pass: the client joins again by itself. */
void channel_fail(struct channel *channel, str why);
void channel_token(struct channel *channel, const struct frame *frame);
void channel_refuse(struct channel *channel, str reason); /* instead of an answer to the join */

/* ---- replay.c ---- */
/* config.broadcast.replay, absent or JSON. NULL, or why the join is refused. */
const char *replay_read(struct channel *channel, str json);
bool replay_is_read(struct channel *channel); /* false: it is being read; channel_try follows */
void replay_keep(struct channel *channel, struct message *message); /* came before the answer */
void replay_send(struct channel *channel);
void replay_drop(struct channel *channel);

/* ---- rejoin.c ---- */
void rejoin_count(struct session *session, str ref); /* each ref that comes */
/* Its join is answered: if it was here before, what it has missed follows. */
void rejoin_joined(struct channel *channel);
void rejoin_renamed(struct channel *channel); /* it has other claims */
void rejoin_note(struct session *session);    /* a heartbeat proves what has arrived */
/* Before channel_leave: it did not ask for it, and may join again. */
void rejoin_lost(struct channel *channel);
void rejoin_left(struct channel *channel); /* for good */

/* ---- publish.c ---- */
str publish_read_bytes(arena *mem, str hex); /* as PostgreSQL prints them: "\\x0aff" */

/* ---- private.c ---- */
void private_ask(struct channel *channel); /* for its rights, under its claims */

/* ---- topic.c ---- */
void topic_enter(struct channel *channel);
void topic_leave(struct channel *channel);
void topic_broadcast(struct channel *channel, const struct frame *frame);
void topic_presence(struct channel *channel, const struct frame *frame);
void topic_push_state(struct channel *channel);
void topic_clear(struct hub *hub); /* who was present on other workers */
void topic_end(struct hub *hub, struct topic *topic, struct presence *presence); /* it leaves */
void topic_tell(struct hub *hub, const struct topic *topic, const struct presence *presence);
void topic_done(struct hub *hub, struct topic *topic); /* freed when nobody is there */

/* ---- elsewhere.c ---- */
void elsewhere_take(struct hub *hub, const struct spread *spread); /* GONE and ASK */

/* ---- watch.c ---- */
const char *watch_read(arena *mem, str json, struct channel *channel); /* postgres_changes */
/* One binding from a JSON object that lives in mem; what is wrong with it is in binding->wrong. */
void watch_read_one(arena *mem, str json, struct listener *listener, struct binding *binding);
/* Why a binding to one table can hear nothing; absent: it can. */
str watch_wrong(arena *mem, const struct binding *binding, const struct known *known);
str watch_say_exception(arena *mem, const struct binding *binding, str why);
/* Has its table left the publication, or gone, since it was active? Nothing would come any more,
 * and nobody would say so. Where it is not known yet hub->looks_again is set. */
bool watch_is_silent(struct hub *hub, const struct binding *binding);
void watch_start(struct binding *binding, struct hub *hub);
void watch_stop(struct binding *binding, struct hub *hub);
void watch_renamed(struct binding *binding, struct hub *hub); /* its listener has other claims */
bool watch_next(const struct hub *hub, str schema, str table, struct watched **watched);

/* ---- index.c ---- */
/* facts: what is known of the table; NULL: nothing, or it is not one table. */
void index_add(struct watched *watched, struct binding *binding, const struct facts *facts);
void index_remove(struct watched *watched, struct binding *binding);
/* Those that may want the change: whom its row rules out by a value is not among them. */
void index_look(struct hub *hub, struct watched *watched, const struct change *change,
                void (*found)(void *arg, struct binding *binding), void *arg);

/* ---- audience.c ---- */
/* The bindings of a table by role. Those that no value finds are its `unkeyed`: `named` where their
 * caller's auth.uid() is known, `others` where it is not. */
struct audience {
    struct list node;            /* watched->audiences */
    const struct claims *claims; /* of the first, a reference: their role is all that counts */
    int count;                   /* bindings, keyed or not */
    struct list named, others;   /* by binding->of_index */
    struct table subjects;       /* the named, by subject */
};
void audience_add(struct watched *watched, struct binding *binding);
void audience_add_unkeyed(struct binding *binding);
void audience_remove(struct binding *binding); /* of_index is on no list any more */
/* Unkeyed ones that may see the change, as far as its row tells whose it is. */
void audience_look(struct hub *hub, const struct audience *audience, const struct change *change,
                   void (*found)(void *arg, struct binding *binding), void *arg);

/* ---- proof.c ---- */
/* Is the filter understood, or found wrong? False: PostgreSQL is being asked; hub_go_on follows.
 * mem is the binding's. */
bool watch_proven(struct hub *hub, arena *mem, struct binding *binding, const struct facts *facts);

/* ---- known.c ---- */
struct known *known_find(struct hub *hub, const struct claims *claims, str schema, str table);
void known_unref(struct known **known);
void known_forget(struct hub *hub);
void known_ask_again(struct hub *hub); /* what was KNOWN_TROUBLE */

/* ---- batch.c ---- */
void batch_go_on(struct hub *hub);
/* Changes for one listener again, which is told when they have been. */
void batch_replay(struct listener *listener, const struct change *const *changes, size_t count);
void batch_clear(struct hub *hub);

/* ---- hub.c ---- */
struct question *question_new(const struct claims *claims);
void hub_ask(struct hub *hub, struct question *question);
void hub_lose(struct hub *hub, enum loss loss);
bool channel_listens(const struct channel *channel); /* to any table */
/* Behind this position nothing has been looked at yet. */
struct position batch_begin(const struct hub *hub);
/* Up to this one everything has been told, to all who are not catching up. */
struct position batch_done(const struct hub *hub);
void hub_go_on(struct hub *hub); /* something that was waited for is there */
bool claims_expired(const struct claims *claims, int64_t now);
str say_expired(arena *mem, const struct claims *claims, int64_t now);
uint64_t hash_names(str a, str b, str c);

#endif
