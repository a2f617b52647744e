/* See load.h. A new fact about the database is one line in a table here, one in schema.h and one
 * in the SQL. */
#include "schema/load.h"

#include "base/json.h"

enum member_kind {
    MEMBER_TEXT,
    MEMBER_QUOTED, /* a text as it stands in the JSON: for what is not kept */
    MEMBER_FLAG,
    MEMBER_NUMBER,
    MEMBER_NUMBERS,
    MEMBER_TEXTS,
    MEMBER_RECORDS
};

struct shape;

struct member {
    str name;
    enum member_kind kind;
    size_t at, count_at; /* where in the struct; count_at of lists only */
    const struct shape *shape;
};

struct shape {
    size_t size;
    const struct member *members;
    int nmembers;
};

#define TEXT(type, field)                                                                          \
    {                                                                                              \
        STR_ROW(#field), MEMBER_TEXT, offsetof(type, field), 0, NULL                               \
    }
#define FLAG(type, field)                                                                          \
    {                                                                                              \
        STR_ROW(#field), MEMBER_FLAG, offsetof(type, field), 0, NULL                               \
    }
#define NUMBER(type, field)                                                                        \
    {                                                                                              \
        STR_ROW(#field), MEMBER_NUMBER, offsetof(type, field), 0, NULL                             \
    }
#define NUMBERS(type, field)                                                                       \
    {                                                                                              \
        STR_ROW(#field), MEMBER_NUMBERS, offsetof(type, field), offsetof(type, n##field), NULL     \
    }
#define TEXTS(type, field)                                                                         \
    {                                                                                              \
        STR_ROW(#field), MEMBER_TEXTS, offsetof(type, field), offsetof(type, n##field), NULL       \
    }
#define RECORDS(type, field, shape)                                                                \
    {                                                                                              \
        STR_ROW(#field), MEMBER_RECORDS, offsetof(type, field), offsetof(type, n##field), (shape)  \
    }
#define NAMED(text, type, field, kind)                                                             \
    {                                                                                              \
        STR_ROW(text), (kind), offsetof(type, field), 0, NULL                                      \
    }
#define SHAPE(type, table)                                                                         \
    {                                                                                              \
        sizeof(type), (table), sizeof(table) / sizeof((table)[0])                                  \
    }

static const struct member column_members[] = {
    TEXT(struct column, name),
    TEXT(struct column, type),
    TEXT(struct column, base),
    TEXT(struct column, identity),
    TEXT(struct column, comment),
    FLAG(struct column, required),
    FLAG(struct column, generated),
    NUMBER(struct column, number),
    NAMED("default", struct column, default_value, MEMBER_TEXT),
};
static const struct shape column_shape = SHAPE(struct column, column_members);

static const struct member key_members[] = {
    TEXT(struct key, name),
    FLAG(struct key, primary),
    TEXTS(struct key, columns),
};
static const struct shape key_shape = SHAPE(struct key, key_members);

static const struct member relation_members[] = {
    TEXT(struct relation, schema),
    TEXT(struct relation, name),
    TEXT(struct relation, kind),
    TEXT(struct relation, comment),
    NUMBER(struct relation, oid),
    FLAG(struct relation, insertable),
    FLAG(struct relation, updatable),
    FLAG(struct relation, deletable),
    RECORDS(struct relation, columns, &column_shape),
    RECORDS(struct relation, fields, &column_shape),
    RECORDS(struct relation, keys, &key_shape),
};
static const struct shape relation_shape = SHAPE(struct relation, relation_members);

static const struct member link_members[] = {
    TEXT(struct link, name),
    FLAG(struct link, unique),
    NUMBER(struct link, table),
    NUMBERS(struct link, numbers),
    NUMBER(struct link, foreign_table),
    NUMBERS(struct link, foreign_numbers),
};
static const struct shape link_shape = SHAPE(struct link, link_members);

static const struct member computed_members[] = {
    TEXT(struct computed, schema), TEXT(struct computed, name), NUMBER(struct computed, from),
    NUMBER(struct computed, to),   FLAG(struct computed, one),
};
static const struct shape computed_shape = SHAPE(struct computed, computed_members);

static const struct member rule_members[] = {
    NUMBER(struct rule, view),
    NAMED("rule", struct rule, quoted, MEMBER_QUOTED),
};
static const struct shape rule_shape = SHAPE(struct rule, rule_members);

static const struct member primary_members[] = {
    NUMBER(struct primary, table),
    NUMBERS(struct primary, numbers),
};
static const struct shape primary_shape = SHAPE(struct primary, primary_members);

static const struct member parameter_members[] = {
    TEXT(struct parameter, name),     TEXT(struct parameter, type),
    TEXT(struct parameter, read_as),  FLAG(struct parameter, required),
    FLAG(struct parameter, variadic),
};
static const struct shape parameter_shape = SHAPE(struct parameter, parameter_members);

static const struct member guc_members[] = {
    TEXT(struct guc, name),
    TEXT(struct guc, value),
};
static const struct shape guc_shape = SHAPE(struct guc, guc_members);

static const struct member role_members[] = {
    TEXT(struct role, name),
    NAMED("isolation", struct role, isolation_name, MEMBER_TEXT),
    RECORDS(struct role, settings, &guc_shape),
};
static const struct shape role_shape = SHAPE(struct role, role_members);

static const struct member routine_members[] = {
    TEXT(struct routine, schema),
    TEXT(struct routine, name),
    TEXT(struct routine, oid),
    TEXT(struct routine, comment),
    NAMED("volatile", struct routine, is_volatile, MEMBER_FLAG),
    FLAG(struct routine, set),
    FLAG(struct routine, variadic),
    NAMED("result", struct routine, result_name, MEMBER_TEXT),
    TEXT(struct routine, relation),
    TEXT(struct routine, type),
    RECORDS(struct routine, settings, &guc_shape),
    RECORDS(struct routine, columns, &column_shape),
    RECORDS(struct routine, parameters, &parameter_shape),
};
static const struct shape routine_shape = SHAPE(struct routine, routine_members);

static const struct member handler_members[] = {
    TEXT(struct handler, schema), TEXT(struct handler, name), TEXT(struct handler, target_schema),
    TEXT(struct handler, target), TEXT(struct handler, type),
};
static const struct shape handler_shape = SHAPE(struct handler, handler_members);

static const struct member enum_members[] = {
    TEXT(struct enumeration, schema),
    TEXT(struct enumeration, name),
    TEXT(struct enumeration, type),
    TEXTS(struct enumeration, values),
};
static const struct shape enum_shape = SHAPE(struct enumeration, enum_members);

static const struct member representation_members[] = {
    TEXT(struct representation, type),
    TEXT(struct representation, to_json),
    TEXT(struct representation, from_json),
    TEXT(struct representation, from_text),
};
static const struct shape representation_shape =
    SHAPE(struct representation, representation_members);

static const struct member composite_members[] = {
    TEXT(struct composite, schema),
    TEXT(struct composite, name),
    RECORDS(struct composite, columns, &column_shape),
};
static const struct shape composite_shape = SHAPE(struct composite, composite_members);

static const struct member loaded_members[] = {
    TEXTS(struct loaded, schemas),
    RECORDS(struct loaded, relations, &relation_shape),
    RECORDS(struct loaded, links, &link_shape),
    RECORDS(struct loaded, computed, &computed_shape),
    RECORDS(struct loaded, rules, &rule_shape),
    RECORDS(struct loaded, primaries, &primary_shape),
    RECORDS(struct loaded, routines, &routine_shape),
    RECORDS(struct loaded, handlers, &handler_shape),
    RECORDS(struct loaded, enums, &enum_shape),
    RECORDS(struct loaded, composites, &composite_shape),
    RECORDS(struct loaded, representations, &representation_shape),
    RECORDS(struct loaded, roles, &role_shape),
    TEXTS(struct loaded, types),
    FLAG(struct loaded, reads_request),
    FLAG(struct loaded, sets_response),
};
static const struct shape loaded_shape = SHAPE(struct loaded, loaded_members);

static bool read_record(arena *mem, str json, const struct shape *shape, char *record);

/* The JSON is larger than all that is kept of it, and goes. */
static str read_text(arena *mem, str quoted)
{
    str text = json_unquote(mem, quoted);
    return text.at == quoted.at + 1 ? arena_copy(mem, text) : text;
}

static int count_elements(str json)
{
    struct json_walk walk;
    str key, value;
    int count = 0;

    if (json_walk_open(&walk, json) != JSON_ARRAY)
        return -1;
    while (json_walk_next(&walk, &key, &value))
        count++;
    return count;
}

static bool read_texts(arena *mem, str json, str **list, int count)
{
    struct json_walk walk;
    str key, value;

    str *texts = arena_array(mem, str, (size_t)count);
    json_walk_open(&walk, json);
    for (int i = 0; json_walk_next(&walk, &key, &value); i++) {
        if (json_kind_of(value) != JSON_STRING)
            return false;
        texts[i] = read_text(mem, value);
    }
    *list = texts;
    return true;
}

static bool read_numbers(arena *mem, str json, int64_t **list, int count)
{
    struct json_walk walk;
    str key, value;

    *list = arena_array(mem, int64_t, (size_t)count);
    json_walk_open(&walk, json);
    for (int i = 0; json_walk_next(&walk, &key, &value); i++)
        if (!str_int(value, &(*list)[i]))
            return false;
    return true;
}

static bool read_records(arena *mem, str json, const struct shape *shape, char **list)
{
    struct json_walk walk;
    str key, value;

    char *record = *list;
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value)) {
        if (!read_record(mem, value, shape, record))
            return false;
        record += shape->size;
    }
    return true;
}

static bool read_list(arena *mem, str json, const struct member *member, char *record)
{
    int count = count_elements(json);
    if (count < 0)
        return false;
    memcpy(record + member->count_at, &count, sizeof(count));
    if (member->kind == MEMBER_TEXTS)
        return read_texts(mem, json, (str **)(void *)(record + member->at), count);
    if (member->kind == MEMBER_NUMBERS)
        return read_numbers(mem, json, (int64_t **)(void *)(record + member->at), count);
    char *list = arena_zero(mem, member->shape->size * (size_t)count + 1);
    memcpy(record + member->at, &list, sizeof(list));
    return read_records(mem, json, member->shape, &list);
}

static bool read_member(arena *mem, str json, const struct member *member, char *record)
{
    enum json_kind kind = json_kind_of(json);

    if (kind == JSON_NULL)
        return true; /* stays absent, false or empty */
    if (member->kind <= MEMBER_QUOTED && kind == JSON_STRING) {
        str text = member->kind == MEMBER_TEXT ? read_text(mem, json) : json;
        memcpy(record + member->at, &text, sizeof(text));
        return true;
    }
    if (member->kind == MEMBER_FLAG && kind == JSON_BOOL) {
        bool flag = json.at[0] == 't';
        memcpy(record + member->at, &flag, sizeof(flag));
        return true;
    }
    if (member->kind == MEMBER_NUMBER && kind == JSON_NUMBER)
        return str_int(json, (int64_t *)(void *)(record + member->at));
    return kind == JSON_ARRAY && member->kind >= MEMBER_NUMBERS &&
           read_list(mem, json, member, record);
}

static const struct member *find_member(const struct shape *shape, str name)
{
    for (int i = 0; i < shape->nmembers; i++)
        if (str_eq(shape->members[i].name, name))
            return &shape->members[i];
    return NULL;
}

static bool read_record(arena *mem, str json, const struct shape *shape, char *record)
{
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, json) != JSON_OBJECT)
        return false;
    while (json_walk_next(&walk, &key, &value)) {
        const struct member *member = find_member(shape, json_unquote(mem, key));
        if (member != NULL && !read_member(mem, value, member, record))
            return false;
    }
    return true;
}

bool load_parse(arena *mem, str json, struct loaded *loaded)
{
    *loaded = (struct loaded){0};
    return json_check(json) == JSON_OBJECT && read_record(mem, json, &loaded_shape, (char *)loaded);
}

/* ---- and back ---- */

static void put_record(struct buf *buf, const struct shape *shape, const char *record);

static void put_text(struct buf *buf, str text)
{
    if (text.at == NULL)
        buf_put(buf, STR("null"));
    else
        json_put_string(buf, text);
}

static void put_list(struct buf *buf, const struct member *member, const char *record)
{
    const char *list;
    int count;

    memcpy(&list, record + member->at, sizeof(list));
    memcpy(&count, record + member->count_at, sizeof(count));
    buf_putc(buf, '[');
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(buf, ',');
        if (member->kind == MEMBER_TEXTS)
            put_text(buf, ((const str *)(const void *)list)[i]);
        else if (member->kind == MEMBER_NUMBERS)
            buf_printf(buf, "%lld", (long long)((const int64_t *)(const void *)list)[i]);
        else
            put_record(buf, member->shape, list + member->shape->size * (size_t)i);
    }
    buf_putc(buf, ']');
}

static void put_member(struct buf *buf, const struct member *member, const char *record)
{
    int64_t number;
    bool flag;
    str text;

    switch (member->kind) {
    case MEMBER_TEXT:
        memcpy(&text, record + member->at, sizeof(text));
        put_text(buf, text);
        break;
    case MEMBER_QUOTED:
        memcpy(&text, record + member->at, sizeof(text));
        buf_put(buf, text.at == NULL ? STR("null") : text);
        break;
    case MEMBER_FLAG:
        memcpy(&flag, record + member->at, sizeof(flag));
        buf_put(buf, flag ? STR("true") : STR("false"));
        break;
    case MEMBER_NUMBER:
        memcpy(&number, record + member->at, sizeof(number));
        buf_printf(buf, "%lld", (long long)number);
        break;
    case MEMBER_NUMBERS:
    case MEMBER_TEXTS:
    case MEMBER_RECORDS:
        put_list(buf, member, record);
        break;
    }
}

static void put_record(struct buf *buf, const struct shape *shape, const char *record)
{
    for (int i = 0; i < shape->nmembers; i++) {
        buf_putc(buf, i == 0 ? '{' : ',');
        json_put_string(buf, shape->members[i].name);
        buf_putc(buf, ':');
        put_member(buf, &shape->members[i], record);
    }
    buf_putc(buf, '}');
}

void load_put(struct buf *buf, const struct loaded *loaded)
{
    put_record(buf, &loaded_shape, (const char *)loaded);
}
