/* What the database wants of an answer, said in response.headers and response.status.
 * Source: PostgREST, "Transactions", response headers and status. */
#include "rest/answer.h"

enum { STATUS_LEAST = 200, STATUS_MOST = 999 };

static const struct fail *take_status(arena *mem, str text, struct reply *reply)
{
    int64_t status;

    if (!str_int(text, &status) || status < STATUS_LEAST || status > STATUS_MOST)
        return fail_new(mem, FAIL_GUC_STATUS, "response.status guc must be a valid status code");
    reply->status = (int)status;
    return NULL;
}

static const struct fail *take_headers(arena *mem, str json, struct reply *reply)
{
    if (!headers_read_list(mem, json, &reply->asked))
        return fail_new(mem, FAIL_GUC_HEADERS,
                        "response.headers guc must be a JSON array composed of objects with a "
                        "single key and a string value");
    return NULL;
}

const struct fail *answer_asked(arena *mem, const struct page *page, struct reply *reply)
{
    if (page->asked_status.at != NULL)
        TRY(take_status(mem, page->asked_status, reply));
    return page->asked_headers.at == NULL ? NULL : take_headers(mem, page->asked_headers, reply);
}
