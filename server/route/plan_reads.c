/* See plan_reads.h. Source: PostgreSQL, EXPLAIN. */
#include "route/plan_reads.h"

#include "base/json.h"

struct reader {
    arena *mem;
    void (*found)(void *arg, str schema, str table);
    void *arg;
};

/* A node names its relation and schema among its members; the nodes below it stand in a list. As
 * deep as json_check lets it be. */
static void read_node(const struct reader *reader, str json)
{
    struct json_walk walk;
    str key, value, schema = {NULL, 0}, table = {NULL, 0};

    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value)) {
        enum json_kind kind = json_kind_of(value);
        if (kind == JSON_OBJECT || kind == JSON_ARRAY)
            read_node(reader, value);
        else if (str_eq(key, STR("\"Schema\"")))
            schema = json_unquote(reader->mem, value);
        else if (str_eq(key, STR("\"Relation Name\"")))
            table = json_unquote(reader->mem, value);
    }
    if (schema.at != NULL && table.at != NULL)
        reader->found(reader->arg, schema, table);
}

void plan_reads(str json, void (*found)(void *arg, str schema, str table), void *arg)
{
    const struct reader reader = {.mem = arena_open(), .found = found, .arg = arg};
    arena *mem = reader.mem;

    if (json_check(json) == JSON_ARRAY)
        read_node(&reader, json);
    arena_close(&mem);
}
