/* GET /rest/v1/:relation with Accept: text/event-stream: the changes of a table as they are
 * committed, under the caller's role. Filters and columns are those of a read; Last-Event-ID goes
 * on where the last stream ended. An event without a name is a change; the others are in rest.h. */
#include "base/json.h"
#include "feed.h"
#include "http/events.h"
#include "lease.h"
#include "live/follower.h"
#include "pg/db.h"
#include "rest.h"
#include "rest/fence.h"
#include "rest/media.h"
#include "rest/subscription.h"
#include "serve.h"
#include "worker.h"

enum {
    ROOM = EVENTS_WAITING_MAX / 2, /* bytes that may wait */
    PROGRESS_EVERY_MS = 15000,
};

struct follow_stream {
    struct request *req;
    str json; /* the subscription */
    bool resumes;
    struct position since; /* if it resumes */
    struct follower *follower;
    struct events *events; /* NULL: not open, or over */
    struct timer *progress;
    struct timer *later; /* a refusal, outside of the hub */
    const struct fail *refusal;
    struct position told; /* the last id */
    struct lease lease;
};

static const struct fail *admit_stream(struct follow_stream *stream, struct ask *ask);
static void follow(struct follow_stream *stream);
static void on_lease_ended(void *arg, str why);
static const struct follower_fns follower_fns;

/* ---- the start ---- */

static void close_stream(void *arg)
{
    struct follow_stream *stream = arg;

    stream->events = NULL;
    timer_close(&stream->progress);
    timer_close(&stream->later);
    lease_end(&stream->lease);
    follower_close(&stream->follower);
}

static const struct fail *read_since(struct follow_stream *stream)
{
    str text = request_header(stream->req, STR("last-event-id"));

    stream->resumes = text.len > 0;
    if (!stream->resumes || position_read(text, &stream->since))
        return NULL;
    struct fail *fail =
        fail_new(stream->req->mem, FAIL_BAD_QUERY, "Last-Event-ID is not one of ours");
    fail->hint = STR("Send the id of the last event, or what pg_current_wal_lsn() says");
    return fail;
}

static const struct fail *refuse_form(arena *mem, const char *why, str hint)
{
    struct fail *fail = fail_new(mem, FAIL_MEDIA_TYPE, "%s", why);

    fail->hint = hint;
    return fail;
}

const struct fail *rest_events(struct request *req, struct ask *ask)
{
    struct follow_stream *stream = arena_new(req->mem, struct follow_stream);

    stream->req = req;
    TRY(read_since(stream));
    TRY(subscription_make(req->mem, ask, &stream->json));
    lease_init(&stream->lease, req, on_lease_ended, stream);
    arena_on_death(req->mem, close_stream, stream);
    if (str_eq(req->worker->config->changes, STR("off")))
        return refuse_form(req->mem, "Changes are off on this server",
                           STR("POSTERN_CHANGES=wal turns them on"));
    return admit_stream(stream, ask);
}

static const struct fail *on_admitted(struct request *req, const struct rows *rows, void *arg)
{
    (void)req;
    (void)rows;
    follow(arg);
    return NULL;
}

/* It is planned as the read it would be: the same errors, the same fence. Nothing of it runs but
 * the pre-request function, if there is one. */
static const struct fail *admit_stream(struct follow_stream *stream, struct ask *ask)
{
    struct request *req = stream->req;
    struct statement statement;
    struct plan *plan;

    ask->accept = media_read(req->mem, STR("application/json"));
    TRY(plan_make(req->mem, req->schema, req->worker->config, ask, &plan));
    if (relation_is_view(plan->relation))
        return refuse_form(req->mem, "A view has no changes of its own",
                           STR("Follow the tables that it reads"));
    TRY(fence_plan(req->mem, req->worker->config, req->claims, plan));
    TRY(plan_sql(req->mem, plan, &statement));
    if (statement.before.at == NULL) {
        follow(stream);
        return NULL;
    }
    statement.text = STR("select 1");
    statement.nparams = 0;
    for (int i = 0; i < AFTERS; i++)
        statement.after[i].text = (str){NULL, 0};
    return db_run(req, &statement, on_admitted, stream);
}

static void follow(struct follow_stream *stream)
{
    struct request *req = stream->req;

    stream->follower =
        follower_new(feed_hub(req->worker->feed), req->claims, &follower_fns, stream);
    req->on_gone = close_stream;
    req->on_gone_arg = stream;
    follower_subscribe(stream->follower, stream->json, stream->resumes ? &stream->since : NULL);
}

/* ---- what is told ---- */

static void put(struct follow_stream *stream, const char *name, const struct position *position,
                str data)
{
    char room[POSITION_TEXT_MAX];
    const struct event event = {
        .id = position == NULL ? (str){NULL, 0}
              : position_text(room, *position),
        .name = str_from(name),
        .data = data,
    };

    if (stream->events == NULL)
        return;
    if (position != NULL)
        stream->told = *position;
    events_put(stream->events, &event);
}

/* {"message":...} */
static void put_message(struct follow_stream *stream, const char *name, str message)
{
    arena *mem = arena_open();
    struct buf buf;

    buf_init(&buf, mem, SIZE_MAX);
    buf_put(&buf, STR("{\"message\":"));
    json_put_string(&buf, message);
    buf_putc(&buf, '}');
    put(stream, name, NULL, buf_str(&buf));
    arena_close(&mem);
}

static void end(struct follow_stream *stream, const char *name, str message)
{
    struct events *events = stream->events;

    if (events == NULL)
        return;
    put_message(stream, name, message);
    close_stream(stream);
    events_end(events);
}

/* The client goes on with the last id that it has had: nothing is lost to it but time. */
static void on_slow(void *arg)
{
    end(arg, "slow",
        STR("The client is too slow; come back with Last-Event-ID for what is missing"));
}

static void on_drained(void *arg)
{
    struct follow_stream *stream = arg;

    if (stream->follower != NULL)
        follower_go_on(stream->follower);
}

static void on_lease_ended(void *arg, str why)
{
    end(arg, "expired", why);
}

/* Who hears nothing for long, as others' changes are not for it, learns how far it has come: an
 * event without data is none, but its id counts. Source: HTML 9.2.6. */
static void tell_progress(void *arg)
{
    struct follow_stream *stream = arg;
    struct position position;

    if (follower_position(stream->follower, &position) &&
        position_order(position, stream->told) > 0)
        put(stream, NULL, &position, (str){NULL, 0});
}

/* ---- the answer ---- */

static void refuse(void *arg)
{
    struct follow_stream *stream = arg;

    close_stream(stream);
    stream->req->on_gone = NULL;
    serve_fail(stream->req, stream->refusal);
}

/* The table is there, as planning has seen: the role may not read it. */
static const struct fail *make_forbidden(const struct request *req)
{
    str name = request_path_value(req, STR("relation"));
    struct fail *fail =
        fail_new(req->mem, FAIL_FORBIDDEN, "permission denied for table %.*s", STR_ARG(name));

    fail->code = "42501"; /* as a read of it is answered */
    if (req->claims->anonymous) {
        fail->status = 401;
        fail->authenticate = STR("Bearer");
    }
    return fail;
}

static const struct fail *make_refusal(const struct request *req, const struct followed *followed)
{
    static const struct {
        enum fail_kind kind;
        str hint;
    } kinds[] = {
        [FOLLOW_BAD] = {FAIL_BAD_QUERY,   STR_ROW("A filter is column=operator.value")  },
        [FOLLOW_NOT_SENT] = {FAIL_MEDIA_TYPE,  STR_ROW("alter publication ... add table ...")},
        [FOLLOW_UNREACHABLE] = {FAIL_UNAVAILABLE, STR_ROW("Come back later")                    },
    };

    if (followed->answer == FOLLOW_NO_TABLE)
        return make_forbidden(req);
    struct fail *fail =
        fail_new(req->mem, kinds[followed->answer].kind, "%.*s", STR_ARG(followed->why));
    fail->hint = kinds[followed->answer].hint;
    return fail;
}

/* Inside of the hub: a refusal, which ends the request, waits until it has returned. */
static void on_answered(void *arg, const struct followed *followed)
{
    static const struct events_fns events_fns = {
        .slow = on_slow, .drained = on_drained, .gone = close_stream};
    struct follow_stream *stream = arg;
    struct request *req = stream->req;

    if (followed->answer == FOLLOW_ACTIVE && !lease_begin(&stream->lease))
        stream->refusal = fail_new(req->mem, FAIL_BAD_TOKEN, "The API key has been revoked");
    else if (followed->answer == FOLLOW_ACTIVE)
        stream->refusal = events_open(req, &events_fns, stream, &stream->events);
    else
        stream->refusal = make_refusal(req, followed);
    if (stream->refusal != NULL) {
        stream->later = timer_start(req->worker->loop, 0, 0, refuse, stream);
        return;
    }
    stream->progress =
        timer_start(req->worker->loop, PROGRESS_EVERY_MS, PROGRESS_EVERY_MS, tell_progress, stream);
    put(stream, "ready", &followed->position, STR("{}"));
}

/* ---- as a follower ---- */

static struct message *write_change(arena *mem, const struct told *told)
{
    (void)mem;
    return message_new(MESSAGE_TEXT, told->data);
}

/* A client that takes less than comes gets the rest as it goes, from the ring. */
static bool has_room(void *arg)
{
    const struct follow_stream *stream = arg;
    return stream->events == NULL || events_waiting(stream->events) < ROOM;
}

static void on_change(void *arg, struct message *message, const struct told *told)
{
    put(arg, NULL, &told->change->position, message_payload(message));
}

static void on_gap(void *arg, struct position from, struct position to)
{
    char rooms[2][POSITION_TEXT_MAX];
    arena *mem = arena_open();

    put(arg, "gap", &to,
        arena_printf(mem, "{\"from\":\"%.*s\",\"to\":\"%.*s\"}",
                     STR_ARG(position_text(rooms[0], from)), STR_ARG(position_text(rooms[1], to))));
    arena_close(&mem);
}

static void on_unjudged(void *arg, struct position position, str why)
{
    put_message(arg, "problem", why);
    on_gap(arg, position_before(position), position);
}

static void on_caught_up(void *arg, struct position position)
{
    put(arg, "resumed", &position, STR("{}"));
}

static const struct follower_fns follower_fns = {.write = write_change,
                                                 .send = on_change,
                                                 .answered = on_answered,
                                                 .gap = on_gap,
                                                 .unjudged = on_unjudged,
                                                 .caught_up = on_caught_up,
                                                 .has_room = has_room};
