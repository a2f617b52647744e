/* The snapshot: loaded once, indexed, then only read. Its arena dies with the last reference. */
#include "schema/schema.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "schema/load.h"
#include "schema/similar.h"

struct schema {
    atomic_int refs;
    arena *mem;
    struct loaded loaded;
    struct names relations, routines, enums, types, roles;
};

static int by_number(const void *a, const void *b)
{
    const struct column *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

static void form(arena *mem, struct column *columns, int count)
{
    arena *scratch = arena_open();

    for (int i = 0; i < count; i++) {
        columns[i].json_key = arena_copy(mem, json_key_of(scratch, columns[i].name));
        columns[i].json_form = json_form_of(columns[i].type);
    }
    arena_close(&scratch);
}

static void index_columns(arena *mem, struct relation *relation)
{
    if (relation->ncolumns > 1)
        qsort(relation->columns, (size_t)relation->ncolumns, sizeof(struct column), by_number);
    str *keys = arena_array(mem, str, (size_t)relation->ncolumns);
    for (int i = 0; i < relation->ncolumns; i++)
        keys[i] = relation->columns[i].name;
    names_init(&relation->by_name, mem, NULL, keys, relation->ncolumns);
    form(mem, relation->columns, relation->ncolumns);
    form(mem, relation->fields, relation->nfields);
}

static void index_relations(struct schema *schema)
{
    struct loaded *loaded = &schema->loaded;
    str *scopes = arena_array(schema->mem, str, (size_t)loaded->nrelations);
    str *keys = arena_array(schema->mem, str, (size_t)loaded->nrelations);

    for (int i = 0; i < loaded->nrelations; i++) {
        scopes[i] = loaded->relations[i].schema;
        keys[i] = loaded->relations[i].name;
        index_columns(schema->mem, &loaded->relations[i]);
    }
    names_init(&schema->relations, schema->mem, scopes, keys, loaded->nrelations);
}

static enum result result_of(str name)
{
    if (str_eq(name, STR("void")))
        return RESULT_VOID;
    return str_eq(name, STR("composite")) ? RESULT_COMPOSITE : RESULT_SCALAR;
}

/* The index finds the first of each name; the others hang behind it as its overloads. */
static void index_routines(struct schema *schema)
{
    struct loaded *loaded = &schema->loaded;
    str *scopes = arena_array(schema->mem, str, (size_t)loaded->nroutines);
    str *keys = arena_array(schema->mem, str, (size_t)loaded->nroutines);

    for (int i = 0; i < loaded->nroutines; i++) {
        scopes[i] = loaded->routines[i].schema;
        keys[i] = loaded->routines[i].name;
        loaded->routines[i].result = result_of(loaded->routines[i].result_name);
    }
    names_init(&schema->routines, schema->mem, scopes, keys, loaded->nroutines);
    for (int i = loaded->nroutines - 1; i >= 0; i--) {
        int first = names_find(&schema->routines, scopes[i], keys[i]);
        if (first == i)
            continue;
        loaded->routines[i].overload = loaded->routines[first].overload;
        loaded->routines[first].overload = &loaded->routines[i];
    }
}

static void index_enums(struct schema *schema)
{
    struct loaded *loaded = &schema->loaded;
    str *keys = arena_array(schema->mem, str, (size_t)loaded->nenums);

    for (int i = 0; i < loaded->nenums; i++)
        keys[i] = loaded->enums[i].type;
    names_init(&schema->enums, schema->mem, NULL, keys, loaded->nenums);
}

static void represent(struct column *columns, int count, const struct loaded *loaded,
                      const struct names *types)
{
    for (int i = 0; i < count; i++) {
        int at = names_find(types, STR(""), columns[i].type);
        columns[i].representation = at < 0 ? NULL : &loaded->representations[at];
    }
}

static void represent_all(struct schema *schema)
{
    struct loaded *loaded = &schema->loaded;
    str *keys = arena_array(schema->mem, str, (size_t)loaded->nrepresentations);
    struct names types;

    if (loaded->nrepresentations == 0)
        return;
    for (int i = 0; i < loaded->nrepresentations; i++)
        keys[i] = loaded->representations[i].type;
    names_init(&types, schema->mem, NULL, keys, loaded->nrepresentations);
    for (int i = 0; i < loaded->nrelations; i++)
        represent(loaded->relations[i].columns, loaded->relations[i].ncolumns, loaded, &types);
    for (int i = 0; i < loaded->nroutines; i++)
        represent(loaded->routines[i].columns, loaded->routines[i].ncolumns, loaded, &types);
}

enum isolation isolation_of(str name)
{
    static const struct {
        str name;
        enum isolation isolation;
    } table[] = {
        {STR_ROW("serializable"),    ISOLATION_SERIALIZABLE   },
        {STR_ROW("repeatable read"), ISOLATION_REPEATABLE_READ},
        {STR_ROW("read committed"),  ISOLATION_READ_COMMITTED },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (str_ieq(table[i].name, name))
            return table[i].isolation;
    return ISOLATION_DEFAULT;
}

static void index_roles(struct schema *schema)
{
    struct loaded *loaded = &schema->loaded;
    str *keys = arena_array(schema->mem, str, (size_t)loaded->nroles);

    for (int i = 0; i < loaded->nroles; i++) {
        keys[i] = loaded->roles[i].name;
        loaded->roles[i].isolation = isolation_of(loaded->roles[i].isolation_name);
    }
    names_init(&schema->roles, schema->mem, NULL, keys, loaded->nroles);
}

const struct schema *schema_load(arena *mem, str json, str *why)
{
    arena *own = arena_open();
    struct schema *schema = arena_new(own, struct schema);

    schema->mem = own;
    atomic_init(&schema->refs, 1);
    if (!load_parse(own, json, &schema->loaded)) {
        *why = arena_printf(mem,
                            "the description of the database has an unknown shape "
                            "(%zu bytes)",
                            json.len);
        arena_close(&own);
        return NULL;
    }
    index_relations(schema);
    index_routines(schema);
    index_enums(schema);
    represent_all(schema);
    index_roles(schema);
    names_init(&schema->types, own, NULL, schema->loaded.types, schema->loaded.ntypes);
    relationships_make(own, &schema->loaded);
    schema->loaded.rules = NULL; /* they are of the text, and done with */
    schema->loaded.nrules = 0;
    return schema;
}

void schema_put(struct buf *buf, const struct schema *schema)
{
    load_put(buf, &schema->loaded);
}

const struct schema *schema_ref(const struct schema *schema)
{
    atomic_fetch_add(&((struct schema *)(uintptr_t)schema)->refs, 1);
    return schema;
}

void schema_unref(const struct schema **schema)
{
    struct schema *mine = (struct schema *)(uintptr_t)*schema;

    *schema = NULL;
    if (mine == NULL || atomic_fetch_sub(&mine->refs, 1) > 1)
        return;
    arena *mem = mine->mem; /* the schema itself lives in it */
    arena_close(&mem);
}

const struct role *schema_role(const struct schema *schema, str name)
{
    int at = names_find(&schema->roles, STR(""), name);
    return at < 0 ? NULL : &schema->loaded.roles[at];
}

bool schema_reads_request(const struct schema *schema)
{
    return schema->loaded.reads_request;
}

bool schema_sets_response(const struct schema *schema)
{
    return schema->loaded.sets_response;
}

const struct relation *schema_relation(const struct schema *schema, str in, str name)
{
    int at = names_find(&schema->relations, in, name);
    return at < 0 ? NULL : &schema->loaded.relations[at];
}

const struct routine *schema_routines(const struct schema *schema, str in, str name)
{
    int at = names_find(&schema->routines, in, name);
    return at < 0 ? NULL : &schema->loaded.routines[at];
}

const struct column *relation_column(const struct relation *relation, str name)
{
    int at = names_find(&relation->by_name, STR(""), name);
    return at < 0 ? NULL : &relation->columns[at];
}

const struct column *relation_field(const struct relation *relation, str name)
{
    const struct column *column = relation_column(relation, name);

    for (int i = 0; column == NULL && i < relation->nfields; i++)
        if (str_eq(relation->fields[i].name, name))
            column = &relation->fields[i];
    return column;
}

const struct column *routine_column(const struct routine *routine, str name)
{
    for (int i = 0; i < routine->ncolumns; i++)
        if (str_eq(routine->columns[i].name, name))
            return &routine->columns[i];
    return NULL;
}

const struct key *relation_primary_key(const struct relation *relation)
{
    return relation->nkeys > 0 && relation->keys[0].primary ? &relation->keys[0] : NULL;
}

/* They are few: no index. */
const struct handler *schema_handler(const struct schema *schema, str in, str target, str type)
{
    for (int i = 0; i < schema->loaded.nhandlers; i++) {
        const struct handler *handler = &schema->loaded.handlers[i];
        bool same = target.at == NULL
                        ? handler->target.at == NULL
                        : str_eq(handler->target, target) && str_eq(handler->target_schema, in);
        if (same && str_eq(handler->type, type))
            return handler;
    }
    return NULL;
}

bool relation_is_view(const struct relation *relation)
{
    return str_eq(relation->kind, STR("view"));
}

const struct link *schema_links(const struct schema *schema, int *count)
{
    *count = schema->loaded.nlinks;
    return schema->loaded.links;
}

const struct enumeration *schema_enum(const struct schema *schema, str type)
{
    int at = names_find(&schema->enums, STR(""), type);
    return at < 0 ? NULL : &schema->loaded.enums[at];
}

const struct relation *schema_all_relations(const struct schema *schema, int *count)
{
    *count = schema->loaded.nrelations;
    return schema->loaded.relations;
}

const struct routine *schema_all_routines(const struct schema *schema, int *count)
{
    *count = schema->loaded.nroutines;
    return schema->loaded.routines;
}

bool schema_has_type(const struct schema *schema, str name)
{
    return names_find(&schema->types, STR(""), name) >= 0;
}

const struct composite *schema_all_composites(const struct schema *schema, int *count)
{
    *count = schema->loaded.ncomposites;
    return schema->loaded.composites;
}

const struct enumeration *schema_all_enums(const struct schema *schema, int *count)
{
    *count = schema->loaded.nenums;
    return schema->loaded.enums;
}

static str similar_in(const struct names *names, arena *mem, str in, str name, int percent);

str schema_similar_relation(const struct schema *schema, arena *mem, str in, str name)
{
    return similar_in(&schema->relations, mem, in, name, SIMILAR_RELATION_PERCENT);
}

str schema_similar_routine(const struct schema *schema, arena *mem, str in, str name)
{
    return similar_in(&schema->routines, mem, in, name, SIMILAR_RELATION_PERCENT);
}

static str similar_of(arena *mem, const str *candidates, int count, str name, int percent)
{
    if (count > SIMILAR_CANDIDATES_MAX)
        return (str){NULL, 0};
    int at = similar_find(mem, candidates, count, name, percent);
    return at < 0 ? (str){NULL, 0} : candidates[at];
}

static str similar_in(const struct names *names, arena *mem, str in, str name, int percent)
{
    str *candidates = arena_array(mem, str, (size_t)names->count);
    int found = 0;

    for (int i = 0; i < names->count; i++)
        if (str_eq(names->scopes[i], in))
            candidates[found++] = names->keys[i];
    return similar_of(mem, candidates, found, name, percent);
}

str schema_similar_origin(const struct schema *schema, arena *mem, str in, str name)
{
    const struct loaded *loaded = &schema->loaded;
    str *candidates = arena_array(mem, str, (size_t)loaded->nrelations);
    int found = 0;

    for (int i = 0; i < loaded->nrelations; i++)
        if (loaded->relations[i].nrelationships > 0 && str_eq(loaded->relations[i].schema, in))
            candidates[found++] = loaded->relations[i].name;
    return similar_of(mem, candidates, found, name, SIMILAR_PERCENT);
}
