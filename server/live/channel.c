/* A channel of a socket: joins, hears, changes its token, leaves. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "live/hub_inside.h"

#define TOPIC_PREFIX "realtime:"

/* ---- what the join says ---- */

struct join {
    str token; /* absent: the socket's */
    str changes, replay;
};

static bool is_true(str value)
{
    return str_eq(value, STR("true")) || str_eq(value, STR("\"true\""));
}

static void read_broadcast(str object, struct channel *channel, struct join *join)
{
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return;
    while (json_walk_next(&walk, &key, &value)) {
        if (str_eq(key, STR("\"ack\"")))
            channel->ack = is_true(value);
        else if (str_eq(key, STR("\"self\"")))
            channel->self = is_true(value);
        else if (str_eq(key, STR("\"replay\"")))
            join->replay = value;
    }
}

/* Clients of version 1 never say "enabled": absent means yes. */
static void read_presence(str object, struct channel *channel)
{
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return;
    channel->presence = true;
    while (json_walk_next(&walk, &key, &value)) {
        if (str_eq(key, STR("\"enabled\"")))
            channel->presence = is_true(value);
        else if (str_eq(key, STR("\"key\"")) && json_kind_of(value) == JSON_STRING)
            channel->key = arena_copy(channel->mem, json_unquote(channel->mem, value));
    }
}

static void read_config(str object, struct channel *channel, struct join *join)
{
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return;
    while (json_walk_next(&walk, &key, &value)) {
        if (str_eq(key, STR("\"broadcast\"")))
            read_broadcast(value, channel, join);
        else if (str_eq(key, STR("\"presence\"")))
            read_presence(value, channel);
        else if (str_eq(key, STR("\"private\"")))
            channel->private = is_true(value);
        else if (str_eq(key, STR("\"postgres_changes\"")))
            join->changes = value;
    }
}

static struct join read_join(struct channel *channel, str payload)
{
    struct join join = {
        .token = {NULL, 0},
          .changes = STR("null")
    };
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, payload) != JSON_OBJECT)
        return join;
    while (json_walk_next(&walk, &key, &value)) {
        bool text = json_kind_of(value) == JSON_STRING;
        if (str_eq(key, STR("\"config\"")))
            read_config(value, channel, &join);
        else if (text && (str_eq(key, STR("\"user_token\"")) ||
                          (str_eq(key, STR("\"access_token\"")) && join.token.at == NULL)))
            join.token = json_unquote(channel->mem, value);
    }
    return join;
}

/* ---- as a listener ---- */

static struct channel *channel_of(const struct listener *listener)
{
    return LIST_ENTRY(listener, struct channel, listener);
}

static struct message *write_change(const struct listener *listener, arena *mem,
                                    const struct told *told)
{
    struct buf payload;

    buf_init(&payload, mem, SIZE_MAX);
    buf_printf(&payload, "{\"ids\":[%.*s],\"data\":", STR_ARG(told->ids));
    buf_put(&payload, told->data);
    buf_putc(&payload, '}');
    const struct out out = {
        .topic = listener->topic, .event = STR("postgres_changes"), .payload = buf_str(&payload)};
    return frame_write(mem, (enum vsn)listener->format, &out);
}

static void send_change(struct listener *listener, struct message *message, const struct told *told)
{
    struct hub *hub = listener->hub;

    (void)told;
    hub->fns->send(hub->arg, channel_of(listener)->session->peer, message);
}

/* The client joins again by itself. */
static void fail_unjudged(struct listener *listener, const struct change *change, str why,
                          enum trouble trouble)
{
    (void)change;
    if (trouble == TROUBLE_LASTING) /* it would meet the same change again */
        rejoin_left(channel_of(listener));
    channel_fail(channel_of(listener), why);
}

/* It is further behind than the ring goes back: the session is told at the next tick. */
static void fail_gap(struct listener *listener, struct position from, struct position to)
{
    (void)from;
    (void)to;
    session_overflow(channel_of(listener)->session);
}

static void on_caught_up(struct listener *listener, struct position position)
{
    (void)listener;
    (void)position;
}

static bool has_room(const struct listener *listener)
{
    const struct hub *hub = listener->hub;
    return hub->fns->has_room(hub->arg, channel_of(listener)->session->peer);
}

static void channel_free(struct listener *listener)
{
    if (listener->alive)
        return;
    arena *mem = channel_of(listener)->mem;

    claims_unref(&listener->claims);
    replay_drop(channel_of(listener));
    arena_close(&mem);
}

static const struct listener_fns listener_fns = {.write = write_change,
                                                 .send = send_change,
                                                 .unjudged = fail_unjudged,
                                                 .gap = fail_gap,
                                                 .caught_up = on_caught_up,
                                                 .has_room = has_room,
                                                 .unheld = channel_free};

/* ---- joining ---- */

static struct channel *channel_new(struct session *session, const struct frame *frame)
{
    arena *mem = arena_open();
    struct channel *channel = arena_new(mem, struct channel);

    listener_init(&channel->listener, session->hub, &listener_fns);
    channel->listener.format = session->vsn;
    channel->mem = mem;
    channel->session = session;
    channel->since_us = clock_us();
    channel->listener.topic = channel->full = arena_copy(mem, frame->topic);
    channel->name = str_skip(channel->full, STR(TOPIC_PREFIX).len);
    channel->join_ref = arena_copy(
        mem, json_kind_of(frame->join_ref) == JSON_STRING ? frame->join_ref : frame->ref);
    channel->ref = arena_copy(mem, frame->ref);
    list_init(&channel->of_topic);
    list_init(&channel->of_joining);
    list_append(&session->channels, &channel->of_session);
    session->nchannels++;
    session->hub->counts.channels++;
    return channel;
}

static bool use_token(struct channel *channel, str token, str *why)
{
    struct session *session = channel->session;

    if (token.len == 0 || str_starts(token, STR("sb_"))) {
        channel->listener.claims = claims_ref(session->claims);
        if (claims_expired(session->claims, clock_now()))
            *why = arena_printf(channel->mem, "InvalidJWTToken: %.*s",
                                STR_ARG(say_expired(channel->mem, session->claims, clock_now())));
        return why->len == 0;
    }
    const char *wrong = session->hub->fns->verify(session->hub->arg, channel->mem, token,
                                                  &channel->listener.claims);
    if (wrong != NULL)
        *why = str_from(wrong);
    return wrong == NULL;
}

void channel_refuse(struct channel *channel, str reason)
{
    const struct frame frame = {
        .join_ref = channel->join_ref, .ref = channel->ref, .topic = channel->full};

    session_refuse(channel->session, &frame, reason);
    channel_leave(channel);
}

/* Why the join is refused after its delay; absent: it is not. */
static str find_refusal(const struct session *session, const struct frame *frame)
{
    if (frame->topic.len == STR(TOPIC_PREFIX).len)
        return STR("TopicNameRequired: You must provide a topic name");
    if (session->nchannels >= session->hub->limits->channels)
        return STR("ChannelRateLimitReached: Too many channels");
    if (frame->payload.len > LIVE_JOIN_MAX)
        return STR("PayloadSizeExceeded: The join is too large");
    return (str){NULL, 0};
}

static bool may_join(struct session *session, const struct frame *frame)
{
    struct hub *hub = session->hub;
    str name = frame->topic;

    if (!str_starts(name, STR(TOPIC_PREFIX)) || name.len > LIVE_NAME_MAX) {
        struct frame reply = *frame;
        reply.join_ref = STR("null");
        session_reply(session, &reply, "error", STR("{\"reason\":\"unmatched topic\"}"));
        return false;
    }
    if (!rate_take_second(&hub->meter->joins, hub->limits->joins, clock_us())) {
        session_refuse_all(session, frame,
                           STR("ClientJoinRateLimitReached: Too many joins per second"));
        return false;
    }
    str why = find_refusal(session, frame);
    if (why.at != NULL) {
        session_refuse(session, frame, why);
        return false;
    }
    return true;
}

/* A second join of a topic ends the first. */
static void end_former(struct session *session, str full)
{
    struct channel *former = session_channel(session, full);

    if (former == NULL)
        return;
    const struct out out = {.join_ref = former->join_ref,
                            .ref = former->join_ref,
                            .topic = full,
                            .event = STR("phx_close"),
                            .payload = STR("{}")};
    session_push(session, &out);
    rejoin_lost(former);
    channel_leave(former);
}

void channel_join(struct session *session, const struct frame *frame)
{
    str why = STR("");

    end_former(session, frame->topic);
    if (!may_join(session, frame))
        return;
    struct channel *channel = channel_new(session, frame);
    struct join join = read_join(channel, arena_copy(channel->mem, frame->payload));
    if (!use_token(channel, join.token, &why)) {
        channel_refuse(channel, why);
        return;
    }
    const char *wrong = watch_read(channel->mem, join.changes, channel);
    if (wrong == NULL)
        wrong = replay_read(channel, join.replay);
    if (wrong != NULL) {
        channel_refuse(channel, str_from(wrong));
        return;
    }
    list_append(&session->hub->joining, &channel->of_joining);
    channel->rights = channel->private ? 0 : RIGHTS_ALL;
    if (channel->private)
        private_ask(channel);
    else
        channel_try(channel);
}

/* ---- the answer to a join ---- */

static void put_bindings(struct buf *buf, const struct channel *channel)
{
    for (int i = 0; i < channel->nbindings; i++) {
        str json = channel->bindings[i].json;
        json.len--; /* without its last brace */
        buf_put(buf, i > 0 ? STR(",") : STR(""));
        buf_put(buf, str_trim(json));
        buf_printf(buf, "%s\"id\":%lld}", str_trim(json).len > 1 ? "," : "",
                   (long long)channel->bindings[i].id);
    }
}

static void reply_joined(struct channel *channel)
{
    struct frame frame = {
        .join_ref = channel->join_ref, .ref = channel->ref, .topic = channel->full};
    arena *mem = arena_open();
    struct buf response;

    buf_init(&response, mem, SIZE_MAX);
    buf_put(&response, STR("{\"postgres_changes\":["));
    put_bindings(&response, channel);
    buf_put(&response, STR("]}"));
    session_reply(channel->session, &frame, "ok", buf_str(&response));
    arena_close(&mem);
}

/* False: PostgreSQL has not said yet what it thinks of the filter. */
static bool is_understood(struct channel *channel, struct binding *binding,
                          const struct known *known)
{
    binding->wrong = watch_wrong(channel->mem, binding, known);
    return binding->wrong.at != NULL ||
           watch_proven(channel->session->hub, channel->mem, binding, known->facts);
}

/* False: some facts are not there yet. */
static bool know_tables(struct channel *channel)
{
    struct hub *hub = channel->session->hub;
    bool all = true;

    for (int i = 0; i < channel->nbindings; i++) {
        struct binding *binding = &channel->bindings[i];
        if (binding->wrong.at != NULL || str_eq(binding->table, STR("*")))
            continue;
        const struct known *known =
            known_find(hub, channel->listener.claims, binding->schema, binding->table);
        if (known->state == KNOWN_ASKED || known->state == KNOWN_TROUBLE)
            all = false;
        else
            all &= is_understood(channel, binding, known);
    }
    return all;
}

static void tell_bindings(struct channel *channel)
{
    bool any = false, good = true;

    for (int i = 0; i < channel->nbindings; i++) {
        struct binding *binding = &channel->bindings[i];
        any = true;
        if (binding->wrong.at == NULL)
            continue;
        good = false;
        channel_system(channel, "postgres_changes", "error", binding->wrong);
    }
    if (any && good)
        channel_system(channel, "postgres_changes", "ok", STR("Subscribed to PostgreSQL"));
}

/* The bindings are active before the reply leaves: no write after it is missed. */
void channel_try(struct channel *channel)
{
    struct hub *hub = channel->session->hub;

    if (channel->asking)
        return;
    if (channel->nbindings > 0 && (!hub->fns->streaming(hub->arg) || !know_tables(channel)))
        return;
    if (!replay_is_read(channel))
        return;
    list_remove(&channel->of_joining);
    channel->state = CHANNEL_JOINED;
    for (int i = 0; i < channel->nbindings; i++)
        if (channel->bindings[i].wrong.at == NULL)
            watch_start(&channel->bindings[i], hub);
    if (channel->nbindings > 0)
        hub_keep(hub); /* what it is too slow for */
    if (channel->topic == NULL)
        topic_enter(channel);
    reply_joined(channel);
    replay_send(channel);
    if (channel->presence && (channel->rights & RIGHT_SEE) != 0)
        topic_push_state(channel);
    tell_bindings(channel);
    rejoin_joined(channel);
}

/* ---- later ---- */

void channel_push(struct channel *channel, str event, str payload)
{
    const struct out out = {
        .join_ref = channel->join_ref,
        .ref = {NULL, 0},
        .topic = channel->full,
        .event = event,
        .payload = payload
    };
    session_push(channel->session, &out);
}

void channel_system(struct channel *channel, const char *extension, const char *status, str message)
{
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_printf(&buf, "{\"extension\":\"%s\",\"status\":\"%s\",\"message\":", extension, status);
    json_put_string(&buf, message);
    buf_put(&buf, STR(",\"channel\":"));
    json_put_string(&buf, channel->name);
    buf_putc(&buf, '}');
    channel_push(channel, STR("system"), buf_str(&buf));
    arena_close(&mem);
}

void channel_fail(struct channel *channel, str why)
{
    channel_system(channel, "system", "error", why);
    const struct out out = {.join_ref = channel->join_ref,
                            .ref = channel->join_ref,
                            .topic = channel->full,
                            .event = STR("phx_error"),
                            .payload = STR("{}"),
                            .stays = true};
    session_push(channel->session, &out);
    rejoin_lost(channel);
    channel_leave(channel);
}

/* The same token again, as old clients send it with every heartbeat, changes nothing. */
void channel_token(struct channel *channel, const struct frame *frame)
{
    struct hub *hub = channel->session->hub;
    arena *mem = arena_open();
    const struct claims *claims = NULL;
    struct json_walk walk;
    str key, value, token = {NULL, 0};

    if (json_walk_open(&walk, frame->payload) == JSON_OBJECT)
        while (json_walk_next(&walk, &key, &value))
            if (str_eq(key, STR("\"access_token\"")) && json_kind_of(value) == JSON_STRING)
                token = json_unquote(mem, value);
    if (token.len > 0 && !str_starts(token, STR("sb_"))) {
        const char *wrong = hub->fns->verify(hub->arg, mem, token, &claims);
        if (wrong != NULL)
            channel_fail(channel, str_from(wrong));
        else if (!claims_same(claims, channel->listener.claims)) {
            listener_rename(&channel->listener, claims);
            for (int i = 0; i < channel->nbindings; i++)
                watch_renamed(&channel->bindings[i], hub);
            rejoin_renamed(channel);
            if (channel->private)
                private_ask(channel);
        }
    }
    claims_unref(&claims);
    arena_close(&mem);
}

void channel_leave(struct channel *channel)
{
    struct session *session = channel->session;

    for (int i = 0; i < channel->nbindings; i++)
        watch_stop(&channel->bindings[i], session->hub);
    if (channel->topic != NULL)
        topic_leave(channel);
    rejoin_left(channel);
    list_remove(&channel->of_joining);
    list_remove(&channel->of_session);
    if (--session->nchannels == 0)
        session->empty_us = clock_us();
    session->hub->counts.channels--;
    channel->state = CHANNEL_GONE;
    channel->session = NULL;
    listener_end(&channel->listener);
}
