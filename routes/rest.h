/* What the files of the PostgREST language share: rest.c handles, rest_tag.c tags, rest_stream.c
 * streams, rest_events.c streams changes. */
#ifndef ROUTES_REST_H
#define ROUTES_REST_H

#include "base/reply.h"
#include "rest/plan.h"

/* Gives a read its ETag, and makes it 304 when the client holds the same. */
void rest_tag(const struct request *req, const struct plan *plan, struct reply *reply);

/* The same for any answer that is whole. */
void rest_tag_put(const struct request *req, struct reply *reply);

/* A HEAD that asks whether something changed needs the body to be answered. */
bool rest_tag_wants_body(const struct request *req);

/* Answers line by line, for a plan that streams. Takes from the statement what would come behind
 * its rows. */
const struct fail *rest_stream(struct request *req, const struct plan *plan,
                               struct statement *statement);

/* Answers a read with the changes of its table: server-sent events. Without a name: a change, as
 * realtime-js gets it. Others:
 *     ready     it hears what stands behind its id
 *     resumed   all that was missed up to its id has been sent
 *     gap       {"from", "to"}: what stands behind from, up to to, is lost
 *     problem   {"message"}: a policy of the table fails for the change; its gap follows
 *     slow      {"message"}: the client is too slow; the stream ends
 *     expired   {"message"}: the token is, or the API key has been revoked; the stream ends */
const struct fail *rest_events(struct request *req, struct ask *ask);

#endif
