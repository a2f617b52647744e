/* The clients of /ws on one worker: plain JSON, one object a frame, for a dashboard without a
 * library. Pure, like hub.h: sockets are function pointers.
 *
 * {"type":"update", part: ...}              everything at first, then what has changed
 * {"type":"prime_found","prime":{...}}      at the commit that brought it
 * {"type":"notification","notification":{}} the same, one a form and ten seconds
 *
 * Who sends commands follows tables, too: command.h. */
#ifndef LIVE_PLAIN_H
#define LIVE_PLAIN_H

#include "base/claims.h"
#include "base/message.h"
#include "live/change.h"
#include "live/hub.h"

enum {
    PLAIN_PARTS_MAX = 64,          /* members of a snapshot */
    PLAIN_FOUND_MAX = 20,          /* primes told one by one, of the changes of one turn */
    PLAIN_FORMS_MAX = 64,          /* whose finds are gathered; more are told without waiting */
    PLAIN_DETAILS_MAX = 5,         /* expressions in a notification */
    PLAIN_GATHER_MS = 10000,       /* between notifications of one form */
    PLAIN_EXPRESSION_MAX = 1 << 10 /* bytes of one that is told */
};

struct peer;
struct plain;
struct visitor;

struct plain_fns {
    void (*send)(void *arg, struct peer *peer, struct message *message);
    void (*close)(void *arg, struct peer *peer, int code, str reason);
    bool (*streaming)(void *arg); /* changes arrive: notifications come by themselves */
    bool (*has_room)(void *arg, const struct peer *peer);
    /* A reference to the claims of who brings no token; NULL: they may not follow tables. */
    const struct claims *(*nobody)(void *arg);
};

struct plain *plain_new(const struct plain_fns *fns, struct hub *hub, void *arg);
void plain_free(struct plain **plain); /* the sockets are closed */
int plain_count(const struct plain *plain);
void plain_tick(struct plain *plain); /* a few times a second: finds that were gathered, expiry */

/* A new snapshot, a JSON object. */
void plain_snapshot(struct plain *plain, str json);
void plain_changes(struct plain *plain, const struct change *const *changes, size_t count);

/* A client; claims may be NULL: no token. */
struct visitor *visitor_new(struct plain *plain, const struct claims *claims);
/* False: it waits for the next snapshot. */
bool visitor_open(struct visitor *visitor, struct peer *peer);
void visitor_receive(struct visitor *visitor, enum message_kind kind, str payload);
void visitor_overflow(struct visitor *visitor); /* it is too slow */
void visitor_close(struct visitor *visitor);    /* frees it */

#endif
