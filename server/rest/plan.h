/* What an ask means in this database: every name found in the snapshot, every choice made. The
 * SQL is written from it without another question, the answer is made by it.
 *
 * Adding to the language: a new thing in ask.h, found here, written in sql_*.c. */
#ifndef REST_PLAN_H
#define REST_PLAN_H

#include "base/config.h"
#include "base/statement.h"
#include "rest/ask.h"
#include "rest/cell.h"
#include "rest/transaction.h"
#include "schema/schema.h"

struct embed;
struct fence;
struct relationship;

/* One column of the answer. */
enum output_kind {
    OUTPUT_ALL,    /* every column of the node */
    OUTPUT_COLUMN, /* one, or its aggregate */
    OUTPUT_ROWS,   /* count(): an aggregate of no column */
    OUTPUT_EMBED,  /* an embedded relation as JSON */
    OUTPUT_SPREAD  /* a column of a spread one */
};

struct output {
    enum output_kind kind;
    const struct item *item;     /* its path, alias */
    const struct column *column; /* NULL unless it is one column of the node */
    str cast;                    /* a type; absent: none */
    enum aggregate aggregate;
    str result_cast;            /* of the aggregate; absent: none */
    const struct embed *embed;  /* of EMBED and SPREAD */
    const struct output *inner; /* of SPREAD: the embedded node's */
    struct output *next;
};

/* A condition whose columns are found. */
struct test {
    const struct condition *condition;
    const struct column *column; /* of a filter */
    const struct embed *embed;   /* is.null of an embedded relation: has it no row? Else NULL */
    struct test *children;
    struct test *next;
};

struct sort {
    const struct term *term;
    const struct column *column; /* NULL: what is sorted by is no plain column */
    const struct embed *embed;   /* sorted by a column of an embedded row, as it is named there */
    struct sort *next;
};

enum returned {
    ROWS_NONE,    /* return=minimal: nothing comes back but how many */
    ROWS_KEY,     /* return=headers-only: the primary key, for Location */
    ROWS_COUNTED, /* HEAD */
    ROWS_BODY     /* all of it, as plan.media has it */
};

enum total { TOTAL_NONE, TOTAL_SAME /* as the page has rows */, TOTAL_COUNTED };

/* What the planner's guess is wanted for: instead of a count, or beyond those that are counted. */
enum estimate { ESTIMATE_NONE, ESTIMATE_ONLY, ESTIMATE_OF_MANY };
enum conflict { CONFLICT_FAILS, CONFLICT_MERGES, CONFLICT_IGNORED };

struct column_list {
    const struct column **list;
    int count;
};

/* One level of what is read: that which the URL names is the root, embeds are below it. */
struct node {
    const struct relation *relation; /* NULL: a call's rows are of no relation */
    const struct routine *routine;   /* NULL: not a call's rows */
    str name;                        /* columns are qualified with it */
    struct output *outputs;          /* columns first, then what is embedded */
    struct test *where;              /* of a write: which rows it touches */
    struct sort *order;
    bool paged; /* limit and offset are given */
    struct range range;
    struct embed *embeds;
    const struct embed *embed; /* what these are the rows of; NULL: the root */
    bool printed; /* its rows become text, not JSON: what is JSON inside them stands on one line */
};

/* A relation inside the rows of the node above: one row or an array of them. */
struct embed {
    const struct item *item;
    const struct relationship *relationship;
    bool shown;       /* something of it is in the answer */
    bool ordered;     /* the node above is sorted by a column of it */
    bool by_old_name; /* something is said of it by its relation's name, not by its alias */
    struct node node;
    const struct node *above;
    struct embed *next;
};

struct plan {
    const struct ask *ask;
    const struct relation *relation; /* NULL for a call */
    const struct routine *routine;   /* NULL for a relation */
    enum access access;
    struct node root;
    struct cells cells; /* none: the rows come as one JSON text */
    enum returned rows;
    enum media media;              /* what makes the rows the body */
    const struct handler *handler; /* of MEDIA_HANDLED */
    str content_type;              /* of the body */
    struct explain explain;        /* what PostgreSQL would do is wanted, not the rows */
    enum total total;
    enum estimate estimate;
    int64_t counted_most;       /* more than these are not counted, with ESTIMATE_OF_MANY; 0: all */
    bool one_row;               /* anything but one row is 406, and undoes a write */
    struct column_list written; /* by an insert or update */
    struct column_list conflict_keys;
    enum conflict conflict;
    const struct parameter **given; /* of the call; the others have defaults */
    int ngiven;
    bool whole_body;   /* the call's one unnamed parameter takes the body as it is */
    const str *values; /* of those given by query or form, for their types to read; else NULL */
    str search_path;
    str warning;         /* about the ask, for the header of that name; or absent */
    bool asks_answer;    /* the database may want a status or headers of its own in the answer */
    bool minimal_errors; /* tell code and message only */
    struct transaction transaction;
    const struct fence *fence; /* between tenants; NULL: none, see fence.h */
};

const struct fail *plan_make(arena *mem, const struct schema *schema, const struct config *config,
                             const struct ask *ask, struct plan **plan);

/* Writes the statement that does it; in statement.c. Not for OPTIONS. */
const struct fail *plan_sql(arena *mem, const struct plan *plan, struct statement *statement);

/* The name of a column of the answer. */
str plan_output_name(const struct output *output);

/* Is any of its outputs an aggregate? The others are what it is grouped by. */
bool plan_is_grouped(const struct node *node);

/* The function that shows the value of a column whose domain has its own form; absent: none. Of
 * what a path finds in such a value, nothing. */
str plan_shown_by(const struct output *output);

/* Is its value JSON that the statement makes, not a column? */
bool plan_is_made_json(const struct output *output);

/* Do its rows leave one by one, while the statement runs? */
bool plan_streams(const struct plan *plan);

/* Does the ask change rows of a relation? A call does not count. */
bool plan_writes(const struct plan *plan);

/* What the steps of plan_make share. */
struct planner {
    arena *mem;
    const struct schema *schema;
    const struct config *config;
    struct plan *plan;
    struct embed **targets; /* which embed each of ask->levels is about */
    int nembeds;
};

/* The steps of plan_make that have a file of their own.
 * plan_call chooses the routine that the ask calls: routine, given, whole_body, arguments.
 * plan_tree finds what the root reads and embeds, its relation or routine and its name being set.
 * plan_write: written, conflict, conflict_keys. */
const struct fail *plan_call(arena *mem, const struct schema *schema, struct plan *plan);
const struct fail *plan_tree(struct planner *planner);
const struct fail *plan_write(arena *mem, struct plan *plan);

/* media, handler, content_type, explain; 406 when none of the accepted types is available. */
const struct fail *plan_media(arena *mem, const struct schema *schema, const struct config *config,
                              struct plan *plan);

/* 405: the filters of a PUT are not its primary key. Asked before columns are found, as a filter
 * on an unknown column is no key either. */
const struct fail *plan_put(arena *mem, const struct plan *plan);

/* The steps of plan_tree. plan_outputs: what a node selects, its embeds being done. plan_tests
 * appends conditions to those of the node. */
const struct fail *plan_outputs(struct planner *planner, struct node *node,
                                const struct item *items);
const struct fail *plan_tests(struct planner *planner, struct node *node,
                              const struct condition *conditions);
const struct fail *plan_order(struct planner *planner, struct node *node, const struct term *terms);

/* The embed of that name or alias in the answer; NULL when there is none. */
struct embed *plan_find_embed(const struct node *node, str name);

/* 400: a filter or an order is for a relation that is not selected. */
struct fail *plan_not_embedded(arena *mem, str name);

/* 400: a PUT's body is not the row that its URL names. */
const struct fail *plan_put_mismatch(arena *mem);

#endif
