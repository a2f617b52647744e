/* From a page of rows to the reply: status, headers and body as PostgREST gives them. */
#ifndef REST_ANSWER_H
#define REST_ANSWER_H

#include "base/fail.h"
#include "base/reply.h"
#include "rest/plan.h"

/* What came back from the database, for answer_make. */
/* Of the headers of a request, those that its answer depends on. */
#define ANSWER_VARIES STR("Accept, Prefer, Range")

struct page {
    str body;         /* a JSON array, or lines of CSV */
    int64_t rows;     /* on this page, or changed */
    int64_t total;    /* if it was counted */
    int64_t expected; /* by PostgreSQL's planner, if it was asked; -1: it did not say */
    int64_t new_rows; /* of an upsert that merges */
    str key;          /* the new row's primary key as a JSON object; absent: none wanted */
    str asked_headers, asked_status; /* by the database; absent: it has no wish */
};

/* The columns of AFTER_RESPONSE. */
enum { ASKED_HEADERS, ASKED_STATUS };

/* The reply, whose body points into the page's. */
const struct fail *answer_make(arena *mem, const struct plan *plan, const struct page *page,
                               struct reply **reply);

/* What the database wants of the reply: response.status and response.headers. 500 when they are
 * neither. In answer_asked.c. */
const struct fail *answer_asked(arena *mem, const struct page *page, struct reply *reply);

/* The head of an answer whose rows follow one by one. */
struct reply *answer_stream(arena *mem, const struct plan *plan);

/* The reply to OPTIONS: which methods there are. */
struct reply *answer_options(arena *mem, const struct plan *plan);

/* 406: one row was wanted, count came. */
const struct fail *answer_not_one(arena *mem, int64_t count);

#endif
