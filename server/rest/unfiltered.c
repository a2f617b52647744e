/* See unfiltered.h. */
#include "rest/unfiltered.h"

#define SERVICE_ROLE STR("service_role")

const struct fail *unfiltered_check(arena *mem, const struct config *config, str role,
                                    const struct plan *plan)
{
    enum ask_kind kind = plan->ask->kind;
    bool changes = kind == ASK_UPDATE || kind == ASK_DELETE;

    if (!config->require_filter || !changes || plan->root.where != NULL ||
        str_eq(role, SERVICE_ROLE))
        return NULL;
    struct fail *fail = fail_new(mem, FAIL_NO_FILTER, "%s requires a WHERE clause",
                                 kind == ASK_UPDATE ? "UPDATE" : "DELETE");
    fail->hint = STR("Add a filter, such as ?id=eq.1. To change every row on purpose, filter by "
                     "what all of them have, such as ?id=not.is.null");
    return fail;
}
