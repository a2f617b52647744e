/* Committed changes from PostgreSQL to the workers: one stream for the whole process, on the
 * control loop. */
#ifndef CHANGES_H
#define CHANGES_H

#include <stdatomic.h>

#include "base/config.h"
#include "live/change.h"
#include "loop/loop.h"

/* The changes of some transactions, in order. Counted, shared by the workers. */
struct change_list {
    atomic_int refs;
    size_t count;
    const struct change *changes[]; /* references */
};

struct change_list *change_list_ref(struct change_list *list);
void change_list_unref(struct change_list **list);

struct changes_fns {
    void (*list)(void *arg, struct change_list *list); /* lent for the call */
    /* They stream, and are complete behind `from`; gap: some before it were missed. */
    void (*up)(void *arg, bool gap, uint64_t from);
    void (*down)(void *arg); /* nothing comes until the next up */
};

struct changes;

/* NULL when POSTERN_CHANGES is off. */
struct changes *changes_open(struct loop *loop, const struct config *config,
                             const struct changes_fns *fns, void *arg);
void changes_close(struct changes **changes);

#endif
