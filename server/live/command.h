/* What a client of /ws may say, and what it is told then. Each message is one JSON object; one it
 * does not send costs nothing. Pure.
 *
 * {"subscribe": {"table": "primes", "schema"?, "event"?, "filter"?, "select"?}, "since"?: lsn}
 *     {"type":"subscribed","id":1,"lsn":...,"subscribe":{...}}: it hears what comes behind lsn
 * {"unsubscribe": 1}       {"type":"unsubscribed","id":1}
 * {"since": lsn}           all subscriptions go on from there: none missing, none twice; then
 *     {"type":"resumed","lsn":...}: all up to here has been sent
 *     {"type":"gap","from":...,"to":...}: what came behind from, up to to, is lost
 * {"type":"change","lsn":...,"ids":[1],"change":{...}}     as realtime-js gets it
 * {"type":"error","message":...,"hint":...}
 *
 * An lsn is that of the last message that the client has had, or of pg_current_wal_lsn(). */
#ifndef LIVE_COMMAND_H
#define LIVE_COMMAND_H

#include "live/follower.h"

struct commands;

struct commands_fns {
    void (*send)(void *arg, struct message *message);
    bool (*has_room)(void *arg);
};

struct commands *commands_new(struct hub *hub, const struct claims *claims,
                              const struct commands_fns *fns, void *arg);
void commands_free(struct commands **commands);
void commands_take(struct commands *commands, enum message_kind kind, str text);

#endif
