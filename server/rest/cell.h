/* Rows that become JSON here: PostgreSQL sends plain columns, which costs it half of what
 * json_agg does. What it alone knows how to write (arrays, composites, times) it still writes,
 * by to_json() in the select list. The text is json_agg's to the byte. */
#ifndef REST_CELL_H
#define REST_CELL_H

#include "base/buf.h"
#include "schema/schema.h"

struct plan;
struct output;

/* One column of the rows. */
struct cell {
    const struct output *output; /* what was asked for */
    const struct column *column;
    enum json_form form;
    str key; /* "name": as it stands in each row */
};

struct cells {
    struct cell *list;
    int count; /* 0: PostgreSQL makes the whole body */
};

/* The columns of a read whose rows become JSON here; none when they do not. */
struct cells cells_make(arena *mem, const struct plan *plan);

/* Appends one row as a JSON object, as many values as there are cells; at == NULL is null. */
void cells_put_row(struct buf *out, const struct cells *cells, const str *values);

#endif
