/* What the feed knows of one table for one role: made from one answer of
 * sql/introspect/live.sql. Immutable once read; owned by a hub. */
#ifndef LIVE_FACTS_H
#define LIVE_FACTS_H

#include "base/arena.h"
#include "live/change.h"

/* How a value's text becomes JSON. */
enum kind {
    KIND_TEXT = 's',
    KIND_NUMBER = 'n',
    KIND_BOOL = 'b',
    KIND_JSON = 'j',
    KIND_BYTEA = 'x',
    KIND_TIMESTAMPTZ = 'z',
    KIND_TIMESTAMP = 't',
    KIND_COMPOSITE = 'c',
    KIND_HSTORE = 'h',
    KIND_NUMBERS = 'v', /* int2vector: "1 2 3" */
    KIND_NUMERALS = 'o' /* oidvector: the same, its members are texts */
};

struct fact_composite;

/* A column of the table; of the field of a composite type only name and kind are known. */
struct fact_column {
    str name;
    str type;       /* pg_type.typname */
    str full;       /* with its length, qualified if need be: for casts */
    enum kind kind; /* of an array: that of its elements */
    char array;     /* what stands between its elements, mostly a comma; 0: it is none */
    str composite;  /* the number of the type, of KIND_COMPOSITE */
    const struct fact_composite *of; /* its fields */
    bool readable;                   /* by the role */
    bool key;                        /* of the primary key */
};

struct fact_composite {
    str number;
    struct fact_column *fields;
    int nfields;
};

/* Whose rows a policy may tell apart: one check is enough for all who are the same. */
enum depends { DEPENDS_NOTHING /* no check */, DEPENDS_ROLE, DEPENDS_SUBJECT, DEPENDS_CLAIMS };

/* Columns of type uuid, one of which holds the caller's auth.uid() in every row that the policies
 * show: see owners.h. */
enum { OWNERS_MAX = 4 };
struct owners {
    str columns[OWNERS_MAX];
    int count; /* 0: it cannot be told */
};

struct facts {
    str role, schema, table;
    bool published, readable, hidden; /* hidden: no policy shows the role anything */
    const struct fact_column *columns;
    int ncolumns;
    const struct fact_composite *composites;
    int ncomposites;
    enum depends depends;
    str visible; /* the policies as one SQL condition; "" when DEPENDS_NOTHING */
    str joint;   /* the same for many callers, see callers.h; absent: each is asked about alone */
    struct owners owners;
};

/* NULL: malformed. role, schema and table are copied into mem, where everything lives. */
const struct facts *facts_read(arena *mem, str role, str schema, str table, str json);

const struct fact_column *facts_column(const struct facts *facts, str name);

/* The statement that tells which of the rows in $1 (an array literal of the table's row type, see
 * facts_put_row) pass: it answers their ordinals. extra: another condition on the columns, of our
 * own making; "" for none. */
enum check_how {
    CHECK_ROW,    /* the policies, on the row itself */
    CHECK_LOOKUP, /* the log does not hold all of the row: the table is read by its primary key,
                     with its policies. Without one nothing is found. */
    CHECK_EXTRA   /* the extra condition alone */
};
str facts_check_sql(arena *mem, const struct facts *facts, enum check_how how, str extra);

/* May the role read any column? */
bool facts_reads(const struct facts *facts);

/* May the role see any row at all? Without a policy for it, or a column, it may not. */
bool facts_sees(const struct facts *facts);

struct buf;
void facts_put_name(struct buf *buf, str name); /* "quoted" */
/* The rows of $1 as a relation of this name, with their "postern ordinal". */
void facts_put_rows(struct buf *sql, const struct facts *facts, str name);

/* Appends one element of the array literal, with a comma before it unless it is the first. A value
 * that the log does not hold is NULL. */
void facts_put_row(struct buf *buf, const struct facts *facts, const struct live_table *table,
                   const struct live_value *row);

#endif
