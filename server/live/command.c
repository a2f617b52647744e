/* See command.h. */
#include "live/command.h"

#include <stdlib.h>

#include "base/json.h"

#define SPEAK "Send {\"subscribe\": {\"table\": ...}}, {\"unsubscribe\": id} or {\"since\": lsn}"

struct commands {
    struct follower *follower;
    const struct commands_fns *fns;
    void *arg;
};

/* What a message says; absent what it does not. */
struct command {
    str subscribe, unsubscribe, since; /* JSON */
};

/* ---- what is told ---- */

static void send_json(const struct commands *commands, const struct buf *json)
{
    struct message *message = message_new(MESSAGE_TEXT, buf_str(json));

    commands->fns->send(commands->arg, message);
    message_unref(&message);
}

static void put_position(struct buf *buf, const char *name, struct position position)
{
    char room[POSITION_TEXT_MAX];

    buf_printf(buf, ",\"%s\":\"%.*s\"", name, STR_ARG(position_text(room, position)));
}

static void put_text(struct buf *buf, const char *name, str text)
{
    buf_printf(buf, ",\"%s\":", name);
    json_put_string(buf, text);
}

/* subscribe: what it is about, or absent. */
static void send_error(const struct commands *commands, str message, str hint, str subscribe)
{
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"type\":\"error\""));
    put_text(&buf, "message", message);
    if (hint.at != NULL)
        put_text(&buf, "hint", hint);
    if (subscribe.at != NULL)
        buf_printf(&buf, ",\"subscribe\":%.*s", STR_ARG(subscribe));
    buf_putc(&buf, '}');
    send_json(commands, &buf);
    arena_close(&mem);
}

static struct message *write_change(arena *mem, const struct told *told)
{
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"type\":\"change\""));
    put_position(&buf, "lsn", told->change->position);
    buf_printf(&buf, ",\"ids\":[%.*s],\"change\":", STR_ARG(told->ids));
    buf_put(&buf, told->data);
    buf_putc(&buf, '}');
    return message_new(MESSAGE_TEXT, buf_str(&buf));
}

static void on_change(void *arg, struct message *message, const struct told *told)
{
    const struct commands *commands = arg;

    (void)told;
    commands->fns->send(commands->arg, message);
}

static void on_answered(void *arg, const struct followed *followed)
{
    static const str hints[] = {
        [FOLLOW_ACTIVE] = {NULL, 0},
        [FOLLOW_BAD] = STR_ROW("A filter is column=operator.value, as realtime-js writes it"),
        [FOLLOW_NO_TABLE] = STR_ROW("It may be there, but not for the role of this client"),
        [FOLLOW_NOT_SENT] = STR_ROW("alter publication supabase_realtime add table ..."),
        [FOLLOW_UNREACHABLE] = STR_ROW("Subscribe again later"),
    };
    const struct commands *commands = arg;
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    if (followed->answer != FOLLOW_ACTIVE) {
        send_error(commands, followed->why, hints[followed->answer], followed->json);
    } else {
        buf_printf(&buf, "{\"type\":\"subscribed\",\"id\":%lld", (long long)followed->id);
        put_position(&buf, "lsn", followed->position);
        buf_printf(&buf, ",\"subscribe\":%.*s}", STR_ARG(followed->json));
        send_json(commands, &buf);
    }
    arena_close(&mem);
}

static void on_gap(void *arg, struct position from, struct position to)
{
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"type\":\"gap\""));
    put_position(&buf, "from", from);
    put_position(&buf, "to", to);
    buf_putc(&buf, '}');
    send_json(arg, &buf);
    arena_close(&mem);
}

static void on_unjudged(void *arg, struct position position, str why)
{
    send_error(arg, why, STR("A policy of the table fails for this client"), (str){NULL, 0});
    on_gap(arg, position_before(position), position);
}

static void on_caught_up(void *arg, struct position position)
{
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"type\":\"resumed\""));
    put_position(&buf, "lsn", position);
    buf_putc(&buf, '}');
    send_json(arg, &buf);
    arena_close(&mem);
}

static bool has_room(void *arg)
{
    const struct commands *commands = arg;
    return commands->fns->has_room(commands->arg);
}

/* ---- life ---- */

struct commands *commands_new(struct hub *hub, const struct claims *claims,
                              const struct commands_fns *fns, void *arg)
{
    static const struct follower_fns follower_fns = {.write = write_change,
                                                     .send = on_change,
                                                     .answered = on_answered,
                                                     .gap = on_gap,
                                                     .unjudged = on_unjudged,
                                                     .caught_up = on_caught_up,
                                                     .has_room = has_room};
    struct commands *commands = calloc(1, sizeof(*commands));

    if (commands == NULL)
        abort();
    *commands = (struct commands){.fns = fns, .arg = arg};
    commands->follower = follower_new(hub, claims, &follower_fns, commands);
    return commands;
}

void commands_free(struct commands **commands)
{
    struct commands *last = *commands;

    *commands = NULL;
    if (last == NULL)
        return;
    follower_close(&last->follower);
    free(last);
}

/* ---- what is said ---- */

static bool read_command(str text, struct command *command)
{
    struct json_walk walk;
    str key, value;

    if (text.len > LIVE_JOIN_MAX || json_check(text) != JSON_OBJECT)
        return false;
    json_walk_open(&walk, text);
    while (json_walk_next(&walk, &key, &value)) {
        if (str_eq(key, STR("\"subscribe\"")))
            command->subscribe = value;
        else if (str_eq(key, STR("\"unsubscribe\"")))
            command->unsubscribe = value;
        else if (str_eq(key, STR("\"since\"")))
            command->since = value;
    }
    return command->subscribe.at != NULL || command->unsubscribe.at != NULL ||
           command->since.at != NULL;
}

static bool read_since(const struct commands *commands, str json, struct position *since)
{
    arena *mem = arena_open();
    bool good = json_kind_of(json) == JSON_STRING && position_read(json_unquote(mem, json), since);

    arena_close(&mem);
    if (!good)
        send_error(commands, STR("since is not a position in the log"),
                   STR("Send the lsn of the last message, or what pg_current_wal_lsn() says, as "
                       "text"),
                   (str){NULL, 0});
    return good;
}

static bool names_table(str object)
{
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return false;
    while (json_walk_next(&walk, &key, &value))
        if (str_eq(key, STR("\"table\"")) && json_kind_of(value) == JSON_STRING && value.len > 2)
            return true;
    return false;
}

/* An event that is not named is any. */
static void subscribe(struct commands *commands, const struct command *command)
{
    struct position since;

    if (!names_table(command->subscribe))
        send_error(commands, STR("A subscription names a table"),
                   STR("Send {\"subscribe\": {\"table\": \"...\"}}; \"*\" is every table"),
                   command->subscribe);
    else if (follower_count(commands->follower) >= LIVE_BINDINGS_MAX)
        send_error(commands, STR("There are too many subscriptions"), STR("Unsubscribe some first"),
                   command->subscribe);
    else if (command->since.at == NULL)
        follower_subscribe(commands->follower, command->subscribe, NULL);
    else if (read_since(commands, command->since, &since))
        follower_subscribe(commands->follower, command->subscribe, &since);
}

static void unsubscribe(struct commands *commands, str json)
{
    arena *mem = arena_open();
    struct buf buf;
    int64_t id = 0;

    buf_init(&buf, mem, SIZE_MAX);
    if (!str_int(json, &id) || !follower_unsubscribe(commands->follower, id)) {
        send_error(commands, STR("There is no such subscription"),
                   STR("Send the id that \"subscribed\" has told"), (str){NULL, 0});
    } else {
        buf_printf(&buf, "{\"type\":\"unsubscribed\",\"id\":%lld}", (long long)id);
        send_json(commands, &buf);
    }
    arena_close(&mem);
}

static void go_back(struct commands *commands, str json)
{
    struct position since;

    if (read_since(commands, json, &since) && !follower_since(commands->follower, since))
        send_error(commands, STR("The last since is still at work"),
                   STR("Wait for \"resumed\" or \"gap\""), (str){NULL, 0});
}

void commands_take(struct commands *commands, enum message_kind kind, str text)
{
    struct command command = {
        .since = {NULL, 0}
    };

    if (kind != MESSAGE_TEXT || !read_command(text, &command)) {
        send_error(commands, STR("This is not understood"), STR(SPEAK), (str){NULL, 0});
        return;
    }
    if (command.unsubscribe.at != NULL)
        unsubscribe(commands, command.unsubscribe);
    if (command.subscribe.at != NULL)
        subscribe(commands, &command);
    else if (command.since.at != NULL)
        go_back(commands, command.since);
}
