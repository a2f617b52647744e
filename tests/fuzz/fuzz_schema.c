/* Any text as the description of a database is refused with a sentence, or becomes a snapshot in
 * which each relation, column, routine and enum is found by its own name, and the first of equal
 * ones; a relationship leads from its relation to another of the same schema, by as many columns
 * of the one as of the other, all of which they have. */
#include <stdint.h>
#include <stdlib.h>

#include "schema/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert, without its branches in every caller. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_columns(const struct schema *schema, const struct relation *relation)
{
    const struct relation *found = schema_relation(schema, relation->schema, relation->name);

    must(found != NULL && str_eq(found->name, relation->name));
    for (int i = 0; i < found->ncolumns; i++) {
        const struct column *column = relation_column(found, found->columns[i].name);
        must(column >= found->columns && column <= &found->columns[i]);
        must(str_eq(column->name, found->columns[i].name));
    }
}

static void check_overloads(const struct schema *schema, const struct routine *routine)
{
    const struct routine *at = schema_routines(schema, routine->schema, routine->name);

    must(at != NULL);
    for (; at != NULL; at = at->overload)
        must(str_eq(at->name, routine->name) && str_eq(at->schema, routine->schema));
}

static void check_enum(const struct schema *schema, const struct enumeration *one)
{
    const struct enumeration *found = schema_enum(schema, one->type);
    must(found != NULL && str_eq(found->type, one->type));
}

static void check_join(const struct join *join, const struct relation *left,
                       const struct relation *right)
{
    must(join->count > 0 && join->left != NULL && join->right != NULL);
    for (int i = 0; i < join->count; i++)
        must(relation_column(left, join->left[i]) != NULL &&
             relation_column(right, join->right[i]) != NULL);
}

static void check_relationships(const struct relation *relation)
{
    for (int i = 0; i < relation->nrelationships; i++) {
        const struct relationship *at = &relation->relationships[i];
        must(at->from == relation && at->self == (at->from == at->to));
        must(at->kind == COMPUTED || str_eq(at->from->schema, at->to->schema));
        must((at->junction != NULL) == (at->kind == MANY_TO_MANY));
        if (at->kind == MANY_TO_MANY)
            check_join(&at->beyond, at->to, at->junction);
        if (at->kind != COMPUTED)
            check_join(&at->on, at->from, at->junction != NULL ? at->junction : at->to);
    }
}

static void check_all_relationships(const struct schema *schema)
{
    int count;
    const struct relation *relations = schema_all_relations(schema, &count);

    for (int i = 0; i < count; i++)
        check_relationships(&relations[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    str why = {NULL, 0}, text = {(const char *)data, size};
    const struct schema *schema = schema_load(mem, text, &why);
    struct loaded loaded;

    must((schema == NULL) == (why.len > 0));
    if (schema != NULL && load_parse(mem, text, &loaded)) {
        for (int i = 0; i < loaded.nrelations; i++)
            check_columns(schema, &loaded.relations[i]);
        for (int i = 0; i < loaded.nroutines; i++)
            check_overloads(schema, &loaded.routines[i]);
        for (int i = 0; i < loaded.nenums; i++)
            check_enum(schema, &loaded.enums[i]);
        check_all_relationships(schema);
    }
    schema_unref(&schema);
    arena_close(&mem);
    return 0;
}
