/* One connection to Redis from the inside, for kv.c (commands and answers) and life.c (connecting,
 * trouble, the end).
 *
 *   away -> dialing -> greeting -> up <-> late -> away
 *
 * A connection that listens has no calls: whatever arrives is what the channel says. */
#ifndef KV_KV_INSIDE_H
#define KV_KV_INSIDE_H

#include "base/list.h"
#include "kv/kv.h"
#include "kv/reply.h"
#include "kv/url.h"

enum kv_state { KV_AWAY, KV_DIALING, KV_GREETING, KV_UP, KV_LATE };

struct kv_call {
    struct list node;
    kv_fn *fn; /* NULL: nobody waits */
    void *arg;
    int64_t sent_us; /* 0: it waits for the turn's end */
    bool patient;    /* waits for its answer, however late */
};

struct kv {
    struct kv_options options;
    arena *mem;
    struct kv_url url;
    str channel;
    enum kv_state state;
    int fd;
    struct watch *watch;
    struct timer *due; /* while away: connects again; else looks at the oldest call */
    struct timer *ping;
    struct replies *replies;
    struct list calls;
    int ncalls;
    char *out;
    size_t out_len, out_room;
    int64_t pause_ms, heard_us;
    int held; /* by a thread that dials, by the turn's end, by the reading of answers */
    bool flushing, listening, closing;
};

/* ---- life.c ---- */
void kv_set_state(struct kv *kv, enum kv_state state, const char *reason);
void kv_lost(struct kv *kv, const char *reason); /* connects again, after a pause */
void kv_came_up(struct kv *kv);
void kv_hold(struct kv *kv); /* it is not freed before it is let go as often */
void kv_let_go(struct kv *kv);

/* ---- kv.c ---- */
struct kv_call *kv_send(struct kv *kv, const str *words, int count, kv_fn *fn, void *arg);
void kv_on_event(void *arg, int events); /* of its descriptor */
void kv_look(struct kv *kv);             /* takes what has arrived */
/* Who waits goes on without an answer; what still comes is thrown away. */
enum kv_whom { KV_IMPATIENT, KV_ALL };
void kv_tell_nothing(struct kv *kv, enum kv_whom whom);
void kv_drop_calls(struct kv *kv);

#endif
