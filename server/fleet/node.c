/* See node.h. */
#include "fleet/node.h"

#include <stdlib.h>

#include "base/json.h"

static const struct {
    str name;
    enum json_kind kind; /* JSON_INVALID: any */
    bool by_itself;      /* may a beat say it? */
} facts[FACTS] = {
    [FACT_HOSTNAME] = {STR_ROW("hostname"),      JSON_STRING,  false},
    [FACT_CORES] = {STR_ROW("cores"),         JSON_NUMBER,  false},
    [FACT_SEARCH_TYPE] = {STR_ROW("search_type"),   JSON_STRING,  true },
    [FACT_SEARCH_PARAMS] = {STR_ROW("search_params"), JSON_STRING,  true },
    [FACT_TESTED] = {STR_ROW("tested"),        JSON_NUMBER,  true },
    [FACT_FOUND] = {STR_ROW("found"),         JSON_NUMBER,  true },
    [FACT_CURRENT] = {STR_ROW("current"),       JSON_STRING,  true },
    [FACT_CHECKPOINT] = {STR_ROW("checkpoint"),    JSON_STRING,  true },
    [FACT_METRICS] = {STR_ROW("metrics"),       JSON_INVALID, true },
};

struct node *node_new(str id)
{
    struct node *node = calloc(1, sizeof(struct node) + id.len);

    if (node == NULL)
        abort();
    memcpy(node + 1, id.at, id.len);
    node->id = (str){(char *)(node + 1), id.len};
    list_init(&node->commands);
    return node;
}

struct command {
    struct list node;
    size_t len;
    char text[];
};

void node_give_command(struct node *node, str command)
{
    struct command *kept;
    int count = 0;

    LIST_EACH (at, &node->commands)
        count++;
    if (count >= NODE_COMMANDS_MAX)
        return;
    kept = malloc(sizeof(struct command) + command.len);
    if (kept == NULL)
        abort();
    kept->len = command.len;
    memcpy(kept->text, command.at, command.len);
    list_append(&node->commands, &kept->node);
}

str node_take_command(struct node *node, arena *mem)
{
    if (list_empty(&node->commands))
        return (str){NULL, 0};
    struct command *first = LIST_ENTRY(node->commands.next, struct command, node);
    str command = arena_copy(mem, (str){first->text, first->len});
    list_remove(&first->node);
    free(first);
    return command;
}

void node_free(struct node **node)
{
    struct node *last = *node;

    *node = NULL;
    for (int i = 0; i < FACTS; i++)
        free((char *)(uintptr_t)last->facts[i].at);
    claims_unref(&last->claims);
    LIST_EACH (at, &last->commands)
        free(LIST_ENTRY(at, struct command, node));
    free(last);
}

/* "name" with its quotes; names with escapes are not ours. */
static bool is_named(str key, str name)
{
    return key.len == name.len + 2 && memcmp(key.at + 1, name.at, name.len) == 0;
}

static bool fits(enum fact fact, str value)
{
    int64_t number;

    if (value.len > FLEET_FACT_MAX)
        return false;
    if (facts[fact].kind == JSON_NUMBER)
        return str_int(value, &number) && number >= 0;
    return facts[fact].kind == JSON_INVALID || json_kind_of(value) == facts[fact].kind;
}

static void keep(struct node *node, enum fact fact, str value)
{
    char *copy = NULL;

    if (json_kind_of(value) != JSON_NULL) {
        copy = malloc(value.len);
        if (copy == NULL)
            abort();
        memcpy(copy, value.at, value.len);
    }
    free((char *)(uintptr_t)node->facts[fact].at);
    node->facts[fact] = (str){copy, copy == NULL ? 0 : value.len};
}

void node_take(struct node *node, str object, enum node_source source)
{
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return;
    while (json_walk_next(&walk, &key, &value))
        for (enum fact fact = 0; fact < FACTS; fact++)
            if (is_named(key, facts[fact].name) && (source == NODE_ALL || facts[fact].by_itself) &&
                (json_kind_of(value) == JSON_NULL || fits(fact, value)))
                keep(node, fact, value);
}

static str member(str object, str name)
{
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, object) == JSON_OBJECT)
        while (json_walk_next(&walk, &key, &value))
            if (is_named(key, name))
                return value;
    return (str){NULL, 0};
}

str node_read_id(arena *mem, str object)
{
    str id = member(object, STR("worker_id"));

    if (id.at == NULL || json_kind_of(id) != JSON_STRING || id.len > FLEET_FACT_MAX)
        return (str){NULL, 0};
    return json_unquote(mem, id);
}

/* "1789.123456": whole seconds and six digits are enough. */
int64_t node_read_time(str object, str name)
{
    str text = member(object, name), whole;
    int64_t seconds = 0, micros = 0;

    if (text.at == NULL)
        return 0;
    str_cut(&text, '.', &whole);
    if (!str_int(whole, &seconds) || seconds < 0 || seconds > INT64_MAX / 2000000)
        return 0;
    if (text.at != NULL && text.len > 6)
        text.len = 6;
    if (text.at == NULL || !str_int(text, &micros) || micros < 0)
        micros = 0;
    for (size_t i = text.len; micros > 0 && i < 6; i++)
        micros *= 10;
    return seconds * 1000000 + micros;
}

int64_t node_number(const struct node *node, enum fact fact)
{
    int64_t number = 0;

    return str_int(node->facts[fact], &number) ? number : 0;
}

/* What the table has as its defaults is said so before the table was read. */
static str missing(enum fact fact)
{
    if (facts[fact].kind == JSON_NUMBER)
        return fact == FACT_CORES ? STR("1") : STR("0");
    if (facts[fact].kind == JSON_STRING && fact != FACT_CHECKPOINT)
        return STR("\"\"");
    return STR("null");
}

static str checkpoint_value(arena *mem, str text)
{
    str value = text.at == NULL ? STR("null") : json_unquote(mem, text);

    return json_check(value) == JSON_INVALID ? text : value;
}

void node_put_facts(const struct node *node, enum node_checkpoint checkpoint, struct buf *buf)
{
    buf_put(buf, STR("\"worker_id\":"));
    json_put_string(buf, node->id);
    for (enum fact fact = 0; fact < FACTS; fact++) {
        buf_put(buf, STR(",\""));
        buf_put(buf, facts[fact].name);
        buf_put(buf, STR("\":"));
        if (fact == FACT_CHECKPOINT && checkpoint == CHECKPOINT_VALUE)
            buf_put(buf, checkpoint_value(buf->mem, node->facts[fact]));
        else
            buf_put(buf, node->facts[fact].at == NULL ? missing(fact) : node->facts[fact]);
    }
}
