/* Any text as the description of a database is refused with a sentence, or becomes a snapshot in
 * which each relation, column, routine and enum is found by its own name, and the first of equal
 * ones. */
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
    }
    schema_unref(&schema);
    arena_close(&mem);
    return 0;
}
