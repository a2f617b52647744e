/* See events.h. */
#include "http/events.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/exchange.h"

enum { BEAT_MS = 500, ROOM_FIRST = 512 };

struct bytes {
    char *at;
    size_t len, room;
};

struct events {
    struct list node; /* http->events */
    struct request *req;
    const struct events_fns *fns;
    void *arg;
    struct bytes waiting, leaving;
    int64_t wrote_us, ended_us; /* ended_us: 0 while it goes on */
    bool sending, slow, told;   /* told: its owner knows that it is over */
};

static void put_bytes(struct bytes *bytes, str text);
static void on_ready(void *arg);
static void on_gone(void *arg);
static void beat(void *arg);

bool events_wanted(const struct request *req)
{
    str accept = request_header(req, STR("accept")), first;

    return str_cut(&accept, ',', &first) && str_starts(first, STR("text/event-stream"));
}

/* ---- the start ---- */

static void free_bytes(void *arg)
{
    struct events *events = arg;

    free(events->waiting.at);
    free(events->leaving.at);
}

static struct reply *make_head(struct request *req)
{
    struct reply *head = reply_new(req->mem, 200, STR("text/event-stream"));

    reply_header(head, STR("Cache-Control"), STR("no-store"));
    reply_header(head, STR("X-Accel-Buffering"), STR("no")); /* nginx would hold it back */
    return head;
}

static const struct fail *refuse(struct request *req, const struct http *http)
{
    struct fail *fail =
        fail_new(req->mem, FAIL_UNAVAILABLE,
                 http->draining ? "The server is stopping" : "There are too many streams");

    if (!http->draining)
        fail->hint =
            arena_printf(req->mem, "A worker keeps %lld open; POSTERN_EVENT_STREAMS sets how many",
                         (long long)http->config->event_streams);
    fail->retry_after_s = 5;
    return fail;
}

const struct fail *events_open(struct request *req, const struct events_fns *fns, void *arg,
                               struct events **events)
{
    struct http *http = exchange_of(req)->http;
    struct events *fresh;

    if (http->draining || http->nevents >= http->config->event_streams)
        return refuse(req, http);
    fresh = arena_new(req->mem, struct events);
    *fresh = (struct events){
        .req = req, .fns = fns, .arg = arg, .sending = true, .wrote_us = clock_us()};
    arena_on_death(req->mem, free_bytes, fresh);
    if (http->nevents++ == 0)
        http->beat = timer_start(http->loop, BEAT_MS, BEAT_MS, beat, http);
    list_append(&http->events, &fresh->node);
    req->on_gone = on_gone;
    req->on_gone_arg = fresh;
    *events = fresh;
    put_bytes(&fresh->waiting, STR("retry: " EVENTS_RETRY_MS "\n\n")); /* the head leaves with it */
    http_stream(req, make_head(req), on_ready, fresh);
    return NULL;
}

/* ---- putting ---- */

static void put_bytes(struct bytes *bytes, str text)
{
    size_t needed = bytes->len + text.len;

    if (needed > bytes->room) {
        bytes->room = needed < ROOM_FIRST ? ROOM_FIRST : needed * 2;
        bytes->at = realloc(bytes->at, bytes->room);
        if (bytes->at == NULL)
            abort();
    }
    if (text.len > 0)
        memcpy(bytes->at + bytes->len, text.at, text.len);
    bytes->len = needed;
}

/* An end of line ends a field: a value of several lines is several fields. */
static void put_field(struct bytes *bytes, str name, str value)
{
    str line;

    while (str_cut(&value, '\n', &line)) {
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        put_bytes(bytes, name);
        put_bytes(bytes, line);
        put_bytes(bytes, STR("\n"));
    }
}

static void send_waiting(struct events *events)
{
    struct bytes empty = events->leaving;

    if (events->sending || events->waiting.len == 0)
        return;
    free(empty.at);
    events->leaving = events->waiting;
    events->waiting = (struct bytes){NULL, 0, 0};
    events->sending = true;
    events->wrote_us = clock_us();
    http_stream_put(events->req, (str){events->leaving.at, events->leaving.len});
}

void events_put(struct events *events, const struct event *event)
{
    size_t bytes = event->id.len + event->name.len + event->data.len;

    if (events->slow || events->ended_us != 0)
        return;
    if (events->sending && events->waiting.len > 0 &&
        events->waiting.len + bytes > EVENTS_WAITING_MAX) {
        events->waiting.len = 0;
        events->slow = true;
        return;
    }
    put_field(&events->waiting, STR("id: "), event->id);
    put_field(&events->waiting, STR("event: "), event->name);
    put_field(&events->waiting, STR("data: "), event->data);
    put_bytes(&events->waiting, STR("\n"));
    send_waiting(events);
}

size_t events_waiting(const struct events *events)
{
    return events->waiting.len + (events->sending ? events->leaving.len : 0);
}

static void leave(struct events *events)
{
    struct http *http = exchange_of(events->req)->http;

    list_remove(&events->node);
    if (--http->nevents == 0)
        timer_close(&http->beat);
}

/* What is left to send goes first. */
static void go_on(struct events *events)
{
    send_waiting(events);
    if (events->ended_us == 0 || events->sending)
        return;
    events->req->on_gone = NULL;
    leave(events);
    http_stream_end(events->req, STREAM_COMPLETE);
}

static void on_ready(void *arg)
{
    struct events *events = arg;

    events->sending = false;
    if (events->waiting.len == 0 && events->ended_us == 0 && events->fns->drained != NULL)
        events->fns->drained(events->arg);
    go_on(events);
}

/* ---- the end ---- */

void events_end(struct events *events)
{
    if (events->ended_us != 0)
        return;
    events->told = true;
    events->ended_us = clock_us();
    go_on(events);
}

static void tell_gone(struct events *events)
{
    bool told = events->told;

    events->told = true;
    if (!told)
        events->fns->gone(events->arg);
}

static void on_gone(void *arg)
{
    struct events *events = arg;

    leave(events);
    tell_gone(events);
}

void events_end_all(struct http *http)
{
    LIST_EACH (node, &http->events) {
        struct events *events = LIST_ENTRY(node, struct events, node);
        tell_gone(events);
        events_end(events);
    }
}

/* ---- now and then ---- */

static void end_slow(struct events *events)
{
    events->slow = false;
    if (events->fns->slow != NULL) {
        events->fns->slow(events->arg);
        return;
    }
    tell_gone(events);
    events_end(events);
}

/* Its write fails then, and h2o drops the connection. */
static void cut_off(const struct events *events)
{
    h2o_conn_t *conn = exchange_of(events->req)->h2o->conn;

    shutdown(h2o_socket_get_fd(conn->callbacks->get_socket(conn)), SHUT_RDWR);
}

static void look(struct events *events, int64_t now)
{
    if (events->ended_us != 0) {
        if (now - events->ended_us > EVENTS_GRACE_MS * INT64_C(1000))
            cut_off(events);
        return;
    }
    if (events->slow) {
        end_slow(events);
        return;
    }
    if (events->sending && now - events->wrote_us > EVENTS_STUCK_MS * INT64_C(1000))
        cut_off(events);
    if (events->sending || now - events->wrote_us < EVENTS_QUIET_MS * INT64_C(1000))
        return;
    put_bytes(&events->waiting, STR(":\n\n"));
    send_waiting(events);
}

static void beat(void *arg)
{
    struct http *http = arg;
    int64_t now = clock_us();

    LIST_EACH (node, &http->events)
        look(LIST_ENTRY(node, struct events, node), now);
}
