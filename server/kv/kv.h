/* Redis on the loop: commands with a deadline, one channel to hear. The server must not need it:
 * whoever asks gets "nothing" within KV_DEADLINE_MS, and while Redis is away nobody waits at all.
 * A late answer opens the breaker: nobody asks until Redis has caught up.
 *
 * hiredis formats the commands and reads the answers (RESP2). Its asynchronous half is not used: it
 * asserts on answers that nobody has asked for, and knows no deadlines. */
#ifndef KV_KV_H
#define KV_KV_H

#include "base/arena.h"
#include "loop/loop.h"

enum {
    KV_DEADLINE_MS = 5,      /* for an answer; then "nothing", and the breaker opens */
    KV_GIVE_UP_MS = 500,     /* no answer for so long: the connection is made anew */
    KV_GREET_MS = 1000,      /* for connecting, AUTH, SELECT and PING */
    KV_PAUSE_FIRST_MS = 100, /* before connecting again; doubled each time */
    KV_PAUSE_MAX_MS = 2000,
    KV_PING_MS = 5000,         /* between signs of life of a connection that listens */
    KV_ANSWER_MAX = 8 << 20,   /* bytes; a longer answer is garbage */
    KV_ANSWER_LIST_MAX = 4096, /* elements of a list; the same */
    KV_OUT_MAX = 8 << 20,      /* bytes that wait to be sent; more: Redis is away */
    KV_CALLS_MAX = 10000,      /* commands without an answer; the same */
    KV_WORDS_MAX = 16          /* of one command */
};

struct kv;
struct kv_call;

enum kv_kind {
    KV_NOTHING, /* no answer in time, or Redis says that it cannot */
    KV_NIL,
    KV_TEXT,
    KV_NUMBER,
    KV_LIST
};

/* Lent: dies when the callback returns. */
struct kv_answer {
    enum kv_kind kind;
    str text; /* of KV_NOTHING: why, if Redis has said so */
    int64_t number;
    const struct kv_answer *list;
    int count;
};

typedef void kv_fn(void *arg, const struct kv_answer *answer);

struct kv_options {
    struct loop *loop;
    str url;               /* one that kv_url_parse accepts */
    str channel;           /* absent: commands; else this connection only listens to that channel */
    void (*up)(void *arg); /* may be NULL; again after each time it was away */
    void (*down)(void *arg);
    void (*heard)(void *arg, str message);
    void *arg;
};

struct kv *kv_open(const struct kv_options *options);
void kv_close(struct kv **kv); /* safe on NULL; calls that wait get KV_NOTHING */

/* Is it worth asking? False for NULL: not configured. */
bool kv_is_up(const struct kv *kv);

/* Sends a command of words. fn is called once, from the loop, never from inside kv_ask; the
 * call is gone then. NULL when Redis is away: fn is not called. */
struct kv_call *kv_ask(struct kv *kv, const str *words, int count, kv_fn *fn, void *arg);

/* Whoever asked is gone: fn will not be called. NULLs it; safe on NULL. */
void kv_forget(struct kv_call **call);

/* For what is lost once it is read: fn is called when the answer comes, however late, and with
 * KV_NOTHING only when the connection ends. False: Redis is away, fn is not called. */
bool kv_collect(struct kv *kv, const str *words, int count, kv_fn *fn, void *arg);

/* Nobody waits for the answer. False: Redis is away. */
bool kv_tell(struct kv *kv, const str *words, int count);

/* To all connections that listen, of all gateways with the same Redis and the same number of its
 * database. Also while answers are late: nobody waits for this one. False: Redis is away. */
bool kv_publish(struct kv *kv, str message);

#endif
