/* See view.h. */
#include "schema/view.h"

#include <stdlib.h>

#include "base/json.h"

/* A view of a view of ... ; ways of one view to show one key; columns of a key in PostgreSQL. */
enum { STEPS_MAX = 64, WAYS_MAX = 64, KEY_COLUMNS_MAX = 32 };

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_view(const void *a, const void *b)
{
    const struct shown *left = a, *right = b;
    int order = by_number(left->view, right->view);
    return order != 0 ? order : by_number(left->number, right->number);
}

static int by_table(const void *a, const void *b)
{
    const struct shown *left = a, *right = b;
    int order = by_number(left->table, right->table);

    if (order == 0)
        order = by_number(left->column, right->column);
    return order != 0 ? order : by_view(a, b);
}

/* Follows one column down to a relation that is no view, or shows an expression. */
static struct shown ground(const struct shown *list, size_t count, struct shown shown)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        struct shown below = {.view = shown.table, .number = shown.column};
        const struct shown *found = bsearch(&below, list, count, sizeof(*list), by_view);
        if (found == NULL)
            break;
        shown.table = found->table;
        shown.column = found->column;
    }
    return shown;
}

static size_t count_columns(const struct loaded *loaded, struct shown **lists, int *counts,
                            arena *scratch)
{
    size_t count = 0;

    for (int i = 0; i < loaded->nrules; i++) {
        const struct rule *rule = &loaded->rules[i];
        if (rule->quoted.at != NULL)
            counts[i] =
                rule_read(scratch, json_unquote(scratch, rule->quoted), rule->view, &lists[i]);
        count += (size_t)counts[i];
    }
    return count;
}

void views_init(struct views *views, arena *mem, const struct loaded *loaded)
{
    struct shown **lists = arena_array(mem, struct shown *, (size_t)loaded->nrules);
    int *counts = arena_array(mem, int, (size_t)loaded->nrules);
    size_t count = count_columns(loaded, lists, counts, mem), at = 0;
    struct shown *direct = arena_array(mem, struct shown, count + 1);
    struct shown *grounded = arena_array(mem, struct shown, count + 1);

    for (int i = 0; i < loaded->nrules; i++)
        for (int j = 0; j < counts[i]; j++)
            direct[at++] = lists[i][j];
    qsort(direct, count, sizeof(*direct), by_view);
    for (size_t i = 0; i < count; i++)
        grounded[i] = ground(direct, count, direct[i]);
    qsort(grounded, count, sizeof(*grounded), by_table);
    *views = (struct views){grounded, count};
}

/* The first entry not before the wanted one. */
static const struct shown *lower(const struct views *views, struct shown wanted)
{
    size_t low = 0, high = views->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_table(&views->list[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return views->list + low;
}

/* One column of a key in one view: the entries from `at` on, `ways` of them. */
struct choice {
    const struct shown *at;
    size_t ways, chosen;
};

static struct choice choose(const struct views *views, struct shown wanted)
{
    const struct shown *first = lower(views, wanted), *end = views->list + views->count;
    struct choice choice = {first, 0, 0};

    for (const struct shown *at = first; at < end && at->table == wanted.table &&
                                         at->column == wanted.column && at->view == wanted.view;
         at++)
        choice.ways++;
    return choice;
}

/* The next combination, the last column fastest; false after the last one. */
static bool turn(struct choice *choices, int count)
{
    while (count-- > 0) {
        if (++choices[count].chosen < choices[count].ways)
            return true;
        choices[count].chosen = 0;
    }
    return false;
}

static void each_way(const struct views *views, const struct columns_of *wanted, int64_t view,
                     view_fn *found, void *arg)
{
    struct choice choices[KEY_COLUMNS_MAX];
    int64_t numbers[KEY_COLUMNS_MAX];
    int ways = 0;

    for (int i = 0; i < wanted->count; i++) {
        choices[i] = choose(
            views,
            (struct shown){.view = view, .table = wanted->table, .column = wanted->numbers[i]});
        if (choices[i].ways == 0)
            return;
    }
    do {
        for (int i = 0; i < wanted->count; i++)
            numbers[i] = choices[i].at[choices[i].chosen].number;
        found(arg, view, numbers);
    } while (turn(choices, wanted->count) && ++ways < WAYS_MAX);
}

void views_each(const struct views *views, const struct columns_of *wanted, view_fn *found,
                void *arg)
{
    const struct shown *end = views->list + views->count;
    int64_t last = 0;

    if (wanted->count < 1 || wanted->count > KEY_COLUMNS_MAX)
        return;
    struct shown first = {.table = wanted->table, .column = wanted->numbers[0]};
    for (const struct shown *at = lower(views, first);
         at < end && at->table == first.table && at->column == first.column; at++) {
        if (at->view == last)
            continue;
        last = at->view;
        each_way(views, wanted, last, found, arg);
    }
}
