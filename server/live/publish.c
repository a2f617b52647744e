/* Broadcasts that come from outside of the channels: by HTTP, and from the table realtime.messages.
 */
#include "base/json.h"
#include "live/hub_inside.h"

static void write_frames(arena *mem, const struct publication *what, struct message *frames[2])
{
    const struct user_broadcast from = {
        .topic = arena_printf(mem, "realtime:%.*s", STR_ARG(what->topic)),
        .event = what->event,
        .payload = what->payload,
        .binary = what->binary,
        .meta = what->meta};

    for (enum vsn vsn = VSN_1; vsn <= VSN_2; vsn++) {
        frames[vsn] = frame_write_broadcast(mem, vsn, &from);
        if (frames[vsn] != NULL)
            frames[vsn]->droppable = true;
    }
}

static void publish(struct hub *hub, const struct publication *what, bool everywhere)
{
    arena *mem = arena_open();
    struct spread spread = {
        .kind = SPREAD_BROADCAST, .private = what->private, .topic = what->topic};

    write_frames(mem, what, spread.frames);
    if (everywhere)
        hub->fns->spread(hub->arg, &spread);
    hub_take_spread(hub, &spread);
    message_unref(&spread.frames[VSN_1]);
    message_unref(&spread.frames[VSN_2]);
    arena_close(&mem);
}

void hub_publish(struct hub *hub, const struct publication *what)
{
    publish(hub, what, true);
}

/* ---- to a private topic ---- */

struct pending {
    struct hub *hub;
    arena *mem;
    struct publication what;
    void (*done)(void *arg, bool allowed);
    void *arg;
};

static void on_rights(void *arg, unsigned rights)
{
    struct pending *pending = arg;
    bool allowed = (rights & RIGHT_SPEAK) != 0;
    arena *mem = pending->mem;

    if (allowed)
        publish(pending->hub, &pending->what, true);
    if (pending->done != NULL)
        pending->done(pending->arg, allowed);
    arena_close(&mem);
}

void hub_publish_as(struct hub *hub, const struct claims *claims, const struct publication *what,
                    void (*done)(void *arg, bool allowed), void *arg)
{
    arena *mem = arena_open();
    struct pending *pending = arena_new(mem, struct pending);

    *pending = (struct pending){.hub = hub, .mem = mem, .what = *what, .done = done, .arg = arg};
    pending->what.topic = arena_copy(mem, what->topic);
    pending->what.event = arena_copy(mem, what->event);
    pending->what.payload = arena_copy(mem, what->payload);
    pending->what.meta = arena_copy(mem, what->meta);
    rights_ask(hub, claims, pending->what.topic, on_rights, pending);
}

/* ---- from the table ---- */

static bool is_message(const struct change *change)
{
    return change->op == CHANGE_INSERT && str_eq(change->table->schema, STR("realtime")) &&
           str_eq(change->table->name, STR("messages"));
}

static str column(const struct change *change, str name)
{
    int index = live_table_column(change->table, name);
    bool there = index >= 0 && change->row[index].state == VALUE_TEXT;

    return there ? change->row[index].text : (str){NULL, 0};
}

static int digit(char letter)
{
    return letter <= '9' ? letter - '0' : (letter | ' ') - 'a' + 10;
}

/* "\x..", PostgreSQL's own writing: bytea_output is the replication's default. */
str publish_read_bytes(arena *mem, str hex)
{
    hex = str_skip(hex, 2);
    char *bytes = h2o_mem_alloc_pool(mem, hex.len / 2 + 1);

    for (size_t i = 0; i + 1 < hex.len; i += 2)
        bytes[i / 2] = (char)(digit(hex.at[i]) << 4 | digit(hex.at[i + 1]));
    return (str){bytes, hex.len / 2};
}

/* max: bytes of a broadcast */
static bool read_message(arena *mem, const struct change *change, int64_t max,
                         struct publication *what)
{
    str payload = column(change, STR("payload")), bytes = column(change, STR("binary_payload"));

    *what = (struct publication){
        .topic = column(change, STR("topic")),
        .private = str_eq(column(change, STR("private")), STR("t")),
        .event = column(change, STR("event")),
        .payload = payload.at != NULL ? payload : STR("null"),
        .meta = arena_printf(mem, "{\"id\":\"%.*s\"}", STR_ARG(column(change, STR("id")))),
    };
    if (payload.at == NULL && str_starts(bytes, STR("\\x"))) {
        what->binary = true;
        what->payload = publish_read_bytes(mem, bytes);
    }
    return str_eq(column(change, STR("extension")), STR("broadcast")) && what->topic.len > 0 &&
           what->event.at != NULL && (int64_t)what->payload.len <= max;
}

/* Every worker has the changes: each tells its own channels. */
void hub_publish_stored(struct hub *hub, const struct change *const *changes, size_t count)
{
    struct publication what;

    for (size_t i = 0; i < count; i++) {
        if (!is_message(changes[i]))
            continue;
        arena *mem = arena_open();
        if (read_message(mem, changes[i], hub->limits->broadcast_bytes, &what))
            publish(hub, &what, false);
        arena_close(&mem);
    }
}
