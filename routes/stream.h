/* An answer in pieces, made of rows while PostgreSQL is still sending; no more than one portion is
 * in memory. Rows and network take turns: the next portion is asked for when the piece before it
 * has left. A client that leaves cancels the statement. */
#ifndef ROUTES_STREAM_H
#define ROUTES_STREAM_H

#include "base/reply.h"
#include "pg/db.h"

/* What turns rows into bytes. */
struct stream_maker {
    /* A portion of rows; perhaps none, the first time. */
    void (*put)(void *arg, struct buf *piece, const struct rows *rows);
    /* What comes behind the last row; NULL: nothing. */
    str (*end)(void *arg);
};

/* Answers the request, like db_run. `head` and `arg` live as long as the request. A failure before
 * the first row answers with its error; a later one breaks the connection off. */
const struct fail *stream_answer(struct request *req, const struct statement *statement,
                                 const struct reply *head, const struct stream_maker *maker,
                                 void *arg);

#endif
