/* The audit of requests: who asked for what, and what came of it, for each request that wrote and
 * each that only administrators may make. Noted in memory, written down a moment later, many at
 * once, off the requests' path. One a process. When the database is away they wait, up to a cap;
 * what does not fit is dropped and counted. */
#ifndef AUDIT_H
#define AUDIT_H

#include "base/config.h"
#include "base/metrics.h"
#include "base/request.h"
#include "loop/loop.h"

enum {
    AUDIT_EVERY_MS = 250,     /* a kill may lose a second's notes: this, and twice a statement */
    AUDIT_BATCH_MAX = 500,    /* rows of one statement */
    AUDIT_WAITING_MAX = 4096, /* notes, of some 500 bytes each */
    AUDIT_TEXT_MAX = 512      /* bytes of a path or a User-Agent; more is cut */
};

struct audit;

/* NULL when the settings have it off: then all else does nothing. */
struct audit *audit_new(const struct config *config);
void audit_start(struct audit *audit, struct loop *loop, struct metrics *metrics);

/* From any thread, when a request has been answered. */
void audit_note(struct audit *audit, const struct request *req, int status);

/* When no worker runs any more, while their metrics are still there: writes what is left, blocking
 * for two seconds at most. audit_free comes when the loop is gone. */
void audit_stop(struct audit *audit);
void audit_free(struct audit **audit);

#endif
