/* Run SQL for a request. */
#ifndef PG_DB_H
#define PG_DB_H

#include "base/fail.h"
#include "base/request.h"
#include "base/statement.h"
#include "pg/rows.h"

typedef const struct fail *rows_fn(struct request *req, const struct rows *rows, void *arg);

/* Runs the statement in one transaction, as req->claims. Then calls done once,
 * from the loop, never from inside db_run. If the client leaves first, done is
 * never called. If the database fails, the request is answered for you. */
const struct fail *db_run(struct request *req, const struct statement *statement, rows_fn *done,
                          void *arg) __attribute__((warn_unused_result));

/* The same for an answer too large to hold: rows arrive in portions, in order, while the
 * statement runs. After each call of `portion` nothing more is read from PostgreSQL until
 * db_more(req): that is the back-pressure. An answer without rows is one empty portion, for the
 * columns' names. `end` is called once after the last portion; a failure before the first portion
 * answers the request for you, a later one comes to `end`.
 * When the client leaves, the statement is cancelled and nothing is called. */
struct portion_fns {
    const struct fail *(*portion)(struct request *req, const struct rows *rows, void *arg);
    void (*end)(struct request *req, const struct fail *fail, void *arg); /* NULL: complete */
};
const struct fail *db_stream(struct request *req, const struct statement *statement,
                             const struct portion_fns *fns, void *arg)
    __attribute__((warn_unused_result));
void db_more(struct request *req);

#endif
