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

struct item {
    enum item_kind kind;
    struct field field; /* of an embed: its relation */
    str alias, cast;    /* absent when not given */
    struct item *children;
    struct item *next;
};

/* Reads "id,name:title,data->>x::text". Empty text is "*". */
const struct fail *item_read(arena *mem, str text, struct item **items);

/* 400: a filter or an order is for a relation that is not selected. */
const struct fail *item_not_embedded(arena *mem, str name);

enum nulls { NULLS_DEFAULT, NULLS_FIRST, NULLS_LAST };

struct term {
    struct field field;
    bool descending;
    enum nulls nulls;
    struct term *next;
};

/* Reads "age.desc.nullslast,id". */
const struct fail *term_read(arena *mem, str text, struct term **terms);

/* Reads "a,b,\"c d\"", the value of columns= and on_conflict=. what is for the message. */
struct name_list {
    str *names;
    int count;
};
const struct fail *name_list_read(arena *mem, const char *what, str text, struct name_list *list);

#endif
