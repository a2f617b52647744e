/* See fence.h. */
#include "live/fence.h"

static int find_column(const struct live_table *table, str name)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (str_eq(table->columns[i].name, name))
            return i;
    return -1;
}

static bool is_own(const struct live_value *value, str tenant)
{
    return tenant.len > 0 && value->state == VALUE_TEXT && str_eq(value->text, tenant);
}

bool fence_lets(str column, const struct claims *claims, const struct change *change)
{
    const struct live_value *row = change->op == CHANGE_DELETE ? change->old : change->row;
    int at = column.len == 0 ? -1 : find_column(change->table, column);

    if (at < 0 || claims_cross_tenants(claims))
        return true;
    if (row == NULL || !is_own(&row[at], claims->tenant))
        return false;
    /* A row that has moved between tenants would show what it was. */
    bool told =
        change->op == CHANGE_UPDATE && change->old != NULL && change->old[at].state == VALUE_TEXT;
    return !told || is_own(&change->old[at], claims->tenant);
}
