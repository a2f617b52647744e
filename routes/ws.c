/* /ws and /realtime/v1/websocket on a connection that http has begun to read: it is given to the
 * live feed. A fresh connection never comes here, the door tells it apart. */
#include "base/fail.h"
#include "http/http.h"
#include "routes.h"
#include "worker.h"

static void take(void *arg, int fd, str head, str behind)
{
    struct worker *worker = arg;
    feed_adopt_read(worker->feed, fd, head, behind);
}

const struct fail *ws_handle(struct request *req)
{
    if (http_hand_over(req, take, req->worker))
        return NULL;
    struct fail *fail = fail_new(req->mem, FAIL_UPGRADE, "This address speaks WebSocket");
    fail->hint = STR("Use a WebSocket client: supabase-js, or new WebSocket(...)");
    return fail;
}
