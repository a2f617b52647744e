/* Committed changes as triggers tell them by NOTIFY: the source of live changes where PostgreSQL
 * does not log them for us (POSTERN_CHANGES=notify). Rows that are too large for NOTIFY are read
 * back by their key. What is told while nobody listens is lost, which `up` tells. */
#ifndef NOTICES_H
#define NOTICES_H

#include "live/change.h"
#include "loop/loop.h"

enum {
    NOTICES_HELD_MAX = 64 << 20, /* bytes that wait for a row or a description; beyond is a gap */
    NOTICES_LOOK_MS = 3000       /* how often the publication's tables are looked at */
};

struct notices_fns {
    void (*up)(void *arg, bool gap); /* they are told from now on; gap: some were missed */
    void (*down)(void *arg);
    /* In the order of commits; the reference is given. The changes of a transaction share their
     * lsn, which is a number of ours: it grows, also over a restart, and is no place in a log. */
    void (*change)(void *arg, const struct change *change);
};

struct notices;

/* url: of a role that may call postern.watch_publication, on the primary, without a pooler. */
struct notices *notices_open(struct loop *loop, str url, str publication,
                             const struct notices_fns *fns, void *arg);
void notices_close(struct notices **notices);

#endif
