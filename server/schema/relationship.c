/* Finds the relationships of every relation, when a snapshot is made. The steps and their order are
 * those of PostgREST: foreign keys, then junctions, then the way back, then what functions say. */
#include "schema/relationship.h"

#include <stdlib.h>

#include "schema/view.h"

struct maker {
    arena *mem, *scratch;
    const struct loaded *loaded;
    const struct relation **by_oid;
    struct views views;
    struct relationship *list; /* in scratch, growing */
    size_t count, room;
};

static void name_columns(struct maker *maker);
static void key_views(struct maker *maker);
static void follow_links(struct maker *maker);
static void follow_junctions(struct maker *maker);
static void follow_back(struct maker *maker);
static void follow_functions(struct maker *maker);
static void distribute(struct maker *maker);

static int by_oid(const void *a, const void *b)
{
    const struct relation *left = *(const struct relation *const *)a,
                          *right = *(const struct relation *const *)b;
    return (left->oid > right->oid) - (left->oid < right->oid);
}

void relationships_make(arena *mem, struct loaded *loaded)
{
    struct maker maker = {.mem = mem, .scratch = arena_open(), .loaded = loaded};

    maker.by_oid =
        arena_array(maker.scratch, const struct relation *, (size_t)loaded->nrelations + 1);
    for (int i = 0; i < loaded->nrelations; i++)
        maker.by_oid[i] = &loaded->relations[i];
    qsort(maker.by_oid, (size_t)loaded->nrelations, sizeof(struct relation *), by_oid);
    views_init(&maker.views, maker.scratch, loaded);
    name_columns(&maker);
    key_views(&maker);
    follow_links(&maker);
    follow_junctions(&maker);
    follow_back(&maker);
    follow_functions(&maker);
    if (maker.count > 0)
        distribute(&maker);
    arena_close(&maker.scratch);
}

static const struct relation *find_relation(const struct maker *maker, int64_t oid)
{
    struct relation wanted = {.oid = oid};
    const struct relation *key = &wanted, **found;

    found = bsearch(&key, maker->by_oid, (size_t)maker->loaded->nrelations,
                    sizeof(struct relation *), by_oid);
    return found == NULL ? NULL : *found;
}

static struct relationship *add(struct maker *maker, const struct relationship *relationship)
{
    if (maker->count == maker->room) {
        /* Most foreign keys make two: that many, and no more, in a database without views. */
        size_t room = maker->room == 0 ? (size_t)maker->loaded->nlinks * 2 + 16 : maker->room * 2;
        struct relationship *list = arena_array(maker->scratch, struct relationship, room);
        if (maker->count > 0)
            memcpy(list, maker->list, maker->count * sizeof(*list));
        maker->list = list;
        maker->room = room;
    }
    struct relationship *added = &maker->list[maker->count++];
    *added = *relationship;
    added->self = added->from == added->to;
    return added;
}

/* The n-th column of a relation that never dropped one is number n; after drops it is nearer. */
static const struct column *numbered(const struct relation *relation, int64_t number)
{
    int64_t at = number < relation->ncolumns ? number : relation->ncolumns;

    while (--at >= 0)
        if (relation->columns[at].number == number)
            return &relation->columns[at];
    return NULL;
}

/* NULL when the relation is not exposed, or does not have them. */
static const str *names_of(const struct maker *maker, int64_t oid, const int64_t *numbers,
                           int count)
{
    const struct relation *relation = find_relation(maker, oid);
    if (relation == NULL)
        return NULL;
    str *names = arena_array(maker->mem, str, (size_t)count);
    for (int i = 0; i < count; i++) {
        const struct column *column = numbered(relation, numbers[i]);
        if (column == NULL)
            return NULL;
        names[i] = column->name;
    }
    return names;
}

static void name_columns(struct maker *maker)
{
    for (int i = 0; i < maker->loaded->nlinks; i++) {
        struct link *link = &maker->loaded->links[i];
        if (link->nnumbers != link->nforeign_numbers)
            continue;
        link->ncolumns = link->nnumbers;
        link->columns = names_of(maker, link->table, link->numbers, link->ncolumns);
        link->foreign_columns =
            names_of(maker, link->foreign_table, link->foreign_numbers, link->ncolumns);
        if (link->columns != NULL) {
            link->schema = find_relation(maker, link->table)->schema;
            link->relation = find_relation(maker, link->table)->name;
        }
        if (link->foreign_columns != NULL) {
            link->foreign_schema = find_relation(maker, link->foreign_table)->schema;
            link->foreign_relation = find_relation(maker, link->foreign_table)->name;
        }
    }
}

/* The columns of a key, while views that show them are looked for. */
struct keyed {
    struct maker *maker;
    const struct primary *primary;
    int64_t last; /* a view that shows a column twice has it once in its key */
};

static void key_view(void *arg, int64_t view, const int64_t *numbers)
{
    struct keyed *keyed = arg;
    struct maker *maker = keyed->maker;
    const struct relation *found = find_relation(maker, view);
    const str *names = names_of(maker, view, numbers, keyed->primary->nnumbers);

    if (names == NULL || view == keyed->last)
        return;
    keyed->last = view;
    struct relation *relation = &maker->loaded->relations[found - maker->loaded->relations];
    struct key *key = arena_new(maker->mem, struct key);
    const struct key *had = relation_primary_key(relation);
    int nhad = had == NULL ? 0 : had->ncolumns;

    key->primary = true;
    key->ncolumns = nhad + keyed->primary->nnumbers;
    key->columns = arena_array(maker->mem, str, (size_t)key->ncolumns);
    for (int i = 0; i < key->ncolumns; i++)
        key->columns[i] = i < nhad ? had->columns[i] : names[i - nhad];
    relation->keys = key;
    relation->nkeys = 1;
}

/* A view that shows the primary keys of several tables is known by all of them together. */
static void key_views(struct maker *maker)
{
    for (int i = 0; i < maker->loaded->nprimaries; i++) {
        const struct primary *primary = &maker->loaded->primaries[i];
        struct columns_of wanted = {primary->table, primary->numbers, primary->nnumbers};
        struct keyed keyed = {maker, primary, 0};
        views_each(&maker->views, &wanted, key_view, &keyed);
    }
}

/* One side of a foreign key: the table, or a view that shows the columns. */
struct end {
    const struct relation *relation;
    const str *columns;
    struct end *next;
};

struct ends {
    struct maker *maker;
    int ncolumns;
    struct end *first, **last;
};

static void add_end(void *arg, int64_t relation, const int64_t *numbers)
{
    struct ends *ends = arg;
    const str *columns = names_of(ends->maker, relation, numbers, ends->ncolumns);

    if (columns == NULL)
        return;
    *ends->last = arena_new(ends->maker->scratch, struct end);
    (*ends->last)->relation = find_relation(ends->maker, relation);
    (*ends->last)->columns = columns;
    ends->last = &(*ends->last)->next;
}

static const struct end *find_ends(struct maker *maker, const struct columns_of *columns)
{
    struct ends ends = {.maker = maker, .ncolumns = columns->count, .last = &ends.first};

    add_end(&ends, columns->table, columns->numbers);
    views_each(&maker->views, columns, add_end, &ends);
    return ends.first;
}

/* A relation of which a relationship was found, even if it leads where nobody may go. */
static void mark(struct maker *maker, const struct end *ends)
{
    for (const struct end *at = ends; at != NULL; at = at->next)
        maker->loaded->relations[at->relation - maker->loaded->relations].linked = true;
}

/* Every table and view on the one side with every one on the other. */
static void follow_link(struct maker *maker, const struct link *link)
{
    struct columns_of own = {link->table, link->numbers, link->ncolumns};
    struct columns_of foreign = {link->foreign_table, link->foreign_numbers, link->ncolumns};
    const struct end *froms = find_ends(maker, &own), *tos = find_ends(maker, &foreign);

    mark(maker, froms);
    mark(maker, tos);
    for (const struct end *from = froms; from != NULL; from = from->next)
        for (const struct end *to = tos; to != NULL; to = to->next)
            add(maker, &(struct relationship){
                           .kind = link->unique ? ONE_TO_ONE : TO_ONE,
                           .to_one = true,
                           .from = from->relation,
                           .to = to->relation,
                           .on = {link->name, from->columns, to->columns, link->ncolumns},
            });
}

static void follow_links(struct maker *maker)
{
    for (int i = 0; i < maker->loaded->nlinks; i++)
        if (maker->loaded->links[i].ncolumns > 0)
            follow_link(maker, &maker->loaded->links[i]);
}

static bool has_column(const struct key *key, str name)
{
    for (int i = 0; i < key->ncolumns; i++)
        if (str_eq(key->columns[i], name))
            return true;
    return false;
}

/* Only a foreign key inside the primary key makes its relation a junction. */
static bool may_join(const struct relationship *relationship)
{
    const struct key *key = relation_primary_key(relationship->from);

    if (relationship->kind != TO_ONE || key == NULL)
        return false;
    for (int i = 0; i < relationship->on.count; i++)
        if (!has_column(key, relationship->on.left[i]))
            return false;
    return true;
}

static struct join turned(struct join join)
{
    return (struct join){join.constraint, join.right, join.left, join.count};
}

static void join_by(struct maker *maker, const struct relationship *one,
                    const struct relationship *other)
{
    if (!str_eq(one->on.constraint, other->on.constraint))
        add(maker, &(struct relationship){.kind = MANY_TO_MANY,
                                          .from = one->to,
                                          .to = other->to,
                                          .on = turned(one->on),
                                          .junction = one->from,
                                          .beyond = turned(other->on)});
}

static int by_from(const void *a, const void *b)
{
    const struct relationship *left = a, *right = b;
    return (left->from > right->from) - (left->from < right->from);
}

/* Each relation's foreign keys inside its primary key, every one with every other. */
static void follow_junctions(struct maker *maker)
{
    struct relationship *sides = arena_array(maker->scratch, struct relationship, maker->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < maker->count; i++)
        if (may_join(&maker->list[i]))
            sides[count++] = maker->list[i];
    qsort(sides, count, sizeof(*sides), by_from);
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first; next < count && sides[next].from == sides[first].from;)
            next++;
        for (size_t i = first; i < next; i++)
            for (size_t j = first; j < next; j++)
                join_by(maker, &sides[i], &sides[j]);
    }
}

static void follow_back(struct maker *maker)
{
    for (size_t i = 0, count = maker->count; i < count; i++) {
        struct relationship back = maker->list[i];
        if (back.kind == MANY_TO_MANY)
            continue; /* both ways are there */
        back.kind = back.kind == TO_ONE ? TO_MANY : ONE_TO_ONE;
        back.to_one = back.kind == ONE_TO_ONE;
        back.back = true;
        back.from = maker->list[i].to;
        back.to = maker->list[i].from;
        back.on = turned(back.on);
        add(maker, &back);
    }
}

static void follow_functions(struct maker *maker)
{
    for (int i = 0; i < maker->loaded->ncomputed; i++) {
        const struct computed *computed = &maker->loaded->computed[i];
        struct relationship relationship = {.kind = COMPUTED,
                                            .to_one = computed->one,
                                            .from = find_relation(maker, computed->from),
                                            .to = find_relation(maker, computed->to),
                                            .function_schema = computed->schema,
                                            .function = computed->name};
        if (relationship.from != NULL && relationship.to != NULL)
            add(maker, &relationship);
    }
}

static int by_columns(const struct join *a, const struct join *b)
{
    for (int i = 0; i < a->count && i < b->count; i++) {
        int order = str_order(a->left[i], b->left[i]);
        if (order == 0)
            order = str_order(a->right[i], b->right[i]);
        if (order != 0)
            return order;
    }
    return a->count - b->count;
}

static int by_junction(const struct relationship *a, const struct relationship *b)
{
    int order = 0;

    if (a->kind == MANY_TO_MANY)
        order = str_order(a->junction->name, b->junction->name);
    if (order == 0)
        order = str_order(a->on.constraint, b->on.constraint);
    return order != 0 ? order : str_order(a->beyond.constraint, b->beyond.constraint);
}

/* The order in which candidates are listed to the client. */
static int by_target(const void *left, const void *right)
{
    const struct relationship *a = left, *b = right;
    int order = by_from(a, b);

    if (order == 0)
        order = (a->kind == COMPUTED) - (b->kind == COMPUTED);
    if (order == 0)
        order = str_order(a->to->name, b->to->name);
    if (order == 0)
        order = (int)a->kind - (int)b->kind;
    if (order == 0)
        order = by_junction(a, b);
    if (order == 0)
        order = by_columns(&a->on, &b->on);
    return order != 0 ? order : by_columns(&a->beyond, &b->beyond);
}

/* Relationships lead from one exposed schema into the same one. A function takes the place of all
 * that lead to a relation of its name. `first` to `next` are all of one relation. */
static bool is_seen(const struct relationship *at, const struct relationship *next)
{
    if (at->kind == COMPUTED)
        return str_eq(at->from->schema, at->function_schema);
    if (!str_eq(at->from->schema, at->to->schema))
        return false;
    while (next-- > at && next->kind == COMPUTED)
        if (str_eq(next->function, at->to->name) && str_eq(next->function_schema, at->to->schema))
            return false;
    return true;
}

static void distribute(struct maker *maker)
{
    struct relationship *end = maker->list + maker->count, *next;
    struct relationship *kept = arena_array(maker->mem, struct relationship, maker->count + 1);

    qsort(maker->list, maker->count, sizeof(*maker->list), by_target);
    for (struct relationship *first = maker->list; first < end; first = next) {
        struct relation *from = &maker->loaded->relations[first->from - maker->loaded->relations];
        for (next = first; next < end && next->from == from;)
            next++;
        from->relationships = kept;
        for (const struct relationship *at = first; at < next; at++)
            if (is_seen(at, next))
                *kept++ = *at;
        from->nrelationships = (int)(kept - from->relationships);
    }
}
