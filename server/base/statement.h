/* One statement, ready to run: made by rest/ or by a route, run by pg/. */
#ifndef BASE_STATEMENT_H
#define BASE_STATEMENT_H

#include "base/arena.h"

struct fail;

/* A setting of PostgreSQL for one transaction: set_config(name, value, true), with the rights of
 * the login role. It cannot change role, claims, search path or access. */
struct guc {
    str name, value;
};

enum target {
    TARGET_PRIMARY,
    TARGET_REPLICA
}; /* which database: the write pool's or the read pool's */
enum access {
    ACCESS_READ,
    ACCESS_WRITE
}; /* READ runs in a read-only transaction and may share one */

enum isolation {
    ISOLATION_DEFAULT, /* the session's */
    ISOLATION_READ_COMMITTED,
    ISOLATION_REPEATABLE_READ,
    ISOLATION_SERIALIZABLE
};
enum ending {
    ENDING_COMMIT,
    ENDING_ROLLBACK /* deferred constraints are checked, the rows come, nothing stays */
};

/* How values of the main statement come: as text, or as the bytes that PostgreSQL would send. */
enum format { FORMAT_TEXT, FORMAT_BINARY };

/* What may run behind the main statement in its transaction; see rows_after. */
enum after {
    AFTER_COUNT,    /* EXPLAIN, for an estimated count */
    AFTER_RESPONSE, /* what the database wants in the answer: response.headers, response.status */
    AFTERS
};

/* SQL with its parameters bound. */
struct bound {
    str text; /* at == NULL: none */
    int nparams;
    const str *params;
};

/* The order in the transaction: isolation, gucs, role and claims, guard, before, text, after[0],
 * after[1], the ending. One implicit transaction in one round trip, also behind a pooler. Units
 * with `before`, AFTER_RESPONSE, an isolation or a rollback have their transaction for
 * themselves; others may share one, if their gucs are equal. */
struct statement {
    enum target target;
    enum access access;
    str text; /* SQL with $1 ... $n; its prepared form is cached by this text */
    int nparams;
    const str *params; /* text format; at == NULL is SQL NULL */
    enum format format;
    str role;        /* run as this role; absent: as the caller's, req->claims->role */
    str search_path; /* set for the transaction; absent: "public" */
    int64_t wait_ms; /* at most so long in the queue; 0: the pool's own limit */
    str guard;  /* a statement without parameters that runs first and raises to refuse; absent: none
                 */
    str before; /* the same, and it may do anything: the pre-request function; absent: none */
    const struct guc *gucs; /* over the role's own settings */
    int ngucs;
    enum isolation isolation; /* over the role's own */
    struct bound after[AFTERS];
    enum ending ending;
    /* A write that must be undone for what it would return raises an error on purpose: this reads
     * such an error and says why the request failed, or NULL when it is PostgreSQL's own. May be
     * NULL. */
    const struct fail *(*refusal)(arena *mem, str sqlstate, str message);
};

#endif
