/* See query.h. */
#include "rest/query.h"

#include <stdlib.h>

#include "base/url.h"

enum { CANONICAL_MAX = 1 << 18 };

/* Cuts the next "key=value" off the query, both still encoded. Parameters are separated by '&' or
 * ';', as PostgREST's parser has it. False at the end. */
static bool next_pair(str *rest, str *key, str *value)
{
    while (rest->len > 0) {
        size_t end = 0;
        while (end < rest->len && rest->at[end] != '&' && rest->at[end] != ';')
            end++;
        *value = (str){rest->at, end};
        *rest = str_skip(*rest, end + 1);
        if (end == 0)
            continue;
        str_cut(value, '=', key);
        return true;
    }
    return false;
}

const struct fail *query_read(const struct request *req, struct query *query)
{
    str rest = req->query, key, value;
    size_t room = 1;

    for (size_t i = 0; i < rest.len; i++)
        room += rest.at[i] == '&' || rest.at[i] == ';';
    if (room > PARAMETERS_MAX)
        return fail_new(req->mem, FAIL_BAD_QUERY, "The query has more than %d parameters",
                        PARAMETERS_MAX);
    *query = (struct query){arena_array(req->mem, struct pair, room), 0};
    while (next_pair(&rest, &key, &value)) {
        struct pair *pair = &query->pairs[query->count++];
        if (!url_decode(req->mem, key, URL_PLUS_IS_BLANK, &pair->key) ||
            (value.at != NULL && !url_decode(req->mem, value, URL_PLUS_IS_BLANK, &pair->value)))
            return fail_new(req->mem, FAIL_BAD_QUERY,
                            "The query string is not valid percent-encoded UTF-8");
    }
    return NULL;
}

static void add_condition(struct condition **last, struct condition *condition)
{
    while (*last != NULL)
        last = &(*last)->next;
    *last = condition;
}

static bool same_path(const struct name_list *a, const struct name_list *b)
{
    bool same = a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same = str_eq(a->names[i], b->names[i]);
    return same;
}

/* The level behind a path of at least one name. */
static struct level *get_level(arena *mem, struct ask *ask, const struct name_list *path)
{
    struct level **last = &ask->levels;

    while (*last != NULL && !same_path(&(*last)->path, path))
        last = &(*last)->next;
    if (*last == NULL) {
        *last = arena_new(mem, struct level);
        (*last)->path = *path;
    }
    return *last;
}

static const struct fail *apply_select(arena *mem, str value, struct ask *ask)
{
    return ask->select != NULL ? NULL : item_read(mem, value, &ask->select);
}

static const struct fail *apply_columns(arena *mem, str value, struct ask *ask)
{
    return ask->columns.count > 0 ? NULL
                                  : name_list_read(mem, "columns parameter", value, &ask->columns);
}

static const struct fail *apply_on_conflict(arena *mem, str value, struct ask *ask)
{
    return ask->on_conflict.count > 0
               ? NULL
               : name_list_read(mem, "on_conflict parameter", value, &ask->on_conflict);
}

/* The last word of a key, and of what it is: level is NULL for the target itself. */
struct place {
    struct ask *ask;
    struct level *level;
    str word;
    bool negated; /* not.or=(...) */
};

static const struct fail *apply_order(arena *mem, str value, const struct place *place)
{
    struct term **order = place->level != NULL ? &place->level->order : &place->ask->order;
    return *order != NULL ? NULL : term_read(mem, value, order);
}

static const struct fail *apply_tree(arena *mem, str value, const struct place *place)
{
    bool any = str_eq(place->word, STR("or"));
    struct condition *condition;

    TRY(condition_read_tree(mem, any ? CONDITION_OR : CONDITION_AND, place->negated, value,
                            &condition));
    add_condition(place->level != NULL ? &place->level->where : &place->ask->where, condition);
    return NULL;
}

/* Those of the target are read by range.c, together with the Range header. */
static const struct fail *apply_limit(arena *mem, str value, const struct place *place)
{
    (void)mem;
    if (place->level == NULL)
        return NULL;
    if (str_int(str_trim(value), &place->level->limit))
        place->level->limited = true;
    else
        place->level->limit_is_text = true;
    return NULL;
}

static const struct fail *apply_offset(arena *mem, str value, const struct place *place)
{
    (void)mem;
    if (place->level == NULL)
        return NULL;
    place->level->skips = true;
    str_int(str_trim(value), &place->level->offset);
    return NULL;
}

/* Keys that stand alone. */
static const struct {
    str key;
    const struct fail *(*apply)(arena *mem, str value, struct ask *ask);
} whole_keys[] = {
    {STR_ROW("select"),      apply_select     },
    {STR_ROW("columns"),     apply_columns    },
    {STR_ROW("on_conflict"), apply_on_conflict},
};

/* The last words of keys that a path may precede: a.b.order. */
static const struct last_word {
    str word;
    const char *what; /* the key is called in a message */
    bool logic;       /* "not" in its path negates */
    const struct fail *(*apply)(arena *mem, str value, const struct place *place);
} last_words[] = {
    {STR_ROW("order"),  "tree path",  false, apply_order },
    {STR_ROW("limit"),  "tree path",  false, apply_limit },
    {STR_ROW("offset"), "tree path",  false, apply_offset},
    {STR_ROW("and"),    "logic path", true,  apply_tree  },
    {STR_ROW("or"),     "logic path", true,  apply_tree  },
};

static const struct last_word *find_last_word(str key)
{
    for (size_t i = 0; i < sizeof(last_words) / sizeof(last_words[0]); i++) {
        str word = last_words[i].word;
        bool behind_path = key.len > word.len && key.at[key.len - word.len - 1] == '.';
        if (str_eq(key, word) || (behind_path && str_ends(key, word)))
            return &last_words[i];
    }
    return NULL;
}

static void add_argument(arena *mem, struct ask *ask, str name, str value)
{
    struct argument **last = &ask->arguments;
    while (*last != NULL)
        last = &(*last)->next;
    *last = arena_new(mem, struct argument);
    (*last)->name = name;
    (*last)->value = value;
}

/* "a.b.c->d": the path a.b and the field c->d. What stands behind it is not looked at, as in
 * PostgREST. */
static const struct fail *read_path(arena *mem, const char *what, str key, struct name_list *path,
                                    struct field *field)
{
    str names[ITEM_DEPTH_MAX + 1];
    struct scan scan;

    *path = (struct name_list){NULL, 0};
    scan_init(&scan, mem, what, key);
    TRY(scan_name(&scan, &field->name));
    while (scan_take_dot(&scan)) {
        if (path->count > ITEM_DEPTH_MAX)
            return fail_new(mem, FAIL_BAD_QUERY, "A path has more than %d levels", ITEM_DEPTH_MAX);
        names[path->count++] = field->name;
        TRY(scan_name(&scan, &field->name));
    }
    if (path->count > 0) {
        path->names = arena_array(mem, str, (size_t)path->count);
        memcpy(path->names, names, sizeof(names[0]) * (size_t)path->count);
    }
    return scan_read_path(&scan, field) ? NULL : scan_refuse(&scan);
}

/* Takes the word "not" out of a path, wherever it stands. */
static bool take_not(struct name_list *path)
{
    int kept = 0;
    for (int i = 0; i < path->count; i++)
        if (!str_eq(path->names[i], STR("not")))
            path->names[kept++] = path->names[i];
    bool negated = kept < path->count;
    path->count = kept;
    return negated;
}

static const struct fail *apply_filter(arena *mem, struct pair pair, struct ask *ask)
{
    struct condition *condition, **where = &ask->where;
    struct name_list path;
    struct field field = {.nsteps = 0};

    TRY(read_path(mem, "tree path", pair.key, &path, &field));
    if (ask->kind == ASK_CALL && ask->reads && !condition_looks_like(mem, pair.value)) {
        add_argument(mem, ask, field.name, pair.value);
        return NULL;
    }
    TRY(condition_read(mem, field, pair.value, &condition));
    if (path.count > 0)
        where = &get_level(mem, ask, &path)->where;
    add_condition(where, condition);
    return NULL;
}

static const struct fail *apply_last_word(arena *mem, struct pair pair, struct ask *ask,
                                          const struct last_word *last)
{
    struct place place = {.ask = ask, .word = last->word};
    struct name_list path;
    struct field field = {.nsteps = 0};

    TRY(read_path(mem, last->what, pair.key, &path, &field));
    place.negated = last->logic && take_not(&path);
    if (path.count > 0)
        place.level = get_level(mem, ask, &path);
    return last->apply(mem, pair.value, &place);
}

static const struct fail *apply_pair(arena *mem, struct pair pair, struct ask *ask)
{
    for (size_t i = 0; i < sizeof(whole_keys) / sizeof(whole_keys[0]); i++)
        if (str_eq(pair.key, whole_keys[i].key))
            return whole_keys[i].apply(mem, pair.value, ask);
    const struct last_word *last = find_last_word(pair.key);
    return last != NULL ? apply_last_word(mem, pair, ask, last) : apply_filter(mem, pair, ask);
}

/* As deep as trees are, which condition.c limits. */
static int count_filters(const struct condition *conditions)
{
    int count = 0;
    for (const struct condition *at = conditions; at != NULL; at = at->next)
        count += at->kind == CONDITION_FILTER ? 1 : count_filters(at->children);
    return count;
}

static const struct fail *check_filters(arena *mem, const struct ask *ask)
{
    int count = count_filters(ask->where);

    for (const struct level *level = ask->levels; level != NULL; level = level->next)
        count += count_filters(level->where);
    if (count <= FILTERS_MAX)
        return NULL;
    return fail_new(mem, FAIL_BAD_QUERY, "The query has more than %d filters", FILTERS_MAX);
}

const struct fail *query_apply(const struct query *query, arena *mem, struct ask *ask)
{
    for (int i = 0; i < query->count; i++)
        if (query->pairs[i].value.at != NULL)
            TRY(apply_pair(mem, query->pairs[i], ask));
    if (ask->select == NULL)
        TRY(item_read(mem, STR("*"), &ask->select));
    return check_filters(mem, ask);
}

struct sorted {
    str key, value;
    int position;
};

static int by_key(const void *a, const void *b)
{
    const struct sorted *left = a, *right = b;
    int order = str_order(left->key, right->key);

    return order != 0 ? order : left->position - right->position;
}

str query_canonical(const struct query *query, arena *mem)
{
    struct sorted *list = arena_array(mem, struct sorted, (size_t)query->count);
    struct buf out;

    for (int i = 0; i < query->count; i++)
        list[i] = (struct sorted){query->pairs[i].key, query->pairs[i].value, i};
    if (query->count > 1)
        qsort(list, (size_t)query->count, sizeof(*list), by_key);
    buf_init(&out, mem, CANONICAL_MAX);
    for (int i = 0; i < query->count; i++) {
        if (i > 0 && str_eq(list[i].key, list[i - 1].key)) {
            buf_putc(&out, ',');
        } else {
            buf_put(&out, i > 0 ? STR("&") : STR(""));
            url_put(&out, list[i].key);
            buf_putc(&out, '=');
        }
        url_put(&out, list[i].value);
    }
    return buf_str(&out);
}
