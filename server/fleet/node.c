/* See node.h. */
#include "fleet/node.h"

#include <assert.h>
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

static void tell(struct node *node, const str said[FACTS]);

struct node *node_new(str id)
{
    static const str unknown[FACTS] = {0};
    struct node *node = calloc(1, sizeof(struct node) + id.len);

    if (node == NULL)
        abort();
    memcpy(node + 1, id.at, id.len);
    node->id = (str){(char *)(node + 1), id.len};
    list_init(&node->commands);
    tell(node, unknown);
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
    free((char *)(uintptr_t)last->text.at);
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

void node_take(struct node *node, str object, enum node_source source)
{
    str said[FACTS], key, value;
    struct json_walk walk;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return;
    memcpy(said, node->facts, sizeof(said));
    while (json_walk_next(&walk, &key, &value))
        for (enum fact fact = 0; fact < FACTS; fact++) {
            if (!is_named(key, facts[fact].name) || (source != NODE_ALL && !facts[fact].by_itself))
                continue;
            if (json_kind_of(value) == JSON_NULL)
                said[fact] = (str){NULL, 0};
            else if (fits(fact, value))
                said[fact] = value;
        }
    tell(node, said);
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

static void put_members(const struct node *node, const str said[FACTS], struct buf *buf)
{
    buf_put(buf, STR("\"worker_id\":"));
    json_put_string(buf, node->id);
    for (enum fact fact = 0; fact < FACTS; fact++) {
        buf_put(buf, STR(",\""));
        buf_put(buf, facts[fact].name);
        buf_put(buf, STR("\":"));
        buf_put(buf, said[fact].at == NULL ? missing(fact) : said[fact]);
    }
}

/* Where the values stand in the text, from its end: each is the last thing before what follows. */
static void cut_facts(struct node *node, const str said[FACTS])
{
    const char *end = node->text.at + node->text.len;

    for (int fact = FACTS - 1; fact >= 0; fact--) {
        size_t len = said[fact].at == NULL ? missing((enum fact)fact).len : said[fact].len;
        node->facts[fact] = said[fact].at == NULL ? (str){NULL, 0} : (str){end - len, len};
        end -= len + STR(",\"\":").len + facts[fact].name.len;
    }
}

/* The facts, their names, and an id of which each byte may have become six. */
enum { TEXT_MAX = (FACTS + 8) * FLEET_FACT_MAX };

/* said: may be slices of the text that goes. */
static void tell(struct node *node, const str said[FACTS])
{
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, TEXT_MAX);
    put_members(node, said, &buf);
    assert(!buf.full);
    char *text = malloc(buf.len);
    if (text == NULL)
        abort();
    memcpy(text, buf.at, buf.len);
    free((char *)(uintptr_t)node->text.at);
    node->text = (str){text, buf.len};
    cut_facts(node, said);
    arena_close(&mem);
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

static str checkpoint_value(arena *mem, str text)
{
    str value = json_unquote(mem, text);

    return json_check(value) == JSON_INVALID ? text : value;
}

void node_put_facts(const struct node *node, enum node_checkpoint checkpoint, struct buf *buf)
{
    str text = node->text, quoted = node->facts[FACT_CHECKPOINT];

    if (checkpoint == CHECKPOINT_TEXT || quoted.at == NULL) {
        buf_put(buf, text);
        return;
    }
    size_t before = (size_t)(quoted.at - text.at);
    buf_put(buf, (str){text.at, before});
    buf_put(buf, checkpoint_value(buf->mem, quoted));
    buf_put(buf, str_skip(text, before + quoted.len));
}
