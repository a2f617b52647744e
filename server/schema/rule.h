/* What a view shows: its columns that are columns of other relations as they are. Read from the
 * text of its rewrite rule (pg_rewrite.ev_action). The format is that of PostgreSQL's
 * src/backend/nodes/outfuncs.c: {NODE :field value ...}, (list), atoms with backslashes. */
#ifndef SCHEMA_RULE_H
#define SCHEMA_RULE_H

#include "base/arena.h"

/* Column `number` of a view shows column `column` of the relation `table`. */
struct shown {
    int64_t view, number;
    int64_t table, column;
};

/* Reads the rule of a view into a list of mem; the count. Columns that are expressions are left
 * out, and so is all of a text of another shape. */
int rule_read(arena *mem, str rule, int64_t view, struct shown **list);

#endif
