/* See parts.h. Source: PostgREST's description of itself: its notes and their marks (<pk/>, <fk/>)
 * are read by clients. */
#include "openapi/parts.h"

#include "base/json.h"

enum { NOTE_MAX = 64 << 10 };

static void put_property(struct description *to, const struct kind *kind, bool nullable);

/* ---- comments ---- */

void parts_comment(struct description *to, str first, str rest, str comment)
{
    str line;

    if (comment.at == NULL || !str_cut(&comment, '\n', &line))
        return;
    writer_member(&to->writer, first, line);
    while (comment.len > 0 && comment.at[0] == '\n')
        comment = str_skip(comment, 1);
    if (comment.len > 0)
        writer_member(&to->writer, rest, comment);
}

void parts_info(struct description *to)
{
    struct writer *writer = &to->writer;
    str comment = to->shown->comment;
    bool described = str_find(comment, '\n') >= 0;

    writer_open_member(writer, STR("info"), '{');
    writer_member(writer, STR("version"), STR(POSTERN_VERSION));
    if (comment.at == NULL)
        writer_member(writer, STR("title"), STR("Postern API"));
    if (!described)
        writer_member(writer, STR("description"),
                      STR("The tables, views and functions of a PostgreSQL database"));
    parts_comment(to, STR("title"), STR("description"), comment);
    writer_close(writer, '}');
    writer_open_member(writer, STR("externalDocs"), '{');
    writer_member(writer, STR("description"), STR("PostgREST Documentation"));
    writer_member(writer, STR("url"), STR("https://postgrest.org/en/stable/references/api.html"));
    writer_close(writer, '}');
}

/* ---- keys ---- */

static bool is_foreign_key(const struct relationship *at, str column)
{
    bool ours = at->kind == TO_ONE || (at->kind == ONE_TO_ONE && !at->back);
    return ours && at->on.count == 1 && str_eq(at->on.left[0], column);
}

/* The foreign key that is this one column; to a table rather than to a view of it. */
static const struct relationship *find_foreign_key(const struct relation *relation, str column)
{
    const struct relationship *found = NULL;

    for (int i = 0; i < relation->nrelationships; i++) {
        const struct relationship *at = &relation->relationships[i];
        if (!is_foreign_key(at, column))
            continue;
        if (!relation_is_view(at->to))
            return at;
        found = found == NULL ? at : found;
    }
    return found;
}

static bool is_in_key(const struct relation *relation, str column)
{
    const struct key *key = relation_primary_key(relation);

    for (int i = 0; key != NULL && i < key->ncolumns; i++)
        if (str_eq(key->columns[i], column))
            return true;
    return false;
}

static str describe_column(const struct description *to, const struct relation *relation,
                           const struct column *column)
{
    bool in_key = is_in_key(relation, column->name);
    const struct relationship *key = find_foreign_key(relation, column->name);
    struct buf note;

    if (!in_key && key == NULL)
        return column->comment;
    buf_init(&note, to->mem, column->comment.len + NOTE_MAX);
    buf_put(&note, column->comment);
    buf_put(&note, column->comment.at == NULL ? STR("Note:") : STR("\n\nNote:"));
    if (in_key)
        buf_put(&note, STR("\nThis is a Primary Key.<pk/>"));
    if (key != NULL)
        buf_printf(&note, "\nThis is a Foreign Key to `%.*s.%.*s`.<fk table='%.*s' column='%.*s'/>",
                   STR_ARG(key->to->name), STR_ARG(key->on.right[0]), STR_ARG(key->to->name),
                   STR_ARG(key->on.right[0]));
    return buf_str(&note);
}

/* ---- properties ---- */

str parts_local_type(const struct description *to, str type)
{
    str in = to->shown->in;

    if (str_starts(type, in) && type.len > in.len && type.at[in.len] == '.')
        return str_skip(type, in.len + 1);
    return type;
}

/* 'x'::text is x for a string; of others only what is JSON is a value: 42, not nextval(...). */
static void put_default(struct description *to, const struct kind *kind, str expression)
{
    str cast = arena_printf(to->mem, "::%.*s", STR_ARG(kind->name));

    if (expression.at == NULL)
        return;
    if (str_eq(kind->type, STR("string"))) {
        if (str_ends(expression, cast)) {
            expression.len -= cast.len;
            while (expression.len > 0 && expression.at[0] == '\'')
                expression = str_skip(expression, 1);
            while (expression.len > 0 && expression.at[expression.len - 1] == '\'')
                expression.len--;
        }
        writer_member(&to->writer, STR("default"), expression);
        return;
    }
    if (json_check(expression) == JSON_INVALID)
        return;
    writer_key(&to->writer, STR("default"));
    writer_json(&to->writer, expression);
}

static void put_enum(struct description *to, str type, bool nullable)
{
    const struct enumeration *words = schema_enum(to->shown->schema, type);

    if (words == NULL)
        return;
    writer_open_member(&to->writer, STR("enum"), '[');
    for (int i = 0; i < words->nvalues; i++)
        writer_string(&to->writer, words->values[i]);
    if (nullable)
        writer_json(&to->writer, STR("null"));
    writer_close(&to->writer, ']');
}

static void put_column(struct description *to, const struct relation *relation,
                       const struct column *column)
{
    struct kind kind = kind_of(to->mem, column->base.at != NULL ? column->base : column->type);
    bool nullable = to->dialect == DIALECT_3_1 && !column->required;

    put_default(to, &kind, column->default_value);
    writer_member(&to->writer, STR("description"), describe_column(to, relation, column));
    put_enum(to, kind.name, nullable);
    put_property(to, &kind, nullable);
    if (to->dialect == DIALECT_3_1 && column->generated)
        writer_flag(&to->writer, STR("readOnly"), true);
}

void parts_argument(struct description *to, const struct parameter *parameter)
{
    struct kind kind = kind_of(to->mem, parts_local_type(to, parameter->type));

    if (to->dialect == DIALECT_3_1)
        put_enum(to, parameter->type, false);
    put_property(to, &kind, false);
}

static void put_type(struct description *to, str type, bool nullable)
{
    if (!nullable || type.at == NULL) {
        writer_member(&to->writer, STR("type"), type);
        return;
    }
    writer_open_member(&to->writer, STR("type"), '[');
    writer_string(&to->writer, type);
    writer_string(&to->writer, STR("null"));
    writer_close(&to->writer, ']');
}

static void put_property(struct description *to, const struct kind *kind, bool nullable)
{
    writer_member(&to->writer, STR("format"), kind->format);
    put_type(to, kind->type, nullable);
    if (json_check(kind->max_length) == JSON_NUMBER) {
        writer_key(&to->writer, STR("maxLength"));
        writer_json(&to->writer, kind->max_length);
    }
    if (kind->array) {
        writer_open_member(&to->writer, STR("items"), '{');
        writer_member(&to->writer, STR("type"), kind->item);
        writer_close(&to->writer, '}');
    }
}

/* ---- rows and arguments ---- */

void parts_columns(struct description *to, const struct relation *relation)
{
    if (relation->ncolumns == 0)
        return;
    writer_open_member(&to->writer, STR("properties"), '{');
    for (int i = 0; i < relation->ncolumns; i++) {
        writer_open_member(&to->writer, relation->columns[i].name, '{');
        put_column(to, relation, &relation->columns[i]);
        writer_close(&to->writer, '}');
    }
    writer_close(&to->writer, '}');
}

void parts_arguments(struct description *to, const struct routine *routine)
{
    bool any = false;

    if (routine->nparameters == 0)
        return;
    writer_open_member(&to->writer, STR("properties"), '{');
    for (int i = 0; i < routine->nparameters; i++) {
        writer_open_member(&to->writer, routine->parameters[i].name, '{');
        parts_argument(to, &routine->parameters[i]);
        writer_close(&to->writer, '}');
        any = any || routine->parameters[i].required;
    }
    writer_close(&to->writer, '}');
    if (!any)
        return;
    writer_open_member(&to->writer, STR("required"), '[');
    for (int i = 0; i < routine->nparameters; i++)
        if (routine->parameters[i].required)
            writer_string(&to->writer, routine->parameters[i].name);
    writer_close(&to->writer, ']');
}

/* ---- the API ---- */

bool parts_writable(const struct relation *relation)
{
    return relation->insertable || relation->updatable || relation->deletable;
}

bool parts_is_last(const struct shown *shown, int routine)
{
    return routine + 1 == shown->nroutines ||
           !str_eq(shown->routines[routine]->name, shown->routines[routine + 1]->name);
}

struct place parts_place(arena *mem, const struct config *config)
{
    struct place place = {
        STR("http"), {NULL, 0},
         STR("/")
    };
    str uri = config->openapi_proxy_uri;

    if (uri.at == NULL) {
        bool v6 = str_find(config->host, ':') >= 0;
        place.host = arena_printf(mem, v6 ? "[%.*s]:%lld" : "%.*s:%lld", STR_ARG(config->host),
                                  (long long)config->port);
        if (config->rest_path.len > 0)
            place.base = config->rest_path;
        return place;
    }
    bool secure = str_ieq((str){uri.at, STR("https").len}, STR("https"));
    if (secure)
        place.scheme = STR("https");
    uri = str_skip(uri, place.scheme.len + STR("://").len);
    long slash = str_find(uri, '/');
    place.host = slash < 0 ? uri : (str){uri.at, (size_t)slash};
    if (slash >= 0)
        place.base = str_skip(uri, (size_t)slash);
    if (str_find(place.host, ':') < 0)
        place.host = arena_printf(mem, "%.*s:%s", STR_ARG(place.host), secure ? "443" : "80");
    return place;
}
