/* One route file: the header says what the URL is, the rest is one SQL statement. Parsed once,
 * immutable. The words of the header are explained in README.md. */
#ifndef ROUTE_FILE_H
#define ROUTE_FILE_H

#include "base/request.h"
#include "base/statement.h"
#include "route/param.h"

enum { ROUTE_PATHS_MAX = 4, CONDITIONS_MAX = 4, SEGMENTS_MAX = 16 };

enum route_access { ROUTE_ANYONE, ROUTE_USER, ROUTE_ADMIN, ROUTE_NODE };

/* Who answers: the statement, or memory, which asks the statement when it does not know; or both:
 * the statement, and memory a part. */
enum route_memory { MEMORY_NONE, MEMORY_BEAT, MEMORY_FLEET, MEMORY_SNAPSHOT };

enum answer_kind {
    ANSWER_VALUE,    /* one row, one JSON value; no row is null */
    ANSWER_ROW,      /* one row, one JSON value; no row is the 404, or 204 */
    ANSWER_CREATED,  /* the same with 201 */
    ANSWER_ACCEPTED, /* the same with 202: queued, the value says where to look */
    ANSWER_EMPTY,    /* 204; with a 404: when no row came back or was changed */
    ANSWER_ARRAY,    /* every row a JSON value, streamed as one array */
    ANSWER_CSV,      /* every row a line of CSV, streamed; the first line has the columns' names */
    ANSWER_EVENTS    /* every row an event (id, JSON), streamed without an end; asked each second */
};

/* "--? name" holds when the client gave name; "--? name=word" when it has that word. */
struct condition {
    int param;
    int word; /* -1: given */
};

struct conditions {
    struct condition all[CONDITIONS_MAX]; /* every one must hold */
    int count;
};

struct answer {
    struct conditions when;
    enum answer_kind kind;
    str file_name; /* a download: see download.h; at == NULL: shown in place */
    str missing;   /* the 404's message; at == NULL: there is no 404 */
    bool or_empty; /* 204 instead of a 404 */
};

/* A piece of SQL: text of the file, or a parameter's place in it. */
struct piece {
    str text;
    int param; /* -1: text */
};

/* Pieces that stand or fall together: the whole line with "--?", or a run of other lines. */
struct stretch {
    struct conditions when;
    const struct piece *pieces;
    int npieces;
};

/* A URL of the file: "/api/primes/{id}", cut at the slashes. */
struct route_path {
    str text;
    str segments[SEGMENTS_MAX];
    int params[SEGMENTS_MAX]; /* of a {name}: the index of its parameter, else -1 */
    int nsegments;
};

enum { ANSWERS_MAX = 4 };

struct route_file {
    str name;  /* "routes/api/primes.sql" */
    str about; /* the description, its lines joined by blanks */
    enum method method;
    struct route_path paths[ROUTE_PATHS_MAX]; /* the first is the URL, others are aliases */
    int npaths;
    enum route_access access;
    enum target target;
    bool writes; /* in a transaction that may change rows */
    enum route_memory memory;
    int64_t cache_ms;  /* 0: not cached */
    str cache_control; /* the header of its answers */
    str by;            /* a handler of the program answers, not SQL; at == NULL: SQL does */
    str reads;         /* comma list of relations whose refresh drops cached answers */
    struct param params[PARAMS_MAX];
    int nparams;
    struct answer answers[ANSWERS_MAX];
    int nanswers;
    const struct stretch *stretches;
    int nstretches;
    int sql_line;   /* where the SQL begins in the file */
    size_t sql_len; /* the longest statement's length, parameters left away */
};

/* Parses a file; everything is copied into mem. NULL when it is wrong, with
 * "name:line: sentence" in *why. */
const struct route_file *route_file_parse(arena *mem, str name, str text, str *why);

/* The parameter's index, or -1. */
int route_file_param(const struct route_file *file, str name);

bool route_streams(const struct answer *answer); /* ARRAY, CSV and EVENTS */

#endif
