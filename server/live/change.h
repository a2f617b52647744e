/* One committed change of a row, as PostgreSQL's log tells it. Counted, immutable, shared by all
 * workers: made by pgoutput.c, offered to every hub. */
#ifndef LIVE_CHANGE_H
#define LIVE_CHANGE_H

#include <stdatomic.h>

#include "base/str.h"

enum change_op { CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE, CHANGE_TRUNCATE };

/* How much of an old row PostgreSQL logs. Source: ALTER TABLE ... REPLICA IDENTITY. */
enum identity {
    IDENTITY_KEY = 'd',
    IDENTITY_NONE = 'n',
    IDENTITY_FULL = 'f',
    IDENTITY_INDEX = 'i'
};

struct live_column {
    str name;
    uint32_t type; /* pg_type.oid */
    bool key;      /* part of the replica identity */
};

/* A table as the log described it when the change was made. One allocation, as is a change. */
struct live_table {
    atomic_int refs;
    uint32_t oid;
    str schema, name;
    enum identity identity;
    struct live_column *columns;
    int ncolumns;
};

/* A value as PostgreSQL prints it; or why there is none. */
enum cell_state {
    VALUE_TEXT,
    VALUE_NULL,
    VALUE_UNCHANGED, /* a large one, not logged again: the table still has it */
    VALUE_UNKNOWN    /* of an old row of which only the key is logged */
};
struct live_value {
    enum cell_state state;
    str text;
};

/* Where a change stands in PostgreSQL's log: the end of its transaction's commit, and its number
 * within the transaction. Who has been given everything up to a position goes on behind it. */
#define POSITION_ALL UINT32_MAX /* an index: all of the transaction */
enum { POSITION_TEXT_MAX = 32 };
struct position {
    uint64_t lsn;
    uint32_t index;
};

struct change {
    atomic_int refs;
    enum change_op op;
    const struct live_table *table; /* a reference */
    struct live_value *row;         /* the new one; NULL for DELETE and TRUNCATE */
    struct live_value *old;         /* what is known of the old one; NULL: nothing */
    bool old_is_whole;              /* replica identity FULL; else its key columns only */
    struct position position;
    int64_t committed_us; /* since 1970 */
    size_t size;          /* bytes it holds, for caps */
};

/* A copy in one allocation, names included, with one reference. */
const struct live_table *live_table_copy(const struct live_table *like);

/* In one allocation, with one reference: the values of the rows that this operation has, all absent
 * texts, then room for `texts` bytes that they may point to. The rest is the maker's to set. */
struct change *change_new(enum change_op op, const struct live_table *table, size_t texts);
static inline char *change_room(struct change *change, size_t texts)
{
    return (char *)change + change->size - texts;
}

const struct live_table *live_table_ref(const struct live_table *table);
void live_table_unref(const struct live_table **table);
const struct change *change_ref(const struct change *change);
void change_unref(const struct change **change);

static inline int position_order(struct position a, struct position b)
{
    return a.lsn != b.lsn ? (a.lsn < b.lsn ? -1 : 1) : (a.index > b.index) - (a.index < b.index);
}

/* The position right before: everything but what stands here. */
struct position position_before(struct position position);

/* "0/16B3748:3", and without the index for all of a transaction, or wherever else in the log:
 * what pg_current_wal_lsn() says is a position, too. */
str position_text(char room[POSITION_TEXT_MAX], struct position position);
bool position_read(str text, struct position *position);

/* The row that a filter looks at: of a deletion what is known of the old one; or NULL. */
const struct live_value *change_judged(const struct change *change);

/* Does the log not tell all of this row of it? */
bool change_lacks_values(const struct change *change, const struct live_value *row);

int live_table_column(const struct live_table *table, str name); /* -1: there is none */

#endif
