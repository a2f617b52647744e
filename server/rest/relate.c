/* See relate.h. */
#include "rest/relate.h"

#include "base/json.h"
#include "schema/similar.h"

enum { LIST_BYTES_MAX = 32 << 10 }; /* of the candidates in an answer */

struct found {
    const struct relationship **list;
    int count;
};

static struct found find_all(arena *mem, const struct relation *from, const struct relate *wanted);
static const struct fail *no_relationship(arena *mem, const struct schema *schema,
                                          const struct relation *from, const struct relate *wanted);
static const struct fail *ambiguous(arena *mem, const struct relate *wanted,
                                    const struct found *found);

const struct fail *relate_find(arena *mem, const struct schema *schema, const struct relate *wanted,
                               const struct relationship **relationship)
{
    const struct relation *from = schema_relation(schema, wanted->schema, wanted->origin);
    struct found found = find_all(mem, from, wanted);

    if (found.count == 0)
        return no_relationship(mem, schema, from, wanted);
    if (found.count > 1)
        return ambiguous(mem, wanted, &found);
    *relationship = found.list[0];
    return NULL;
}

/* A column names a relationship only when it is the whole foreign key. */
static bool is_column(const struct relationship *at, const str *columns, str name)
{
    return at->kind != MANY_TO_MANY && at->on.count == 1 && str_eq(columns[0], name);
}

static bool is_constraint(const struct relationship *at, str name)
{
    return at->kind != MANY_TO_MANY && str_eq(at->on.constraint, name);
}

static bool is_junction(const struct relationship *at, str name)
{
    return at->kind == MANY_TO_MANY && str_eq(at->junction->name, name);
}

/* One foreign key of a relation to itself makes two relationships: the relation's name means the
 * many, the column's name the one. */
static bool matches_self(const struct relationship *at, const struct relate *wanted)
{
    bool named = str_eq(wanted->target, at->to->name) && at->kind == TO_MANY;

    if (wanted->hint.at != NULL)
        return named && is_column(at, at->on.right, wanted->hint);
    return named || (at->kind == TO_ONE && is_column(at, at->on.left, wanted->target));
}

static bool matches(const struct relationship *at, const struct relate *wanted)
{
    str target = wanted->target, hint = wanted->hint;

    if (at->kind == COMPUTED)
        return str_eq(target, at->function);
    if (at->self)
        return matches_self(at, wanted);
    if (hint.at == NULL)
        return str_eq(target, at->to->name) ||
               (!relation_is_view(at->to) &&
                (is_constraint(at, target) || is_column(at, at->on.left, target)));
    return str_eq(target, at->to->name) &&
           (is_constraint(at, hint) || is_column(at, at->on.left, hint) ||
            is_column(at, at->on.right, hint) || is_junction(at, hint));
}

static struct found find_all(arena *mem, const struct relation *from, const struct relate *wanted)
{
    struct found found = {NULL, 0};

    if (from == NULL)
        return found;
    found.list = arena_array(mem, const struct relationship *, (size_t)from->nrelationships);
    for (int i = 0; i < from->nrelationships; i++)
        if (matches(&from->relationships[i], wanted))
            found.list[found.count++] = &from->relationships[i];
    return found;
}

/* A target that exists got a wrong hint; there is nothing to suggest. */
static str suggest_target(arena *mem, const struct relation *from, str target)
{
    str *names = arena_array(mem, str, (size_t)from->nrelationships);

    for (int i = 0; i < from->nrelationships; i++)
        names[i] = from->relationships[i].to->name;
    int at = similar_find(mem, names, from->nrelationships, target, SIMILAR_PERCENT);
    return at < 0 || str_ieq(names[at], target) ? (str){NULL, 0} : names[at];
}

static str suggest(arena *mem, const struct schema *schema, const struct relation *from,
                   const struct relate *wanted)
{
    bool known = from != NULL && (from->linked || from->nrelationships > 0);
    str name = known ? suggest_target(mem, from, wanted->target)
                     : schema_similar_origin(schema, mem, wanted->schema, wanted->origin);
    str wrong = known ? wanted->target : wanted->origin;

    if (name.at == NULL)
        return name;
    return arena_printf(mem, "Perhaps you meant '%.*s' instead of '%.*s'.", STR_ARG(name),
                        STR_ARG(wrong));
}

static const struct fail *no_relationship(arena *mem, const struct schema *schema,
                                          const struct relation *from, const struct relate *wanted)
{
    struct fail *fail = fail_new(mem, FAIL_NO_RELATIONSHIP,
                                 "Could not find a relationship between '%.*s' and '%.*s' in the "
                                 "schema cache",
                                 STR_ARG(wanted->origin), STR_ARG(wanted->target));

    fail->details = arena_printf(
        mem,
        "Searched for a foreign key relationship between '%.*s' and '%.*s%s%.*s' in the schema "
        "'%.*s', but no matches were found.",
        STR_ARG(wanted->origin), STR_ARG(wanted->target),
        wanted->hint.at == NULL ? "" : "' using the hint '", STR_ARG(wanted->hint),
        STR_ARG(wanted->schema));
    fail->hint = suggest(mem, schema, from, wanted);
    return fail;
}

static void put_columns(struct buf *text, const str *columns, int count)
{
    buf_putc(text, '(');
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buf_put(text, STR(", "));
        buf_put(text, columns[i]);
    }
    buf_putc(text, ')');
}

/* "users_tasks using fk1(user_id) and fk2(task_id)", or "fk using users(id) and tasks(user_id)". */
static str describe(arena *mem, const struct relationship *at)
{
    bool joined = at->kind == MANY_TO_MANY;
    struct buf text;

    buf_init(&text, mem, LIST_BYTES_MAX);
    buf_put(&text, joined ? at->junction->name : at->on.constraint);
    buf_put(&text, STR(" using "));
    buf_put(&text, joined ? at->on.constraint : at->from->name);
    put_columns(&text, joined ? at->on.right : at->on.left, at->on.count);
    buf_put(&text, STR(" and "));
    buf_put(&text, joined ? at->beyond.constraint : at->to->name);
    put_columns(&text, joined ? at->beyond.right : at->on.right,
                joined ? at->beyond.count : at->on.count);
    return buf_str(&text);
}

static void put_candidate(arena *mem, struct buf *json, const struct relationship *at)
{
    static const char *const names[] = {[TO_MANY] = "one-to-many",
                                        [TO_ONE] = "many-to-one",
                                        [ONE_TO_ONE] = "one-to-one",
                                        [MANY_TO_MANY] = "many-to-many"};

    buf_printf(json, "{\"cardinality\":\"%s\",\"embedding\":", names[at->kind]);
    json_put_string(
        json, arena_printf(mem, "%.*s with %.*s", STR_ARG(at->from->name), STR_ARG(at->to->name)));
    buf_put(json, STR(",\"relationship\":"));
    json_put_string(json, describe(mem, at));
    buf_putc(json, '}');
}

static void put_choice(struct buf *text, const struct relationship *at)
{
    str hint = at->kind == MANY_TO_MANY ? at->junction->name : at->on.constraint;
    buf_printf(text, "'%.*s!%.*s'", STR_ARG(at->to->name), STR_ARG(hint));
}

/* Several functions of one name and argument cannot be: none of the found is computed, unless a
 * foreign key has its name too. */
static const struct fail *ambiguous(arena *mem, const struct relate *wanted,
                                    const struct found *found)
{
    struct fail *fail = fail_new(mem, FAIL_AMBIGUOUS_EMBED,
                                 "Could not embed because more than one relationship was found for "
                                 "'%.*s' and '%.*s'",
                                 STR_ARG(wanted->origin), STR_ARG(wanted->target));
    struct buf choices, json;

    buf_init(&choices, mem, LIST_BYTES_MAX);
    buf_init(&json, mem, LIST_BYTES_MAX);
    buf_putc(&json, '[');
    for (int i = 0; i < found->count; i++) {
        if (found->list[i]->kind == COMPUTED)
            continue;
        buf_put(&choices, choices.len == 0 ? STR("") : STR(", "));
        buf_put(&json, json.len == 1 ? STR("") : STR(","));
        put_choice(&choices, found->list[i]);
        put_candidate(mem, &json, found->list[i]);
    }
    buf_putc(&json, ']');
    fail->hint = arena_printf(mem,
                              "Try changing '%.*s' to one of the following: %.*s. Find the desired "
                              "relationship in the 'details' key.",
                              STR_ARG(wanted->target), STR_ARG(buf_str(&choices)));
    fail->details = json.full ? (str){NULL, 0} : buf_str(&json);
    fail->details_are_json = !json.full;
    return fail;
}
