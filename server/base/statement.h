/* One statement, ready to run: made by rest/ or by a route, run by pg/. */
#ifndef BASE_STATEMENT_H
#define BASE_STATEMENT_H

#include "base/arena.h"

struct fail;

enum target {
    TARGET_PRIMARY,
    TARGET_REPLICA
}; /* which database: the write pool's or the read pool's */
enum access {
    ACCESS_READ,
    ACCESS_WRITE
}; /* READ runs in a read-only transaction and may share one */

struct statement {
    enum target target;
    enum access access;
    str text; /* SQL with $1 ... $n; its prepared form is cached by this text */
    int nparams;
    const str *params; /* text format; at == NULL is SQL NULL */
    str role;          /* run as this role; absent: as the caller's, req->claims->role */
    str search_path;   /* set for the transaction; absent: "public" */
    int64_t wait_ms;   /* at most so long in the queue; 0: the pool's own limit */
    str guard; /* a statement without parameters that runs first and raises to refuse; absent: none
                */
    /* A write that must be undone for what it would return raises an error on purpose: this reads
     * such an error and says why the request failed, or NULL when it is PostgreSQL's own. May be
     * NULL. */
    const struct fail *(*refusal)(arena *mem, str sqlstate, str message);
};

#endif
