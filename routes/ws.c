/* /ws and /realtime/: the live feed. Not in this version: it says so. */
#include "base/fail.h"
#include "routes.h"

const struct fail *ws_handle(struct request *req)
{
    struct fail *fail = fail_new(req->mem, FAIL_NOT_IMPLEMENTED, "This version has no live feed");

    fail->hint = STR("Queries and calls work; channels must be polled until the live feed is here");
    return fail;
}
