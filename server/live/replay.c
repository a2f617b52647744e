/* Stored broadcasts that a private channel asks for with its join: read before the answer, sent
 * behind it. What is broadcast meanwhile waits, and comes after them: nothing is missed, but a
 * message may come twice, with the same id. Source: Supabase, "Broadcast Replay". */
#include "base/embed.h"
#include "base/json.h"
#include "live/hub_inside.h"

#define UNABLE "UnableToReplayMessages: "

enum { FRESH_MAX = 100 };

struct replay {
    str since, limit; /* numbers, as text */
    bool asked, read;
    struct message *old[LIVE_REPLAY_MAX], *fresh[FRESH_MAX];
    int nold, nfresh;
};

/* ---- the wish ---- */

static bool read_whole(str value, int64_t min, int64_t max)
{
    int64_t number;
    return str_int(value, &number) && number >= min && number <= max;
}

static bool read_wish(str json, struct replay *replay)
{
    struct json_walk walk;
    str key, value;

    *replay = (struct replay){.limit = STR("25")};
    if (json_kind_of(json) != JSON_OBJECT)
        return false;
    json_walk_open(&walk, json);
    while (json_walk_next(&walk, &key, &value)) {
        if (str_eq(key, STR("\"since\"")))
            replay->since = value;
        else if (str_eq(key, STR("\"limit\"")))
            replay->limit = value;
    }
    return read_whole(replay->since, 0, INT64_MAX / 1000) &&
           read_whole(replay->limit, 1, LIVE_REPLAY_MAX);
}

const char *replay_read(struct channel *channel, str json)
{
    if (json.at == NULL || str_eq(json, STR("null")))
        return NULL;
    if (!channel->private)
        return UNABLE "Replay is not allowed for public channels";
    channel->replay = arena_new(channel->mem, struct replay);
    return read_wish(json, channel->replay) ? NULL : UNABLE "Replay params are not valid";
}

/* ---- the messages ---- */

static struct message *write_text(arena *mem, const struct channel *channel, const str *row)
{
    struct buf payload;

    buf_init(&payload, mem, SIZE_MAX);
    buf_put(&payload, STR("{\"event\":"));
    json_put_string(&payload, row[1]);
    buf_put(&payload, STR(",\"payload\":"));
    buf_put(&payload, row[2].at != NULL ? row[2] : STR("null"));
    buf_put(&payload, STR(",\"type\":\"broadcast\",\"meta\":{\"id\":"));
    json_put_string(&payload, row[0]);
    buf_put(&payload, STR(",\"replayed\":true}}"));
    const struct out out = {.join_ref = channel->join_ref,
                            .topic = channel->full,
                            .event = STR("broadcast"),
                            .payload = buf_str(&payload)};
    return frame_write(mem, channel->session->vsn, &out);
}

/* NULL: the client's version cannot be told bytes. */
static struct message *write_bytes(arena *mem, const struct channel *channel, const str *row)
{
    const struct user_broadcast from = {
        .topic = channel->full,
        .event = row[1],
        .payload = publish_read_bytes(mem, row[3]),
        .binary = true,
        .meta = arena_printf(mem, "{\"id\":\"%.*s\",\"replayed\":true}", STR_ARG(row[0]))};

    return frame_write_broadcast(mem, channel->session->vsn, &from);
}

static void take_rows(struct channel *channel, const struct found *found)
{
    struct replay *replay = channel->replay;
    arena *mem = arena_open();

    for (int i = 0; i < found->nrows && replay->nold < LIVE_REPLAY_MAX; i++) {
        const str *row = &found->cells[(size_t)i * (size_t)found->ncolumns];
        bool bytes = row[2].at == NULL && str_starts(row[3], STR("\\x"));
        struct message *message =
            bytes ? write_bytes(mem, channel, row) : write_text(mem, channel, row);
        if (message == NULL)
            continue;
        message->droppable = true;
        replay->old[replay->nold++] = message;
    }
    arena_close(&mem);
}

static void on_answer(struct question *question, const struct found *found)
{
    struct channel *channel = question->arg;
    bool joining = channel->state == CHANNEL_JOINING;

    if (joining && found->why.at != NULL) {
        channel_refuse(channel, STR(UNABLE "Realtime was unable to replay messages"));
    } else if (joining) {
        take_rows(channel, found);
        channel->replay->read = true;
        channel_try(channel);
    }
    listener_release(&channel->listener);
}

static void ask(struct channel *channel)
{
    struct question *question = question_new(channel->listener.claims);

    question->sql = embed_find(STR("sql/introspect/replay.sql"));
    question->topic = arena_copy(question->mem, channel->name);
    question->nparams = 3;
    question->params = arena_array(question->mem, str, 3);
    question->params[0] = question->topic;
    question->params[1] = arena_copy(question->mem, channel->replay->since);
    question->params[2] = arena_copy(question->mem, channel->replay->limit);
    question->done = on_answer;
    question->arg = channel;
    channel->replay->asked = true;
    channel->listener.held++;
    hub_ask(channel->session->hub, question);
}

bool replay_is_read(struct channel *channel)
{
    struct replay *replay = channel->replay;

    if (replay == NULL || replay->read)
        return true;
    if (replay->asked)
        return false;
    topic_enter(channel); /* before they are read: what comes meanwhile is kept */
    ask(channel);
    return false;
}

void replay_keep(struct channel *channel, struct message *message)
{
    struct replay *replay = channel->replay;

    if (replay != NULL && replay->nfresh < FRESH_MAX)
        replay->fresh[replay->nfresh++] = message_ref(message);
}

static void send_all(struct channel *channel, struct message **messages, int *count)
{
    struct hub *hub = channel->session->hub;

    for (int i = 0; i < *count; i++) {
        hub->fns->send(hub->arg, channel->session->peer, messages[i]);
        message_unref(&messages[i]);
    }
    *count = 0;
}

void replay_send(struct channel *channel)
{
    struct replay *replay = channel->replay;

    if (replay == NULL)
        return;
    send_all(channel, replay->old, &replay->nold);
    send_all(channel, replay->fresh, &replay->nfresh);
}

void replay_drop(struct channel *channel)
{
    struct replay *replay = channel->replay;

    for (int i = 0; replay != NULL && i < replay->nold; i++)
        message_unref(&replay->old[i]);
    for (int i = 0; replay != NULL && i < replay->nfresh; i++)
        message_unref(&replay->fresh[i]);
}
