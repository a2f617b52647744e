/* See plain.h. */
#include "live/plain.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "live/command.h"
#include "live/finds.h"

struct part {
    str key, value; /* JSON */
};

struct plain {
    const struct plain_fns *fns;
    void *arg;
    struct list visitors;
    int count;
    arena *mem; /* of the parts; NULL: there is no snapshot yet */
    struct part parts[PLAIN_PARTS_MAX];
    int nparts;
    struct finds *finds;
    struct hub *hub;
};

struct visitor {
    struct list node;
    struct plain *plain;
    struct peer *peer; /* NULL: not open yet */
    const struct claims *claims;
    bool greeted;              /* has had everything */
    struct commands *commands; /* NULL: it has sent none */
};

/* ---- to all ---- */

static void send_all(void *arg, struct message *message)
{
    const struct plain *plain = arg;

    LIST_EACH (node, &plain->visitors) {
        const struct visitor *visitor = LIST_ENTRY(node, struct visitor, node);
        if (visitor->peer != NULL)
            plain->fns->send(plain->arg, visitor->peer, message);
    }
}

struct plain *plain_new(const struct plain_fns *fns, struct hub *hub, void *arg)
{
    struct plain *plain = calloc(1, sizeof(*plain));

    if (plain == NULL)
        abort();
    plain->fns = fns;
    plain->arg = arg;
    plain->hub = hub;
    plain->finds = finds_new(send_all, plain);
    list_init(&plain->visitors);
    return plain;
}

void plain_free(struct plain **plain)
{
    struct plain *last = *plain;

    *plain = NULL;
    finds_free(&last->finds);
    if (last->mem != NULL)
        arena_close(&last->mem);
    free(last);
}

int plain_count(const struct plain *plain)
{
    return plain->count;
}

void plain_changes(struct plain *plain, const struct change *const *changes, size_t count)
{
    if (plain->count > 0)
        finds_take(plain->finds, changes, count);
}

/* ---- snapshots ---- */

/* Notifications are pushed as they come, and a client that got one must not get it again under
 * another number. A status that is not there means "unknown" to clients. */
static bool is_told(const struct plain *plain, const struct part *part, const struct part *former)
{
    if (str_eq(part->key, STR("\"status\"")))
        return true;
    if (str_eq(part->key, STR("\"notifications\"")) && plain->fns->streaming(plain->arg))
        return false;
    return former == NULL || !str_eq(part->value, former->value);
}

static const struct part *find_part(const struct part *parts, int count, str key)
{
    for (int i = 0; i < count; i++)
        if (str_eq(parts[i].key, key))
            return &parts[i];
    return NULL;
}

static void put_part(struct buf *buf, const struct part *part)
{
    buf_putc(buf, ',');
    buf_put(buf, part->key);
    buf_putc(buf, ':');
    buf_put(buf, part->value);
}

/* former: what the clients have; NULL: nothing. */
static struct message *write_update(const struct plain *plain, const struct part *former, int count)
{
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"type\":\"update\""));
    for (int i = 0; i < plain->nparts; i++) {
        const struct part *part = &plain->parts[i];
        if (former == NULL || is_told(plain, part, find_part(former, count, part->key)))
            put_part(&buf, part);
    }
    buf_putc(&buf, '}');
    struct message *message = message_new(MESSAGE_TEXT, buf_str(&buf));
    arena_close(&mem);
    return message;
}

static int read_parts(arena *mem, str json, struct part parts[PLAIN_PARTS_MAX])
{
    struct json_walk walk;
    int count = 0;
    str key, value;

    if (json_check(json) != JSON_OBJECT)
        return 0;
    json_walk_open(&walk, arena_copy(mem, json));
    while (count < PLAIN_PARTS_MAX && json_walk_next(&walk, &key, &value))
        parts[count++] = (struct part){.key = key, .value = value};
    return count;
}

static void greet(struct visitor *visitor)
{
    const struct plain *plain = visitor->plain;
    struct message *message = write_update(plain, NULL, 0);

    visitor->greeted = true;
    plain->fns->send(plain->arg, visitor->peer, message);
    message_unref(&message);
}

static void tell_update(const struct plain *plain, struct message *delta)
{
    LIST_EACH (node, &plain->visitors) {
        struct visitor *visitor = LIST_ENTRY(node, struct visitor, node);
        if (visitor->peer == NULL)
            continue;
        if (visitor->greeted)
            plain->fns->send(plain->arg, visitor->peer, delta);
        else
            greet(visitor);
    }
}

void plain_snapshot(struct plain *plain, str json)
{
    struct part former[PLAIN_PARTS_MAX];
    int count = plain->nparts;
    arena *last = plain->mem;

    memcpy(former, plain->parts, sizeof(former));
    plain->mem = arena_open();
    plain->nparts = read_parts(plain->mem, json, plain->parts);
    struct message *delta = write_update(plain, former, count);
    tell_update(plain, delta);
    message_unref(&delta);
    if (last != NULL)
        arena_close(&last);
}

/* ---- visitors ---- */

struct visitor *visitor_new(struct plain *plain, const struct claims *claims)
{
    struct visitor *visitor = calloc(1, sizeof(*visitor));

    if (visitor == NULL)
        abort();
    visitor->plain = plain;
    visitor->claims = claims == NULL ? NULL : claims_ref(claims);
    list_append(&plain->visitors, &visitor->node);
    plain->count++;
    return visitor;
}

/* A snapshot that nobody has kept fresh is history. */
bool visitor_open(struct visitor *visitor, struct peer *peer)
{
    visitor->peer = peer;
    if (visitor->plain->count > 1 && visitor->plain->mem != NULL)
        greet(visitor);
    return visitor->greeted;
}

/* ---- commands ---- */

static void send_one(void *arg, struct message *message)
{
    const struct visitor *visitor = arg;
    visitor->plain->fns->send(visitor->plain->arg, visitor->peer, message);
}

static bool has_room(void *arg)
{
    const struct visitor *visitor = arg;
    return visitor->plain->fns->has_room(visitor->plain->arg, visitor->peer);
}

static void refuse_commands(struct visitor *visitor)
{
    struct message *message = message_new(
        MESSAGE_TEXT, STR("{\"type\":\"error\",\"message\":\"A token is needed to follow "
                          "tables\",\"hint\":\"Connect with /ws?token=...\"}"));

    send_one(visitor, message);
    message_unref(&message);
}

static bool open_commands(struct visitor *visitor)
{
    static const struct commands_fns fns = {.send = send_one, .has_room = has_room};
    const struct plain *plain = visitor->plain;

    if (visitor->claims == NULL)
        visitor->claims = plain->fns->nobody(plain->arg);
    if (visitor->claims != NULL)
        visitor->commands = commands_new(plain->hub, visitor->claims, &fns, visitor);
    return visitor->commands != NULL;
}

void visitor_receive(struct visitor *visitor, enum message_kind kind, str payload)
{
    if (visitor->commands != NULL || open_commands(visitor))
        commands_take(visitor->commands, kind, payload);
    else
        refuse_commands(visitor);
}

/* What was dropped is missing: it starts again. */
void visitor_overflow(struct visitor *visitor)
{
    const struct plain *plain = visitor->plain;
    plain->fns->close(plain->arg, visitor->peer, 1013, STR("too slow"));
}

void visitor_close(struct visitor *visitor)
{
    commands_free(&visitor->commands);
    list_remove(&visitor->node);
    visitor->plain->count--;
    claims_unref(&visitor->claims);
    free(visitor);
}

static bool is_expired(const struct visitor *visitor, int64_t now)
{
    const struct claims *claims = visitor->claims;
    return claims != NULL && claims->expires != 0 && claims->expires <= now;
}

void plain_tick(struct plain *plain)
{
    int64_t now = clock_now();

    finds_tick(plain->finds);
    LIST_EACH (node, &plain->visitors) {
        const struct visitor *visitor = LIST_ENTRY(node, struct visitor, node);
        if (visitor->peer != NULL && is_expired(visitor, now))
            plain->fns->close(plain->arg, visitor->peer, 1008, STR("Token has expired"));
    }
}
