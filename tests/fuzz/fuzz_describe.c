/* Whatever a database is said to hold, its descriptions are JSON, whatever the names are; and what
 * is quoted in its TypeScript ends where it began: a line has no odd quote. */
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "openapi/describe.h"
#include "openapi/typescript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert, without its branches in every caller. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Everything of one schema, as the database would list it. */
static void show_all(arena *mem, const struct schema *schema, str in, struct shown *shown)
{
    int nrelations, nroutines;
    const struct relation *relations = schema_all_relations(schema, &nrelations);
    const struct routine *routines = schema_all_routines(schema, &nroutines);

    *shown = (struct shown){.schema = schema, .in = in, .comment = in};
    shown->relations = arena_array(mem, const struct relation *, (size_t)nrelations + 1);
    shown->routines = arena_array(mem, const struct routine *, (size_t)nroutines + 1);
    for (int i = 0; i < nrelations; i++)
        if (str_eq(relations[i].schema, in))
            shown->relations[shown->nrelations++] = &relations[i];
    for (int i = 0; i < nroutines; i++)
        if (str_eq(routines[i].schema, in))
            shown->routines[shown->nroutines++] = &routines[i];
}

static void check_quotes(str text)
{
    str line;

    while (str_cut(&text, '\n', &line)) {
        bool open = false;
        for (size_t i = 0; i < line.len; i++) {
            if (open && line.at[i] == '\\')
                i++;
            else if (line.at[i] == '"')
                open = !open;
        }
        must(!open);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena *mem = arena_open();
    str why = {NULL, 0}, text = {(const char *)data, size}, in = STR("public");
    const struct schema *schema = schema_load(mem, text, &why);
    struct config config = {.host = STR("::1"), .openapi_security = true};
    struct shown shown;
    struct buf types;

    if (schema != NULL) {
        int count;
        const struct relation *first = schema_all_relations(schema, &count);
        if (count > 0 && first->schema.at != NULL)
            in = first->schema;
        show_all(mem, schema, in, &shown);
        for (int dialect = 0; dialect < DIALECTS; dialect++)
            must(json_check(describe(mem, &config, &shown, (enum dialect)dialect)) == JSON_OBJECT);
        buf_init(&types, mem, 64 << 20);
        typescript_put(&types, schema, in);
        check_quotes(buf_str(&types));
    }
    schema_unref(&schema);
    arena_close(&mem);
    return 0;
}
