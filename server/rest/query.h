/* The query string of a request, decoded, and what its parameters say. */
#ifndef REST_QUERY_H
#define REST_QUERY_H

#include "rest/ask.h"

struct pair {
    str key, value; /* value.at == NULL when there was no '=' */
};

struct query {
    struct pair *pairs;
    int count;
};

const struct fail *query_read(const struct request *req, struct query *query);

/* Fills select, where, order, columns, on_conflict and arguments of the ask. */
const struct fail *query_apply(const struct query *query, arena *mem, struct ask *ask);

/* The pairs sorted by key and encoded again; the values of a repeated key are joined by commas. */
str query_canonical(const struct query *query, arena *mem);

#endif
