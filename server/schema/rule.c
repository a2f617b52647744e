/* Walks field by field, so that a column whose name looks like a field is not taken for one. */
#include "schema/rule.h"

#include <ctype.h>

struct walk {
    str rest;
};

static void skip_blanks(struct walk *walk)
{
    while (walk->rest.len > 0 && isspace((unsigned char)walk->rest.at[0]))
        walk->rest = str_skip(walk->rest, 1);
}

static bool take(struct walk *walk, char byte)
{
    skip_blanks(walk);
    if (walk->rest.len == 0 || walk->rest.at[0] != byte)
        return false;
    walk->rest = str_skip(walk->rest, 1);
    return true;
}

/* A backslash takes the special meaning from the byte behind it. */
static str take_atom(struct walk *walk)
{
    str rest, atom;
    size_t len = 0;

    skip_blanks(walk);
    rest = walk->rest;
    while (len < rest.len && !isspace((unsigned char)rest.at[len]) &&
           strchr("(){}", rest.at[len]) == NULL)
        len += rest.at[len] == '\\' && len + 1 < rest.len ? 2 : 1;
    atom = (str){rest.at, len};
    walk->rest = str_skip(rest, len);
    return atom;
}

/* A node or a list, with all that is in it. */
static void skip_nested(struct walk *walk)
{
    size_t depth = 0;

    while (walk->rest.len > 0) {
        char byte = walk->rest.at[0];
        walk->rest = str_skip(walk->rest, byte == '\\' ? 2 : 1);
        depth += byte == '(' || byte == '{';
        depth -= byte == ')' || byte == '}';
        if (depth == 0)
            return;
    }
}

static str take_value(struct walk *walk)
{
    skip_blanks(walk);
    if (walk->rest.len > 0 && (walk->rest.at[0] == '(' || walk->rest.at[0] == '{')) {
        str whole = walk->rest;
        skip_nested(walk);
        return (str){whole.at, whole.len - walk->rest.len};
    }
    return take_atom(walk);
}

/* The next field of a node; false at its end. */
static bool take_field(struct walk *walk, str *field, str *value)
{
    *field = take_atom(walk);
    if (!str_starts(*field, STR(":")))
        return false;
    *value = take_value(walk);
    return value->len > 0;
}

static bool enter(struct walk *walk, str node)
{
    return take(walk, '{') && str_eq(take_atom(walk), node);
}

static str find_targets(str rule)
{
    struct walk walk = {rule};
    str field, value;

    if (take(&walk, '(') && enter(&walk, STR("QUERY")))
        while (take_field(&walk, &field, &value))
            if (str_eq(field, STR(":targetList")))
                return value;
    return STR("");
}

static bool read_target(str node, struct shown *shown)
{
    struct walk walk = {node};
    str field, value;

    if (!enter(&walk, STR("TARGETENTRY")))
        return false;
    while (take_field(&walk, &field, &value)) {
        int64_t *member = str_eq(field, STR(":resno"))        ? &shown->number
                          : str_eq(field, STR(":resorigtbl")) ? &shown->table
                          : str_eq(field, STR(":resorigcol")) ? &shown->column
                                                              : NULL;
        if (member != NULL && !str_int(value, member))
            return false;
    }
    return shown->number > 0 && shown->table > 0 && shown->column > 0;
}

/* Nodes are counted before they are read: the list is as long as it must be. */
static int count_targets(str targets)
{
    struct walk walk = {targets};
    int count = 0;

    if (take(&walk, '('))
        while (take_value(&walk).len > 0)
            count++;
    return count;
}

int rule_read(arena *mem, str rule, int64_t view, struct shown **list)
{
    str targets = find_targets(rule);
    int room = count_targets(targets), count = 0;
    struct walk walk = {targets};

    *list = arena_array(mem, struct shown, (size_t)room);
    take(&walk, '(');
    while (room-- > 0) {
        struct shown shown = {.view = view};
        if (read_target(take_value(&walk), &shown))
            (*list)[count++] = shown;
    }
    return count;
}
