/* See typescript.h. Everything is sorted by name, so that what did not change does not move. */
#include "openapi/typescript.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "openapi/typescript_inside.h"

enum { LINE_MAX = 128 << 10 };

static void put_schema(struct typescript *ts, str schema);
static void put_relations(struct typescript *ts, str schema, bool views);
static void put_enums(struct typescript *ts, str schema);
static void put_composites(struct typescript *ts, str schema);

void typescript_put(struct buf *out, const struct schema *schema, str schemas)
{
    struct typescript ts = {.out = out, .schema = schema, .schemas = schemas};
    str rest = schemas, name;

    typescript_line(&ts, "export type Json = string | number | boolean | null "
                         "| { [key: string]: Json | undefined } | Json[]");
    typescript_line(&ts, "%s", "");
    typescript_open(&ts, "export type Database =");
    typescript_line(&ts, "// Tells supabase-js which language the server speaks.");
    typescript_open(&ts, "__InternalSupabase:");
    typescript_line(&ts, "PostgrestVersion: \"14\"");
    typescript_close(&ts);
    while (str_cut(&rest, ',', &name))
        put_schema(&ts, str_trim(name));
    typescript_close(&ts);
    typescript_helpers(&ts);
}

/* ---- lines ---- */

static void __attribute__((format(printf, 2, 0)))
put_line(struct typescript *ts, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0 || len > LINE_MAX) {
        ts->out->full = true;
        return;
    }
    for (int i = 0; i < ts->depth && len > 0; i++)
        buf_put(ts->out, STR("  "));
    char *line = h2o_mem_alloc_pool(ts->out->mem, (size_t)len + 1);
    vsnprintf(line, (size_t)len + 1, format, args);
    buf_put(ts->out, (str){line, (size_t)len});
}

void typescript_line(struct typescript *ts, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(ts, format, args);
    va_end(args);
    buf_putc(ts->out, '\n');
}

void typescript_open(struct typescript *ts, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(ts, format, args);
    va_end(args);
    buf_put(ts->out, STR(" {\n"));
    ts->depth++;
}

void typescript_close(struct typescript *ts)
{
    ts->depth--;
    typescript_line(ts, "}");
}

static void put_nothing(struct typescript *ts)
{
    typescript_line(ts, "[_ in never]: never");
}

/* ---- schemas and relations ---- */

static void put_schema(struct typescript *ts, str schema)
{
    str key = typescript_key(ts, schema);

    typescript_open(ts, "%.*s:", STR_ARG(key));
    put_relations(ts, schema, false);
    put_relations(ts, schema, true);
    typescript_functions(ts, schema);
    put_enums(ts, schema);
    put_composites(ts, schema);
    typescript_close(ts);
}

static int by_name(const void *a, const void *b)
{
    str left = (*(const struct column *const *)a)->name;
    str right = (*(const struct column *const *)b)->name;
    return str_order(left, right);
}

static const struct column **sorted(const struct typescript *ts, const struct relation *relation)
{
    const struct column **list =
        arena_array(ts->out->mem, const struct column *, (size_t)relation->ncolumns + 1);

    for (int i = 0; i < relation->ncolumns; i++)
        list[i] = &relation->columns[i];
    qsort(list, (size_t)relation->ncolumns, sizeof(const struct column *), by_name);
    return list;
}

enum shape { SHAPE_ROW, SHAPE_INSERT, SHAPE_UPDATE };

static bool may_be_left_out(const struct column *column, enum shape shape)
{
    if (shape == SHAPE_ROW)
        return false;
    return shape == SHAPE_UPDATE || !column->required || column->default_value.at != NULL ||
           column->identity.at != NULL;
}

static bool is_written(const struct column *column)
{
    return !column->generated && !str_eq(column->identity, STR("a"));
}

static void put_column(struct typescript *ts, const struct column *column, enum shape shape)
{
    str key = typescript_key(ts, column->name);
    str type = typescript_column_type(ts, column);

    if (shape != SHAPE_ROW && !is_written(column))
        typescript_line(ts, "%.*s?: never", STR_ARG(key));
    else
        typescript_line(ts, "%.*s%s: %.*s%s", STR_ARG(key),
                        may_be_left_out(column, shape) ? "?" : "", STR_ARG(type),
                        column->required ? "" : " | null");
}

static void put_shape(struct typescript *ts, const struct relation *relation, enum shape shape)
{
    static const char *const names[] = {
        [SHAPE_ROW] = "Row",
        [SHAPE_INSERT] = "Insert",
        [SHAPE_UPDATE] = "Update",
    };
    const struct column **columns = sorted(ts, relation);

    typescript_open(ts, "%s:", names[shape]);
    for (int i = 0; i < relation->ncolumns; i++)
        put_column(ts, columns[i], shape);
    for (int i = 0; i < relation->nfields && shape == SHAPE_ROW; i++)
        put_column(ts, &relation->fields[i], shape); /* computed: may be selected by name */
    if (relation->ncolumns == 0)
        put_nothing(ts);
    typescript_close(ts);
}

static void put_texts(struct typescript *ts, const char *key, const str *list, int count)
{
    struct buf texts;

    buf_init(&texts, ts->out->mem, LINE_MAX);
    for (int i = 0; i < count; i++) {
        buf_put(&texts, i > 0 ? STR(", ") : STR(""));
        buf_put(&texts, typescript_literal(ts, list[i]));
    }
    typescript_line(ts, "%s: [%.*s]", key, STR_ARG(buf_str(&texts)));
}

static void put_relationship(struct typescript *ts, const struct relationship *at)
{
    str constraint = typescript_literal(ts, at->on.constraint);
    str to = typescript_literal(ts, at->to->name);

    typescript_line(ts, "{");
    ts->depth++;
    typescript_line(ts, "foreignKeyName: %.*s", STR_ARG(constraint));
    put_texts(ts, "columns", at->on.left, at->on.count);
    typescript_line(ts, "isOneToOne: %s", at->kind == ONE_TO_ONE ? "true" : "false");
    typescript_line(ts, "referencedRelation: %.*s", STR_ARG(to));
    put_texts(ts, "referencedColumns", at->on.right, at->on.count);
    ts->depth--;
    typescript_line(ts, "},");
}

/* Foreign keys of its own only: supabase-js finds the way back by itself. */
static void put_relationships(struct typescript *ts, const struct relation *relation)
{
    typescript_line(ts, "Relationships: [");
    ts->depth++;
    for (int i = 0; i < relation->nrelationships; i++) {
        const struct relationship *at = &relation->relationships[i];
        if (at->kind == TO_ONE || (at->kind == ONE_TO_ONE && !at->back))
            put_relationship(ts, at);
    }
    ts->depth--;
    typescript_line(ts, "]");
}

static void put_relation(struct typescript *ts, const struct relation *relation)
{
    bool table = !relation_is_view(relation);
    str key = typescript_key(ts, relation->name);

    typescript_open(ts, "%.*s:", STR_ARG(key));
    put_shape(ts, relation, SHAPE_ROW);
    if (table || relation->insertable)
        put_shape(ts, relation, SHAPE_INSERT);
    if (table || relation->updatable)
        put_shape(ts, relation, SHAPE_UPDATE);
    put_relationships(ts, relation);
    typescript_close(ts);
}

static void put_relations(struct typescript *ts, str schema, bool views)
{
    int count;
    const struct relation *list = schema_all_relations(ts->schema, &count);
    bool any = false;

    typescript_open(ts, views ? "Views:" : "Tables:");
    for (int i = 0; i < count; i++) {
        if (!str_eq(list[i].schema, schema) || relation_is_view(&list[i]) != views)
            continue;
        put_relation(ts, &list[i]);
        any = true;
    }
    if (!any)
        put_nothing(ts);
    typescript_close(ts);
}

/* ---- enums and composite types ---- */

static void put_enums(struct typescript *ts, str schema)
{
    int count;
    const struct enumeration *list = schema_all_enums(ts->schema, &count);
    bool any = false;

    typescript_open(ts, "Enums:");
    for (int i = 0; i < count; i++) {
        if (!str_eq(list[i].schema, schema))
            continue;
        any = true;
        str key = typescript_key(ts, list[i].name);
        typescript_line(ts, "%.*s:", STR_ARG(key));
        for (int j = 0; j < list[i].nvalues; j++) {
            str word = typescript_literal(ts, list[i].values[j]);
            typescript_line(ts, "  | %.*s", STR_ARG(word));
        }
    }
    if (!any)
        put_nothing(ts);
    typescript_close(ts);
}

static void put_composite(struct typescript *ts, const struct composite *composite)
{
    str key = typescript_key(ts, composite->name);

    typescript_open(ts, "%.*s:", STR_ARG(key));
    for (int i = 0; i < composite->ncolumns; i++)
        put_column(ts, &composite->columns[i], SHAPE_ROW);
    typescript_close(ts);
}

static void put_composites(struct typescript *ts, str schema)
{
    int count;
    const struct composite *list = schema_all_composites(ts->schema, &count);
    bool any = false;

    typescript_open(ts, "CompositeTypes:");
    for (int i = 0; i < count; i++) {
        if (!str_eq(list[i].schema, schema))
            continue;
        any = true;
        put_composite(ts, &list[i]);
    }
    if (!any)
        put_nothing(ts);
    typescript_close(ts);
}
