/* A socket of realtime-js: reads its frames, hands each to the channel it is for. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "live/hub_inside.h"
#include "live/trail.h"

/* A refusal that waits for its time. */
struct delayed {
    struct list node;
    struct session *session;
    arena *mem;
    struct out out;
    int64_t due_us;
    bool last; /* the socket ends with it */
};

struct session *session_new(struct hub *hub, enum vsn vsn, const struct claims *claims)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL)
        abort();
    *session = (struct session){.hub = hub,
                                .vsn = vsn,
                                .claims = claims_ref(claims),
                                .empty_us = clock_us(),
                                .rejoins_us = clock_us()};
    if (hub->trails != NULL)
        session->number = trails_socket(hub->trails);
    list_init(&session->channels);
    list_append(&hub->sessions, &session->node);
    hub->counts.sessions++;
    return session;
}

void session_open(struct session *session, struct peer *peer)
{
    session->peer = peer;
}

struct channel *session_channel(const struct session *session, str full)
{
    LIST_EACH (node, &session->channels) {
        struct channel *channel = LIST_ENTRY(node, struct channel, of_session);
        if (str_eq(channel->full, full))
            return channel;
    }
    return NULL;
}

void session_push(struct session *session, const struct out *out)
{
    arena *mem = arena_open();
    struct message *message = frame_write(mem, session->vsn, out);

    session->hub->fns->send(session->hub->arg, session->peer, message);
    message_unref(&message);
    arena_close(&mem);
}

void session_reply(struct session *session, const struct frame *frame, const char *status,
                   str response)
{
    arena *mem = arena_open();
    const struct out out = {
        .join_ref = frame->join_ref,
        .ref = frame->ref,
        .topic = frame->topic,
        .event = STR("phx_reply"),
        .payload =
            arena_printf(mem, "{\"status\":\"%s\",\"response\":%.*s}", status, STR_ARG(response)),
    };
    session_push(session, &out);
    arena_close(&mem);
}

static str refusal_payload(arena *mem, str reason)
{
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"status\":\"error\",\"response\":{\"reason\":"));
    json_put_string(&buf, reason);
    buf_put(&buf, STR("}}"));
    return buf_str(&buf);
}

static void refuse(struct session *session, const struct frame *frame, str reason, bool last)
{
    if (session->nrefusals >= LIVE_REFUSALS_MAX) {
        session->hub->fns->close(session->hub->arg, session->peer, CLOSE_TRY_AGAIN_LATER,
                                 STR("too many refused joins"));
        return;
    }
    arena *mem = arena_open();
    struct delayed *delayed = arena_new(mem, struct delayed);
    session->nrefusals++;
    *delayed = (struct delayed){
        .session = session,
        .mem = mem,
        .last = last,
        .due_us = clock_us() + LIVE_REFUSAL_DELAY_MS * INT64_C(1000),
        .out = {.join_ref = arena_copy(mem, frame->join_ref),
                .ref = arena_copy(mem, frame->ref),
                .topic = arena_copy(mem, frame->topic),
                .event = STR("phx_reply"),
                .payload = refusal_payload(mem, reason)},
    };
    list_append(&session->hub->delayed, &delayed->node);
}

void session_refuse(struct session *session, const struct frame *frame, str reason)
{
    refuse(session, frame, reason, false);
}

void session_refuse_all(struct session *session, const struct frame *frame, str reason)
{
    refuse(session, frame, reason, true);
}

void session_send_due(struct hub *hub, int64_t now_us)
{
    LIST_EACH (node, &hub->delayed) {
        struct delayed *delayed = LIST_ENTRY(node, struct delayed, node);
        if (delayed->due_us > now_us)
            return; /* they all wait equally long */
        list_remove(node);
        delayed->session->nrefusals--;
        session_push(delayed->session, &delayed->out);
        if (delayed->last)
            hub->fns->close(hub->arg, delayed->session->peer, CLOSE_GOING_AWAY,
                            STR("too many joins"));
        arena *mem = delayed->mem;
        arena_close(&mem);
    }
}

static void forget_delayed(struct session *session)
{
    LIST_EACH (node, &session->hub->delayed) {
        struct delayed *delayed = LIST_ENTRY(node, struct delayed, node);
        if (delayed->session != session)
            continue;
        list_remove(node);
        arena *mem = delayed->mem;
        arena_close(&mem);
    }
}

/* ---- frames ---- */

static void on_heartbeat(struct session *session, const struct frame *frame)
{
    session_reply(session, frame, "ok", STR("{}"));
    rejoin_note(session);
}

/* Also of a channel that was never joined: the client waits for the answer. */
static void on_leave(struct session *session, const struct frame *frame, struct channel *channel)
{
    session_reply(session, frame, "ok", STR("{}"));
    if (channel == NULL)
        return;
    const struct out out = {.join_ref = channel->join_ref,
                            .ref = channel->join_ref,
                            .topic = channel->full,
                            .event = STR("phx_close"),
                            .payload = STR("{}")};
    session_push(session, &out);
    channel_leave(channel);
}

static bool is_stale(const struct frame *frame, const struct channel *channel)
{
    return channel != NULL && json_kind_of(frame->join_ref) == JSON_STRING &&
           frame->join_ref.len > 2 && !str_eq(frame->join_ref, channel->join_ref);
}

static void on_unknown(struct session *session, const struct frame *frame)
{
    struct frame reply = *frame;

    reply.join_ref = STR("null");
    session_reply(session, &reply, "error", STR("{\"reason\":\"unmatched topic\"}"));
}

static void on_frame(struct session *session, const struct frame *frame)
{
    struct channel *channel = session_channel(session, frame->topic);

    rejoin_count(session, frame->ref);
    if (str_eq(frame->topic, STR("phoenix")) && str_eq(frame->event, STR("heartbeat")))
        on_heartbeat(session, frame);
    else if (!frame->user_broadcast && str_eq(frame->event, STR("phx_join")))
        channel_join(session, frame);
    else if (!frame->user_broadcast && str_eq(frame->event, STR("phx_leave"))) {
        if (!is_stale(frame, channel))
            on_leave(session, frame, channel);
    } else if (channel == NULL || channel->state != CHANNEL_JOINED)
        on_unknown(session, frame);
    else if (frame->user_broadcast || str_eq(frame->event, STR("broadcast")))
        topic_broadcast(channel, frame);
    else if (str_eq(frame->event, STR("presence")))
        topic_presence(channel, frame);
    else if (str_eq(frame->event, STR("access_token")))
        channel_token(channel, frame);
}

/* What is not a frame is dropped, the socket stays: as the clients know it. */
void session_receive(struct session *session, enum message_kind kind, str payload)
{
    arena *mem = arena_open();
    struct frame frame;
    bool read = kind == MESSAGE_TEXT
                    ? frame_read(mem, session->vsn, payload, &frame)
                    : session->vsn == VSN_2 && frame_read_binary(mem, payload, &frame);

    if (read)
        on_frame(session, &frame);
    arena_close(&mem);
}

void session_overflow(struct session *session)
{
    session->overflown = true;
}

void session_close(struct session *session)
{
    if (session->nrefusals > 0)
        forget_delayed(session);
    LIST_EACH (node, &session->channels) {
        struct channel *channel = LIST_ENTRY(node, struct channel, of_session);
        rejoin_lost(channel);
        channel_leave(channel);
    }
    list_remove(&session->node);
    session->hub->counts.sessions--;
    claims_unref(&session->claims);
    free(session);
}
