/* See shown.h. The privileges are read each time: that costs less than a microsecond a relation,
 * and a GRANT need not reload the schema to be seen. */
#include "openapi/shown.h"

#include "base/embed.h"
#include "base/json.h"

void shown_statement(arena *mem, str in, enum shown_which which, struct statement *statement)
{
    str *params = arena_array(mem, str, 2);

    params[0] = in;
    params[1] = which == SHOWN_ALL ? STR("true") : STR("false");
    *statement = (struct statement){
        .target = TARGET_PRIMARY,
        .access = ACCESS_READ,
        .text = embed_find(STR("sql/introspect/shown.sql")),
        .nparams = 2,
        .params = params,
    };
}

static int count_of(str json)
{
    struct json_walk walk;
    str key, value;
    int count = 0;

    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value))
        count++;
    return count;
}

static void read_relations(arena *mem, str json, struct shown *shown)
{
    struct json_walk walk;
    str key, value;

    shown->relations = arena_array(mem, const struct relation *, (size_t)count_of(json) + 1);
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value)) {
        const struct relation *relation =
            schema_relation(shown->schema, shown->in, json_unquote(mem, value));
        if (relation != NULL)
            shown->relations[shown->nrelations++] = relation;
    }
}

static const struct routine *find_routine(const struct shown *shown, str name, str oid)
{
    const struct routine *at = schema_routines(shown->schema, shown->in, name);

    while (at != NULL && !str_eq(at->oid, oid))
        at = at->overload;
    return at;
}

/* [name, oid, name, oid, ...] */
static void read_routines(arena *mem, str json, struct shown *shown)
{
    struct json_walk walk;
    str key, name, oid;

    shown->routines = arena_array(mem, const struct routine *, (size_t)count_of(json) / 2 + 1);
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &name) && json_walk_next(&walk, &key, &oid)) {
        const struct routine *routine =
            find_routine(shown, json_unquote(mem, name), json_unquote(mem, oid));
        if (routine != NULL)
            shown->routines[shown->nroutines++] = routine;
    }
}

void shown_read(arena *mem, const struct schema *schema, str in, const str columns[SHOWN_COLUMNS],
                struct shown *shown)
{
    *shown = (struct shown){.schema = schema, .in = in, .comment = columns[SHOWN_COMMENT]};
    read_relations(mem, columns[SHOWN_RELATIONS], shown);
    read_routines(mem, columns[SHOWN_ROUTINES], shown);
}
