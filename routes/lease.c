/* See lease.h. */
#include "lease.h"

#include "base/clock.h"
#include "feed.h"
#include "loop/loop.h"
#include "worker.h"

enum { EXPIRY_MAX_S = 7 * 24 * 3600 };

/* Whichever of the two headers has an API key. */
static str text_of_key(const struct request *req)
{
    str key = request_header(req, STR("apikey")), bearer;

    if (api_key_looks(key))
        return key;
    bearer = request_header(req, STR("authorization"));
    return str_starts(bearer, STR("Bearer ")) ? str_skip(bearer, STR("Bearer ").len) : STR("");
}

void lease_init(struct lease *lease, const struct request *req, void (*ended)(void *arg, str why),
                void *arg)
{
    *lease = (struct lease){.req = req, .ended = ended, .arg = arg};
    keyed_init(&lease->keyed, feed_keyed(req->worker->feed), text_of_key(req));
}

static void on_revoked(void *arg)
{
    const struct lease *lease = arg;
    lease->ended(lease->arg, STR("The API key has been revoked"));
}

static void on_expired(void *arg)
{
    const struct lease *lease = arg;
    lease->ended(lease->arg, STR("The token has expired"));
}

bool lease_begin(struct lease *lease)
{
    const struct claims *claims = lease->req->claims;
    int64_t left_s = claims->expires - clock_now();

    if (lease->keyed.is_revoked)
        return false;
    keyed_opened(&lease->keyed, on_revoked, lease);
    if (claims->expires != 0 && left_s < EXPIRY_MAX_S)
        lease->expiry = timer_start(lease->req->worker->loop, left_s < 0 ? 0 : left_s * 1000, 0,
                                    on_expired, lease);
    return true;
}

void lease_end(struct lease *lease)
{
    timer_close(&lease->expiry);
    keyed_closed(&lease->keyed);
}
