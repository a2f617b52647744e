/* A read-only view of one result. Valid until the request's arena dies: what a reply
 * points to may point in here, without a copy. */
#ifndef PG_ROWS_H
#define PG_ROWS_H

#include "base/statement.h"

struct rows;

int rows_count(const struct rows *rows);
int rows_columns(const struct rows *rows);
str rows_column(const struct rows *rows, int column);               /* its name */
str rows_text(const struct rows *rows, int row, int column);        /* at == NULL is SQL NULL */
int64_t rows_integer(const struct rows *rows, int row, int column); /* 0: NULL, or none */
int64_t rows_affected(const struct rows *rows); /* of INSERT, UPDATE, DELETE; else 0 */

/* What a statement behind the main one returned; NULL when there was none. Lives as long. */
const struct rows *rows_after(const struct rows *rows, enum after which);

#endif
