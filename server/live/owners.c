/* See owners.h. Sources: PostgreSQL 9.27.7, pg_get_expr: what it prints has parentheses around each
 * AND, OR and operator; 9.1: an AND with FALSE or NULL in it is not TRUE, whatever the rest is. */
#include "live/owners.h"

#include "live/callers.h"
#include "live/expression.h"

enum { DEPTH_MAX = 16 };

#define EQUALS " = "

/* A name as PostgreSQL prints it: what is not plain is quoted. */
static const struct fact_column *column_of(const struct facts *facts, str name)
{
    bool quoted = str_starts(name, STR("\""));

    if (name.len == 0 || str_eq(name, STR(CALLERS_UID)) || expression_piece(name).len != name.len)
        return NULL;
    if (quoted && name.len > 2)
        return facts_column(facts, (str){name.at + 1, name.len - 2});
    return quoted || str_find(name, '.') >= 0 ? NULL : facts_column(facts, name);
}

/* "owner = uid", or the other way round. */
static bool read_equal(const struct facts *facts, str text, struct owners *owners)
{
    str name;

    if (str_starts(text, STR(CALLERS_UID EQUALS)))
        name = str_skip(text, STR(CALLERS_UID EQUALS).len);
    else if (str_ends(text, STR(EQUALS CALLERS_UID)))
        name = (str){text.at, text.len - STR(EQUALS CALLERS_UID).len};
    else
        return false;
    const struct fact_column *column = column_of(facts, name);
    if (column == NULL || !str_eq(column->full, STR("uuid")))
        return false;
    *owners = (struct owners){.columns = {column->name}, .count = 1};
    return true;
}

static bool read(const struct facts *facts, str group, int depth, struct owners *owners);

/* One condition that rules others out is enough. */
static bool read_all(const struct facts *facts, const struct parts *parts, int depth,
                     struct owners *owners)
{
    for (int i = 0; i < parts->count; i++)
        if (read(facts, parts->at[i], depth, owners))
            return true;
    return false;
}

static bool has(const struct owners *owners, str column)
{
    for (int i = 0; i < owners->count; i++)
        if (str_eq(owners->columns[i], column))
            return true;
    return false;
}

static bool add(struct owners *owners, const struct owners *more)
{
    for (int i = 0; i < more->count; i++) {
        if (has(owners, more->columns[i]))
            continue;
        if (owners->count == OWNERS_MAX)
            return false;
        owners->columns[owners->count++] = more->columns[i];
    }
    return true;
}

/* Each of the alternatives must rule others out. */
static bool read_any(const struct facts *facts, const struct parts *parts, int depth,
                     struct owners *owners)
{
    struct owners one;

    *owners = (struct owners){.count = 0};
    for (int i = 0; i < parts->count; i++)
        if (!read(facts, parts->at[i], depth, &one) || !add(owners, &one))
            return false;
    return true;
}

/* What has no parentheses of its own is never understood. */
static bool read(const struct facts *facts, str group, int depth, struct owners *owners)
{
    struct parts parts;
    str inside;

    if (depth == DEPTH_MAX || !expression_group(group, &inside) ||
        !expression_split(inside, &parts))
        return false;
    if (parts.by == JOINED_BY_AND)
        return read_all(facts, &parts, depth + 1, owners);
    if (parts.by == JOINED_BY_OR)
        return read_any(facts, &parts, depth + 1, owners);
    return read_equal(facts, parts.at[0], owners) || read(facts, parts.at[0], depth + 1, owners);
}

struct owners owners_read(const struct facts *facts)
{
    struct owners owners = {.count = 0};
    struct parts parts;
    bool told = false;

    if (expression_split(facts->joint, &parts))
        told = parts.by == JOINED_BY_OR ? read_any(facts, &parts, 0, &owners)
                                        : read_all(facts, &parts, 0, &owners);
    return told ? owners : (struct owners){.count = 0};
}
