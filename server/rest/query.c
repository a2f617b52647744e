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

static void add_condition(struct ask *ask, struct condition *condition)
{
    struct condition **last = &ask->where;
    while (*last != NULL)
        last = &(*last)->next;
    *last = condition;
}

static const struct fail *apply_select(arena *mem, struct pair pair, struct ask *ask)
{
    return ask->select != NULL ? NULL : item_read(mem, pair.value, &ask->select);
}

static const struct fail *apply_order(arena *mem, struct pair pair, struct ask *ask)
{
    return ask->order != NULL ? NULL : term_read(mem, pair.value, &ask->order);
}

static const struct fail *apply_columns(arena *mem, struct pair pair, struct ask *ask)
{
    return name_list_read(mem, "columns parameter", pair.value, &ask->columns);
}

static const struct fail *apply_on_conflict(arena *mem, struct pair pair, struct ask *ask)
{
    return name_list_read(mem, "on_conflict parameter", pair.value, &ask->on_conflict);
}

static const struct fail *apply_tree(arena *mem, struct pair pair, struct ask *ask)
{
    bool negated = str_starts(pair.key, STR("not."));
    bool any = str_ends(pair.key, STR("or"));
    struct condition *condition;

    TRY(condition_read_tree(mem, any ? CONDITION_OR : CONDITION_AND, negated, pair.value,
                            &condition));
    add_condition(ask, condition);
    return NULL;
}

/* limit and offset: range.c has them. */
static const struct fail *apply_nothing(arena *mem, struct pair pair, struct ask *ask)
{
    (void)mem;
    (void)pair;
    (void)ask;
    return NULL;
}

static const struct reserved {
    str key;
    bool embeddable; /* "relation.key" is for an embedded relation */
    const struct fail *(*apply)(arena *mem, struct pair pair, struct ask *ask);
} reserved[] = {
    {STR_ROW("select"),      false, apply_select     },
    {STR_ROW("columns"),     false, apply_columns    },
    {STR_ROW("on_conflict"), false, apply_on_conflict},
    {STR_ROW("order"),       true,  apply_order      },
    {STR_ROW("limit"),       true,  apply_nothing    },
    {STR_ROW("offset"),      true,  apply_nothing    },
    {STR_ROW("not.and"),     true,  apply_tree       },
    {STR_ROW("not.or"),      true,  apply_tree       },
    {STR_ROW("and"),         true,  apply_tree       },
    {STR_ROW("or"),          true,  apply_tree       },
};

/* The entry that a key names, alone or as the last word behind a path: a.b.order. The path
 * is what stands before that word, empty when the key is the word. */
static const struct reserved *find_reserved(str key, str *path)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        str word = reserved[i].key;
        *path = STR("");
        if (str_eq(key, word))
            return &reserved[i];
        if (!reserved[i].embeddable || !str_ends(key, word) || key.len < word.len + 2 ||
            key.at[key.len - word.len - 1] != '.')
            continue;
        *path = (str){key.at, key.len - word.len - 1};
        return &reserved[i];
    }
    return NULL;
}

static void add_argument(arena *mem, struct ask *ask, struct pair pair)
{
    struct argument **last = &ask->arguments;
    while (*last != NULL)
        last = &(*last)->next;
    *last = arena_new(mem, struct argument);
    (*last)->name = pair.key;
    (*last)->value = pair.value;
}

static const struct fail *apply_filter(arena *mem, struct pair pair, struct ask *ask)
{
    struct condition *condition;
    struct field field;
    struct scan scan;

    if (ask->kind == ASK_CALL && ask->reads && !condition_looks_like(mem, pair.value)) {
        add_argument(mem, ask, pair);
        return NULL;
    }
    scan_init(&scan, mem, "tree path", pair.key);
    TRY(scan_field(&scan, &field));
    if (scan_take(&scan, STR(".")))
        return item_not_embedded(mem, field.name);
    if (!scan_at_end(&scan))
        return scan_fail(&scan, "\"->>\", \"->\", \".\" or end of input");
    TRY(condition_read(mem, field, pair.value, &condition));
    add_condition(ask, condition);
    return NULL;
}

static const struct fail *apply_pair(arena *mem, struct pair pair, struct ask *ask)
{
    str path;
    const struct reserved *entry = find_reserved(pair.key, &path);

    if (entry == NULL)
        return apply_filter(mem, pair, ask);
    if (path.len == 0)
        return entry->apply(mem, pair, ask);
    str first;
    str_cut(&path, '.', &first);
    return item_not_embedded(mem, first);
}

const struct fail *query_apply(const struct query *query, arena *mem, struct ask *ask)
{
    for (int i = 0; i < query->count; i++)
        if (query->pairs[i].value.at != NULL)
            TRY(apply_pair(mem, query->pairs[i], ask));
    if (ask->select == NULL)
        return item_read(mem, STR("*"), &ask->select);
    return NULL;
}

struct sorted {
    str key, value;
    int position;
};

static int by_key(const void *a, const void *b)
{
    const struct sorted *left = a, *right = b;
    size_t shorter = left->key.len < right->key.len ? left->key.len : right->key.len;
    int order = shorter == 0 ? 0 : memcmp(left->key.at, right->key.at, shorter);

    if (order != 0)
        return order;
    if (left->key.len != right->key.len)
        return left->key.len < right->key.len ? -1 : 1;
    return left->position - right->position;
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
