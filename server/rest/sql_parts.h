/* The parts that statements share: what is selected, tested, sorted, and how rows become a body. */
#ifndef REST_SQL_PARTS_H
#define REST_SQL_PARTS_H

#include "rest/plan.h"
#include "rest/sql.h"

/* The columns of every answer, in this order. */
enum {
    COLUMN_BODY,  /* the rows as text */
    COLUMN_ROWS,  /* how many */
    COLUMN_EXTRA, /* reads and calls: the total, if it was counted; upserts: how many were new */
    COLUMN_KEY    /* a JSON object of the new row's primary key, for Location */
};

/* What stands beside the rows of a node where they are tested: what is embedded in them, or not. */
enum beside { BESIDE_NOTHING, BESIDE_EMBEDS };

/* What the one value of a call is called. */
#define SCALAR_NAME "pgrst_scalar"

void sql_relation(struct sql *sql, const struct relation *relation); /* "schema"."name" */
void sql_outputs(struct sql *sql, const struct node *node);          /* a, b->'c' as x, ... */
void sql_cells(struct sql *sql, const struct plan *plan);            /* a, to_json(b->'c'), ... */
void sql_operand(struct sql *sql, const struct test *test);          /* the one value of a filter */
void sql_where(struct sql *sql, const struct node *node);            /* " where ..." or nothing */
void sql_tests(struct sql *sql, const struct node *node, enum beside beside); /* without the word */
void sql_group(struct sql *sql, const struct node *node); /* " group by ..." or nothing */
void sql_order(struct sql *sql, const struct node *node); /* " order by ..." or nothing */
void sql_page(struct sql *sql, const struct node *node);  /* " limit $1 offset $2" or nothing */

/* Of embedded relations, in sql_embed.c. Behind "from" and the rows of a node stand sql_joined and
 * sql_kept when they are read, sql_counted when they are only counted. */
void sql_joined(struct sql *sql, const struct node *node); /* " left join ..." or nothing */
void sql_kept(struct sql *sql, const struct node *node);   /* " where ..." or nothing */
void sql_kept_of_written(struct sql *sql, const struct node *node);  /* the same of a write */
void sql_counted(struct sql *sql, const struct node *node);          /* " where ..." or nothing */
void sql_embedded(struct sql *sql, const struct embed *embed);       /* its rows as JSON */
void sql_found(struct sql *sql, const struct embed *embed);          /* true when it has a row */
void sql_found_in_order(struct sql *sql, const struct embed *embed); /* the same, row by row */
bool sql_is_beside(const struct embed *embed);                     /* does its join tell as much? */
void sql_found_beside(struct sql *sql, const struct embed *embed); /* the same, by its join */

/* The first two columns of the answer, over rows called t; in sql_body.c. What is only explained
 * has its columns where PostgREST has them, as readers of plans look for the body there. */
void sql_answer(struct sql *sql, const struct plan *plan);

/* Instead of them, for who streams: the row t as JSON. */
void sql_line(struct sql *sql, const struct plan *plan);

/* Is the body the one value of a function, so that nothing is aggregated? */
bool sql_is_value(const struct plan *plan);

/* How many rows t has. A statement that writes and may not touch as many, or as few, raises an
 * error, which sql_refusal reads. */
bool sql_refuses(const struct plan *plan);
void sql_count(struct sql *sql, const struct plan *plan);
const struct fail *sql_refusal(arena *mem, str sqlstate, str message);

/* What PostgreSQL is asked how many rows it expects a read to have in all; see count.h. */
const struct fail *sql_expect(arena *mem, const struct plan *plan, struct bound *bound);

void sql_read(struct sql *sql, const struct plan *plan);
void sql_insert(struct sql *sql, const struct plan *plan);
void sql_update(struct sql *sql, const struct plan *plan);
void sql_delete(struct sql *sql, const struct plan *plan);
void sql_call(struct sql *sql, const struct plan *plan);

#endif
