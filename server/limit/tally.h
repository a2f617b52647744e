/* How much was asked: requests by day, API key and tenant, and what a key has left of its month.
 * One a process, used by all workers: a lock guards it. What is counted stays until somebody has
 * written it down; nothing is allocated before the first. Days and months are UTC's. */
#ifndef LIMIT_TALLY_H
#define LIMIT_TALLY_H

#include "base/buf.h"

enum {
    TALLY_ROWS_MAX = 16384,   /* of a key, tenant and day, until they are written */
    TALLY_NAME_MAX = 200,     /* bytes of a tenant's name; who has a longer one has none */
    TALLY_JSON_MAX = 32 << 20 /* what that many rows may take, whatever their names */
};

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally **tally);

struct tally_ask {
    str key, tenant;     /* empty: none */
    int64_t quota;       /* requests a month; 0: any number */
    int64_t spent;       /* of them, before this process began to count ... */
    int64_t spent_month; /* ... in this month, as tally_month numbers it; else nothing */
    int64_t now;         /* seconds since the epoch */
};

struct tally_verdict {
    bool allowed;
    bool counted;   /* false: there are TALLY_ROWS_MAX rows already */
    int64_t left;   /* requests of this month; only with a quota */
    int64_t ends_s; /* until the next month, in seconds */
};

/* Counts one more request; over the quota it counts as refused. */
struct tally_verdict tally_take(struct tally *tally, const struct tally_ask *ask);

/* Counts one that was refused for another reason. */
void tally_refuse(struct tally *tally, const struct tally_ask *ask);

/* Is there anything to be written? */
bool tally_any(struct tally *tally);

/* What is to be written: [{"day", "key", "tenant", "requests", "refused"}], day: since the epoch.
 * The number of rows; 0: nothing. They count as being written until tally_written, which says
 * whether they were: else they are to be written again. One batch at a time. */
int tally_read(struct tally *tally, struct buf *json);
void tally_written(struct tally *tally, bool done);

/* Behind tally_written: what a key has spent in a month, as all servers count together. */
void tally_learn(struct tally *tally, str key, int64_t month, int64_t spent);

/* year * 12 + month - 1 */
int64_t tally_month(int64_t now);

#endif
