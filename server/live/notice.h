/* A change as our triggers tell it by NOTIFY, for databases without logical decoding. Pure: it is
 * fuzzed. Source of the payload: sql/migrations/055_notify.sql, postern.tell_change. */
#ifndef LIVE_NOTICE_H
#define LIVE_NOTICE_H

#include "live/change.h"

enum told { TOLD_NOTHING = '-', TOLD_KEY = 'k', TOLD_NEW = 'n', TOLD_OLD = 'o' };

struct notice {
    enum change_op op;
    uint32_t table; /* pg_class.oid */
    int64_t shape;  /* of the columns that the row was written with */
    int64_t xid;
    enum told row_is, old_is; /* TOLD_KEY: the row's other columns are null in the text */
    str row, old;             /* as PostgreSQL prints a row; they point into the payload */
};

/* False: the payload is not ours. */
bool notice_read(str payload, struct notice *notice);

/* True when the new row was too large to be sent: whoever wants it reads it by its key. */
bool notice_is_short(const struct notice *notice);

/* The change, with one reference; position and time are the caller's to set. `row` is the text of
 * the new row. NULL: the rows do not have the columns of this table (it has been altered), or of a
 * deleted row there is not even a key. */
struct change *notice_change(const struct notice *notice, const struct live_table *table, str row);

#endif
