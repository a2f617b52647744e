/* The select and order parameters as the client wrote them. */
#ifndef REST_ITEM_H
#define REST_ITEM_H

#include "rest/scan.h"

enum item_kind {
    ITEM_ALL,       /* * */
    ITEM_COLUMN,    /* alias:name->path::cast */
    ITEM_AGGREGATE, /* name.sum(), count() */
    ITEM_EMBED      /* relation!hint(...) and ...relation(...) */
};

enum aggregate {
    AGGREGATE_NONE,
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_COUNT, /* without a name: of rows */
    AGGREGATE_MAX,
    AGGREGATE_MIN
};

/* Of an embed: does a row stay that has nothing to embed? */
enum joining { JOIN_LEFT, JOIN_INNER };

struct item {
    enum item_kind kind;
    struct field field; /* of an embed: its relation */
    str alias, cast;    /* absent when not given */
    enum aggregate aggregate;
    str result_cast; /* of an aggregate */
    str hint;        /* this and the next two: of an embed. Absent when not given */
    enum joining join;
    bool spread;           /* its columns stand among those around it */
    struct item *children; /* none: it is joined but not shown */
    struct item *next;
};

/* The word of an aggregate: "sum". */
str aggregate_name(enum aggregate aggregate);

/* Reads "id,name:title,data->>x::text,other!hint(*)". Empty text is "*". */
const struct fail *item_read(arena *mem, str text, struct item **items);

/* The name of a column of the answer: its alias, the last key of its path, or its own. */
str item_name(const struct item *item);

enum nulls { NULLS_DEFAULT, NULLS_FIRST, NULLS_LAST };

struct term {
    str relation; /* order=relation(column): an embedded one; else absent */
    struct field field;
    bool descending;
    enum nulls nulls;
    struct term *next;
};

/* Reads "age.desc.nullslast,id,author(name)". */
const struct fail *term_read(arena *mem, str text, struct term **terms);

/* Reads "a,b,\"c d\"", the value of columns= and on_conflict=. what is for the message. */
struct name_list {
    str *names;
    int count;
};
const struct fail *name_list_read(arena *mem, const char *what, str text, struct name_list *list);

#endif
