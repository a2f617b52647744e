/* /realtime/v1/api: broadcasts by plain HTTP, as realtime-js sends them before it has joined, and
 * signs of life. The shapes are Supabase Realtime's. Source: reference "Wire protocol", 1.9. */
#include <stdlib.h>

#include "auth/token.h"
#include "base/json.h"
#include "http/http.h"
#include "live/hub.h"
#include "routes.h"
#include "worker.h"

enum { MESSAGES_MAX = 1000 };

static const struct fail *reply_json(struct request *req, int status, str body)
{
    struct reply *reply = reply_new(req->mem, status, TYPE_JSON);

    reply->body = body;
    return http_reply(req, reply);
}

static const struct fail *accepted(struct request *req)
{
    return http_reply(req, reply_new(req->mem, 202, (str){NULL, 0}));
}

/* A caller needs a key, be it the anonymous one; one that is not for this is told so. */
static bool is_known(struct request *req, const struct fail **refused)
{
    *refused = NULL;
    if (request_header(req, STR("authorization")).at == NULL &&
        request_header(req, STR("apikey")).at == NULL)
        return false;
    *refused = admit(req, req->worker->tokens);
    return *refused == NULL;
}

static const struct fail *unauthorized(struct request *req, const struct fail *refused)
{
    if (refused != NULL && refused->kind == FAIL_FORBIDDEN)
        return refused;
    return reply_json(req, 401, STR("{\"message\":\"Unauthorized\"}"));
}

/* Private messages of callers who may not send them are dropped without a word. */
static void publish(struct request *req, const struct publication *what)
{
    struct hub *hub = feed_hub(req->worker->feed);

    if (what->private)
        hub_publish_as(hub, req->claims, what, NULL, NULL);
    else
        hub_publish(hub, what);
}

/* ---- a batch: {"messages": [{"topic", "event", "payload", "private"?, "id"?}]} ---- */

struct incoming {
    str topic, event, payload, id;
    bool private;
};

static struct incoming read_message(arena *mem, str object)
{
    struct incoming message = {
        .id = {NULL, 0}
    };
    struct json_walk walk;
    str key, value;

    if (json_walk_open(&walk, object) != JSON_OBJECT)
        return message;
    while (json_walk_next(&walk, &key, &value)) {
        bool text = json_kind_of(value) == JSON_STRING;
        if (str_eq(key, STR("\"topic\"")) && text)
            message.topic = json_unquote(mem, value);
        else if (str_eq(key, STR("\"event\"")) && text)
            message.event = json_unquote(mem, value);
        else if (str_eq(key, STR("\"payload\"")) && json_kind_of(value) == JSON_OBJECT)
            message.payload = value;
        else if (str_eq(key, STR("\"private\"")))
            message.private = str_eq(value, STR("true"));
        else if (str_eq(key, STR("\"id\"")) && text)
            message.id = value;
    }
    return message;
}

static void put_missing(struct buf *errors, const char *name, str value, bool *any)
{
    if (value.len > 0)
        return;
    buf_printf(errors, "%s\"%s\":[\"can't be blank\"]", *any ? "," : "", name);
    *any = true;
}

#define TOO_LARGE "{\"payload\":[\"Payload size exceeds the limit\"]}"

static bool is_too_large(const struct request *req, str payload)
{
    return (int64_t)payload.len > req->worker->config->live.broadcast_bytes;
}

/* {} for a good one. */
static bool put_errors(struct request *req, struct buf *errors, const struct incoming *message)
{
    bool any = false;

    if (is_too_large(req, message->payload)) {
        buf_put(errors, STR(TOO_LARGE));
        return true;
    }

    buf_putc(errors, '{');
    put_missing(errors, "topic", message->topic, &any);
    put_missing(errors, "event", message->event, &any);
    put_missing(errors, "payload", message->payload, &any);
    buf_putc(errors, '}');
    return any;
}

struct batch_in {
    struct incoming *messages;
    int count;
    bool wrong;
    struct buf errors;
};

static bool find_messages(str body, str *messages)
{
    struct json_walk walk;
    str key, value;

    if (json_check(body) != JSON_OBJECT)
        return false;
    json_walk_open(&walk, body);
    while (json_walk_next(&walk, &key, &value))
        if (str_eq(key, STR("\"messages\"")) && json_kind_of(value) == JSON_ARRAY) {
            *messages = value;
            return true;
        }
    return false;
}

static bool read_batch(struct request *req, str array, struct batch_in *batch)
{
    struct json_walk walk;
    str key, value;

    batch->messages = arena_array(req->mem, struct incoming, MESSAGES_MAX);
    buf_init(&batch->errors, req->mem, SIZE_MAX);
    json_walk_open(&walk, array);
    while (json_walk_next(&walk, &key, &value)) {
        if (batch->count == MESSAGES_MAX)
            return false;
        struct incoming *message = &batch->messages[batch->count++];
        *message = read_message(req->mem, value);
        buf_put(&batch->errors, batch->count > 1 ? STR(",") : STR(""));
        batch->wrong |= put_errors(req, &batch->errors, message);
    }
    return true;
}

static void send_all(struct request *req, const struct batch_in *batch)
{
    for (int i = 0; i < batch->count; i++) {
        const struct incoming *message = &batch->messages[i];
        const struct publication what = {
            .topic = message->topic,
            .private = message->private,
            .event = message->event,
            .payload = message->payload,
            .meta = message->id.at == NULL
                        ? STR("")
                        : arena_printf(req->mem, "{\"id\":%.*s}", STR_ARG(message->id)),
        };
        publish(req, &what);
    }
}

const struct fail *broadcast_handle(struct request *req)
{
    struct batch_in batch = {.count = 0};
    const struct fail *refused;
    str messages;

    if (!is_known(req, &refused))
        return unauthorized(req, refused);
    if (!find_messages(req->body, &messages))
        return reply_json(req, 422, STR("{\"errors\":{\"messages\":[\"can't be blank\"]}}"));
    if (!read_batch(req, messages, &batch))
        return reply_json(req, 429,
                          STR("{\"message\":\"Too many messages to broadcast, please reduce the "
                              "batch size\"}"));
    if (batch.wrong)
        return reply_json(req, 422,
                          arena_printf(req->mem, "{\"errors\":{\"messages\":[%.*s]}}",
                                       STR_ARG(buf_str(&batch.errors))));
    send_all(req, &batch);
    return accepted(req);
}

/* ---- one: the body is the payload ---- */

static bool is_type(const struct request *req, str wanted)
{
    str type = request_header(req, STR("content-type"));
    long end = type.at == NULL ? 0 : str_find(type, ';');

    if (end >= 0)
        type.len = (size_t)end;
    return str_ieq(str_trim(type), wanted);
}

static bool wants_private(const struct request *req)
{
    str rest = req->query, pair;

    while (str_cut(&rest, '&', &pair))
        if (str_eq(pair, STR("private=true")))
            return true;
    return false;
}

/* The client may leave before the policies have said who may speak. */
struct waiting {
    struct request *req; /* NULL: it has left */
    bool answered;
};

static void on_left(void *arg)
{
    struct waiting *waiting = arg;

    waiting->req = NULL;
    if (waiting->answered)
        free(waiting);
}

static void on_judged(void *arg, bool allowed)
{
    struct waiting *waiting = arg;
    struct request *req = waiting->req;

    waiting->answered = true;
    if (req == NULL)
        free(waiting);
    else if (allowed)
        accepted(req);
    else
        reply_json(req, 403, STR("{\"message\":\"Unauthorized\"}"));
}

static const struct fail *publish_private(struct request *req, const struct publication *what)
{
    struct waiting *waiting = h2o_mem_alloc(sizeof(*waiting));

    *waiting = (struct waiting){.req = req};
    arena_on_death(req->mem, on_left, waiting);
    hub_publish_as(feed_hub(req->worker->feed), req->claims, what, on_judged, waiting);
    return NULL;
}

const struct fail *broadcast_one_handle(struct request *req)
{
    struct publication what = {
        .topic = request_path_value(req, STR("topic")),
        .event = request_path_value(req, STR("event")),
        .payload = req->body,
        .binary = is_type(req, STR("application/octet-stream")),
        .meta = STR(""),
        .private = wants_private(req),
    };
    const struct fail *refused;

    if (!is_known(req, &refused))
        return unauthorized(req, refused);
    if (!what.binary && !is_type(req, STR("application/json")))
        return reply_json(req, 415,
                          STR("{\"error\":\"Unsupported Media Type. Use application/json or "
                              "application/octet-stream\"}"));
    if (!what.binary && json_check(req->body) == JSON_INVALID)
        return reply_json(req, 422, STR("{\"errors\":{\"payload\":[\"is invalid\"]}}"));
    if (is_too_large(req, what.payload))
        return reply_json(req, 422, STR("{\"errors\":" TOO_LARGE "}"));
    if (what.private)
        return publish_private(req, &what);
    publish(req, &what);
    return accepted(req);
}

/* ---- signs of life ---- */

const struct fail *ping_handle(struct request *req)
{
    return reply_json(req, 200, STR("{\"message\":\"Success\"}"));
}

const struct fail *tenant_health_handle(struct request *req)
{
    struct worker *worker = req->worker;
    const char *streaming = feed_streaming(worker->feed) ? "true" : "false";
    const struct fail *refused;

    if (!is_known(req, &refused))
        return unauthorized(req, refused);
    return reply_json(req, 200,
                      arena_printf(req->mem,
                                   "{\"data\":{\"healthy\":%s,\"db_connected\":%s,"
                                   "\"replication_connected\":%s,\"connected_cluster\":1,"
                                   "\"region\":\"local\",\"node\":\"postern\"}}",
                                   streaming, streaming, streaming));
}
