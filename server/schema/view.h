/* Views stand for the tables below them: whose columns each shows, through views of views. So a
 * view has the primary key of a table whose key it shows, and takes part in its foreign keys. Made
 * and used while a snapshot is loaded. */
#ifndef SCHEMA_VIEW_H
#define SCHEMA_VIEW_H

#include "schema/load.h"
#include "schema/rule.h"

struct views {
    const struct shown *list; /* by table, column, view, number; tables are not views */
    size_t count;
};

/* Some columns of one table: those of a key. */
struct columns_of {
    int64_t table;
    const int64_t *numbers;
    int count;
};

void views_init(struct views *views, arena *mem, const struct loaded *loaded);

/* Calls found for each way in which a view shows all these columns: one that shows a column twice
 * does so in two ways. `numbers` are the view's, in the order of those of `wanted`. Nothing when
 * there are no columns. */
typedef void view_fn(void *arg, int64_t view, const int64_t *numbers);
void views_each(const struct views *views, const struct columns_of *wanted, view_fn *found,
                void *arg);

#endif
