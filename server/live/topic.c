/* Topics: the channels of one name on this worker, and who is present on all of them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "live/hub_inside.h"

enum { REF_BYTES = 24 };

static uint64_t hash_of(str name, bool private)
{
    return hash_names(name, private ? STR("private") : STR("public"), STR(""));
}

static struct topic *topic_find(struct hub *hub, str name, bool private)
{
    struct table_node *node = NULL;

    while (table_next(&hub->topics, hash_of(name, private), &node)) {
        struct topic *topic = LIST_ENTRY(node, struct topic, node);
        if (topic->private == private && str_eq(topic->name, name))
            return topic;
    }
    return NULL;
}

static struct topic *topic_get(struct hub *hub, str name, bool private)
{
    struct topic *topic = topic_find(hub, name, private);

    if (topic != NULL)
        return topic;
    topic = malloc(sizeof(*topic) + name.len);
    if (topic == NULL)
        abort();
    *topic = (struct topic){
        .private = private, .name = {(char *)(topic + 1), name.len}
    };
    memcpy(topic + 1, name.at, name.len);
    list_init(&topic->channels);
    list_init(&topic->present);
    table_put(&hub->topics, &topic->node, hash_of(name, private));
    return topic;
}

void topic_done(struct hub *hub, struct topic *topic)
{
    if (!list_empty(&topic->channels) || !list_empty(&topic->present))
        return;
    table_remove(&hub->topics, &topic->node);
    table_free(&topic->keys);
    free(topic);
}

void topic_enter(struct channel *channel)
{
    channel->topic = topic_get(channel->session->hub, channel->name, channel->private);
    list_append(&channel->topic->channels, &channel->of_topic);
}

/* ---- broadcast ---- */

static void deliver(struct hub *hub, const struct topic *topic, struct message *const frames[2],
                    const struct channel *but)
{
    LIST_EACH (node, &topic->channels) {
        struct channel *channel = LIST_ENTRY(node, struct channel, of_topic);
        struct message *message = frames[channel->session->vsn];
        if (channel == but || message == NULL || (channel->rights & RIGHT_HEAR) == 0)
            continue;
        if (channel->state == CHANNEL_JOINING)
            replay_keep(channel, message);
        else
            hub->fns->send(hub->arg, channel->session->peer, message);
    }
}

/* A text broadcast travels as it came; one with a name of its own becomes a binary frame for
 * clients that know those. */
static void write_frames(arena *mem, const struct channel *channel, const struct frame *frame,
                         struct message *frames[2])
{
    for (enum vsn vsn = VSN_1; vsn <= VSN_2; vsn++) {
        if (frame->user_broadcast) {
            const struct user_broadcast from = {.topic = channel->full,
                                                .event = frame->event,
                                                .payload = frame->payload,
                                                .binary = frame->binary,
                                                .meta = STR("")};
            frames[vsn] = frame_write_broadcast(mem, vsn, &from);
        } else {
            const struct out out = {
                .topic = channel->full, .event = STR("broadcast"), .payload = frame->payload};
            frames[vsn] = frame_write(mem, vsn, &out);
        }
        if (frames[vsn] != NULL)
            frames[vsn]->droppable = true;
    }
}

/* Who may not speak is not answered: as the clients know it. */
void topic_broadcast(struct channel *channel, const struct frame *frame)
{
    if ((channel->rights & RIGHT_SPEAK) == 0)
        return;
    struct hub *hub = channel->session->hub;
    if (!rate_take_second(&channel->session->messages, hub->limits->messages, clock_us())) {
        channel_fail(channel, STR("Too many messages per second"));
        return;
    }
    arena *mem = arena_open();
    struct message *frames[2];

    if ((int64_t)frame->payload.len > hub->limits->broadcast_bytes) {
        if (channel->ack)
            session_reply(channel->session, frame, "error",
                          STR("{\"error\":\"payload_size_exceeded\"}"));
        arena_close(&mem);
        return;
    }
    write_frames(mem, channel, frame, frames);
    const struct spread spread = {
        .kind = SPREAD_BROADCAST,
        .private = channel->private,
        .topic = channel->name,
        .frames = {frames[VSN_1], frames[VSN_2]}
    };
    hub->fns->spread(hub->arg, &spread); /* first: the others write while we do */
    deliver(hub, channel->topic, frames, channel->self ? NULL : channel);
    message_unref(&frames[VSN_1]);
    message_unref(&frames[VSN_2]);
    if (channel->ack)
        session_reply(channel->session, frame, "ok", STR("{}"));
    arena_close(&mem);
}

/* ---- presence ---- */

static str keep(char **room, str text)
{
    str kept = {*room, text.len};

    memcpy(*room, text.at, text.len);
    *room += text.len;
    return kept;
}

static uint64_t hash_key(str key)
{
    return str_hash(key, STR_HASH_SEED);
}

/* The next one of a key; *presence starts NULL. */
static bool presence_next(const struct topic *topic, str key, struct presence **presence)
{
    struct table_node *node = *presence == NULL ? NULL : &(*presence)->by_key;

    while (table_next(&topic->keys, hash_key(key), &node)) {
        *presence = LIST_ENTRY(node, struct presence, by_key);
        if (str_eq((*presence)->key, key))
            return true;
    }
    return false;
}

/* NULL: there are too many. */
static struct presence *presence_add(struct hub *hub, struct topic *topic, str key, str ref,
                                     str meta)
{
    size_t size = sizeof(struct presence) + key.len + ref.len + meta.len;
    struct presence *presence, *other = NULL;

    if (hub->presence_bytes + size > LIVE_PRESENCE_BYTES_MAX)
        return NULL;
    presence = malloc(size);
    if (presence == NULL)
        abort();
    char *room = (char *)(presence + 1);
    presence->channel = NULL;
    presence->origin = 0;
    presence->size = size;
    presence->key = keep(&room, key);
    presence->ref = keep(&room, ref);
    presence->meta = keep(&room, meta);
    hub->presence_bytes += size;
    list_append(presence_next(topic, key, &other) ? other->node.next : &topic->present,
                &presence->node);
    table_put(&topic->keys, &presence->by_key, hash_key(key));
    return presence;
}

static void presence_take(struct topic *topic, struct presence *presence)
{
    list_remove(&presence->node);
    table_remove(&topic->keys, &presence->by_key);
    if (presence->channel != NULL)
        presence->channel->present = NULL;
}

static void presence_free(struct hub *hub, struct presence *presence)
{
    hub->presence_bytes -= presence->size;
    free(presence);
}

/* {"phx_ref":"...", and what the client said} */
static void put_meta(struct buf *buf, const struct presence *presence, str former)
{
    str meta = str_trim(str_skip(presence->meta, 1));

    buf_put(buf, STR("{\"phx_ref\":"));
    json_put_string(buf, presence->ref);
    if (former.at != NULL) {
        buf_put(buf, STR(",\"phx_ref_prev\":"));
        json_put_string(buf, former);
    }
    buf_put(buf, str_eq(meta, STR("}")) ? STR("") : STR(","));
    buf_put(buf, meta);
}

static void put_one(struct buf *buf, const struct presence *presence, str former)
{
    json_put_string(buf, presence->key);
    buf_put(buf, STR(":{\"metas\":["));
    put_meta(buf, presence, former);
    buf_put(buf, STR("]}"));
}

/* To all channels of the topic on this worker that want presence. */
static void push_diff(struct hub *hub, const struct topic *topic, const struct presence *came,
                      const struct presence *went)
{
    arena *mem = arena_open();
    struct buf payload;
    struct message *frames[2] = {NULL, NULL};

    buf_init(&payload, mem, SIZE_MAX);
    buf_put(&payload, STR("{\"joins\":{"));
    if (came != NULL)
        put_one(&payload, came, went != NULL ? went->ref : (str){NULL, 0});
    buf_put(&payload, STR("},\"leaves\":{"));
    if (went != NULL)
        put_one(&payload, went, (str){NULL, 0});
    buf_put(&payload, STR("}}"));
    const struct out out = {
        .topic = arena_printf(mem, "realtime:%.*s", STR_ARG(topic->name)),
        .event = STR("presence_diff"),
        .payload = buf_str(&payload),
    };
    LIST_EACH (node, &topic->channels) {
        struct channel *channel = LIST_ENTRY(node, struct channel, of_topic);
        enum vsn vsn = channel->session->vsn;
        if (channel->state != CHANNEL_JOINED || !channel->presence ||
            (channel->rights & RIGHT_SEE) == 0)
            continue;
        if (frames[vsn] == NULL)
            frames[vsn] = frame_write(mem, vsn, &out);
        hub->fns->send(hub->arg, channel->session->peer, frames[vsn]);
    }
    message_unref(&frames[VSN_1]);
    message_unref(&frames[VSN_2]);
    arena_close(&mem);
}

static void tell_others(struct hub *hub, const struct topic *topic, const struct presence *presence,
                        enum spread_kind kind)
{
    const struct spread spread = {.kind = kind,
                                  .private = topic->private,
                                  .topic = topic->name,
                                  .key = presence->key,
                                  .ref = presence->ref,
                                  .meta = presence->meta};

    hub->fns->spread(hub->arg, &spread);
}

static str new_ref(struct hub *hub, char room[REF_BYTES])
{
    uint64_t number = (uint64_t)clock_us() << 16 ^ (uintptr_t)hub >> 4 ^ ++hub->last_ref;
    int len = snprintf(room, REF_BYTES, "F%llx", (unsigned long long)number);

    return (str){room, (size_t)len};
}

static bool same_meta(const struct presence *presence, str meta)
{
    return presence != NULL && str_eq(presence->meta, meta);
}

/* Tracking again is a join and a leave in one diff; the same again is nothing. False: too many. */
static bool track(struct channel *channel, str meta)
{
    struct hub *hub = channel->session->hub;
    struct presence *former = channel->present;
    char room[REF_BYTES];

    channel->presence = true;
    if (same_meta(former, meta))
        return true;
    if (channel->key.len == 0)
        channel->key = arena_copy(channel->mem, new_ref(hub, room));
    struct presence *now =
        presence_add(hub, channel->topic, channel->key, new_ref(hub, room), meta);
    if (now == NULL)
        return false;
    push_diff(hub, channel->topic, now, former);
    tell_others(hub, channel->topic, now, SPREAD_JOIN);
    if (former != NULL) {
        tell_others(hub, channel->topic, former, SPREAD_LEAVE);
        presence_take(channel->topic, former);
        presence_free(hub, former);
    }
    now->channel = channel;
    channel->present = now;
    return true;
}

static void untrack(struct channel *channel)
{
    struct presence *former = channel->present;
    struct hub *hub = channel->session->hub;

    if (former == NULL)
        return;
    presence_take(channel->topic, former);
    push_diff(hub, channel->topic, NULL, former);
    tell_others(hub, channel->topic, former, SPREAD_LEAVE);
    presence_free(hub, former);
}

/* Why a socket must not speak of its presence now; absent: it may. */
static str find_haste(struct session *session)
{
    struct hub *hub = session->hub;
    int64_t now = clock_us();

    if (!rate_take(&session->calls, hub->limits->presence_calls,
                   LIVE_CALLS_SPAN_S * INT64_C(1000000), now))
        return STR("Client presence rate limit exceeded");
    if (!rate_take_second(&hub->meter->presences, hub->limits->presences, now))
        return STR("Too many presence messages per second");
    return (str){NULL, 0};
}

void topic_presence(struct channel *channel, const struct frame *frame)
{
    str haste = find_haste(channel->session);

    if (haste.at != NULL) {
        channel_fail(channel, haste);
        return;
    }
    if ((channel->rights & RIGHT_BE_PRESENT) == 0) {
        session_reply(channel->session, frame, "error", STR("{}"));
        return;
    }
    arena *mem = arena_open();
    str event = STR(""), payload = STR("{}"), key, value;
    struct json_walk walk;

    if (json_walk_open(&walk, frame->payload) == JSON_OBJECT)
        while (json_walk_next(&walk, &key, &value)) {
            if (str_eq(key, STR("\"event\"")) && json_kind_of(value) == JSON_STRING)
                event = json_unquote(mem, value);
            else if (str_eq(key, STR("\"payload\"")))
                payload = value;
        }
    if (str_ieq(event, STR("track")) && json_kind_of(payload) != JSON_OBJECT) {
        session_reply(channel->session, frame, "error",
                      STR("{\"reason\":\"Presence track payload must be a map\"}"));
    } else if (str_ieq(event, STR("track")) && payload.len > LIVE_PRESENCE_META_MAX) {
        channel_fail(channel, STR("Track message size exceeded"));
    } else {
        bool done = str_ieq(event, STR("track")) && track(channel, payload);
        if (str_ieq(event, STR("untrack"))) {
            untrack(channel);
            done = true;
        }
        session_reply(channel->session, frame, done ? "ok" : "error", STR("{}"));
    }
    arena_close(&mem);
}

/* {key: {"metas": [...]}}: several sockets may share a key. */
void topic_push_state(struct channel *channel)
{
    const struct topic *topic = channel->topic;
    arena *mem = arena_open();
    const struct presence *former = NULL;
    struct buf state;

    buf_init(&state, mem, SIZE_MAX);
    buf_putc(&state, '{');
    LIST_EACH (node, &topic->present) {
        const struct presence *presence = LIST_ENTRY(node, struct presence, node);
        if (former == NULL || !str_eq(former->key, presence->key)) {
            buf_put(&state, former == NULL ? STR("") : STR("]},"));
            json_put_string(&state, presence->key);
            buf_put(&state, STR(":{\"metas\":["));
        } else {
            buf_putc(&state, ',');
        }
        put_meta(&state, presence, (str){NULL, 0});
        former = presence;
    }
    buf_put(&state, former == NULL ? STR("}") : STR("]}}"));
    channel_push(channel, STR("presence_state"), buf_str(&state));
    arena_close(&mem);
}

void topic_leave(struct channel *channel)
{
    struct hub *hub = channel->session->hub;
    struct topic *topic = channel->topic;

    list_remove(&channel->of_topic);
    untrack(channel);
    channel->topic = NULL;
    topic_done(hub, topic);
}

/* ---- from other workers ---- */

static void take_join(struct hub *hub, struct topic *topic, const struct spread *spread)
{
    struct presence *now = NULL;

    while (presence_next(topic, spread->key, &now))
        if (str_eq(now->ref, spread->ref))
            return; /* told once more */
    now = presence_add(hub, topic, spread->key, spread->ref, spread->meta);
    if (now != NULL) {
        now->origin = spread->origin;
        push_diff(hub, topic, now, NULL);
    }
    topic_done(hub, topic);
}

void topic_end(struct hub *hub, struct topic *topic, struct presence *presence)
{
    presence_take(topic, presence);
    push_diff(hub, topic, NULL, presence);
    presence_free(hub, presence);
}

void topic_tell(struct hub *hub, const struct topic *topic, const struct presence *presence)
{
    tell_others(hub, topic, presence, SPREAD_JOIN);
}

static void take_leave(struct hub *hub, struct topic *topic, const struct spread *spread)
{
    struct presence *presence = NULL;

    while (presence_next(topic, spread->key, &presence))
        if (presence->channel == NULL && str_eq(presence->ref, spread->ref)) {
            topic_end(hub, topic, presence);
            break;
        }
    topic_done(hub, topic);
}

void hub_take_spread(struct hub *hub, const struct spread *spread)
{
    if (spread->kind == SPREAD_KEEP) {
        hub_start_ring(hub);
        return;
    }
    if (spread->kind == SPREAD_GONE || spread->kind == SPREAD_ASK) {
        elsewhere_take(hub, spread);
        return;
    }
    struct topic *topic = spread->kind == SPREAD_JOIN
                              ? topic_get(hub, spread->topic, spread->private)
                              : topic_find(hub, spread->topic, spread->private);

    if (topic == NULL)
        return;
    if (spread->kind == SPREAD_BROADCAST)
        deliver(hub, topic, spread->frames, NULL);
    else if (spread->kind == SPREAD_JOIN)
        take_join(hub, topic, spread);
    else
        take_leave(hub, topic, spread);
}

void topic_clear(struct hub *hub)
{
    TABLE_EACH(at, &hub->topics)
    {
        struct topic *topic = LIST_ENTRY(at, struct topic, node);
        LIST_EACH (node, &topic->present)
            presence_free(hub, LIST_ENTRY(node, struct presence, node));
        table_free(&topic->keys);
        free(topic);
    }
    table_free(&hub->topics);
}
