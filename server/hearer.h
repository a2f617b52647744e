/* Who wants to know, on this worker, that a table is not what it was: without rows and rights. For
 * answers that are made anew then. */
#ifndef HEARER_H
#define HEARER_H

#include "base/list.h"
#include "changes.h"

struct hearer {
    struct list node; /* worker->hearers */
    void (*changed)(void *arg, str schema, str table);
    void *arg;
};

/* Committed changes: each table once for those that follow each other. */
void hearers_tell_changes(struct list *hearers, const struct change_list *list);

/* Relations that were refreshed: "private.dashboard_stats, ..." */
void hearers_tell_refreshed(struct list *hearers, str relations);

/* Of a comma list: each is "private.dashboard_stats", or a name in public. */
void relations_each(str relations, void (*found)(void *arg, str schema, str table), void *arg);

#endif
