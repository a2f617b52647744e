/* Curated routes that memory answers ("memory: beat", "fleet", "snapshot"): the statement runs only
 * when memory does not know. It is C because a beat must cost no statement, and reading the fleet
 * none that grows with it. */
#include "api.h"

#include <stdlib.h>

#include "base/json.h"
#include "http/http.h"
#include "pg/db.h"
#include "worker.h"

enum { FLEET_BYTES_MAX = 64 << 20, COMMAND_MAX = 1024, ANSWER_MAX = 8 << 10 };

static const struct fail *send_body(struct call *call, str body)
{
    struct reply *reply = reply_new(call->req->mem, 200, TYPE_JSON);

    reply->body = body;
    reply_header(reply, STR("Cache-Control"), call->ask.file->cache_control);
    return http_reply(call->req, reply);
}

/* ---- a beat ---- */

struct beat {
    struct call *call;
    str node_id;
    uint64_t mark;
    str command;           /* as JSON; absent: none so far */
    struct kv_call *asked; /* of Redis, for a command */
};

static const struct fail *take_beat(struct beat *beat);
static rows_fn on_admitted;
static kv_fn on_told;

const struct fail *api_beat_handle(struct call *call)
{
    struct request *req = call->req;
    struct beat *beat = arena_new(req->mem, struct beat);
    struct statement statement;
    int param = route_file_param(call->ask.file, STR("node_id"));

    beat->call = call;
    beat->node_id = call->ask.values[param].text;
    if (fleet_trusts(req->worker->fleet, beat->node_id, req->claims))
        return take_beat(beat);
    beat->mark = fleet_mark(req->worker->fleet);
    api_statement(call, &statement);
    return db_run(req, &statement, on_admitted, beat);
}

/* {"command": "stop" or null, "worker": {...}} */
static const struct fail *on_admitted(struct request *req, const struct rows *rows, void *arg)
{
    struct beat *beat = arg;
    struct json_walk walk;
    str body, key, value;

    TRY(api_body(beat->call, rows, &body));
    if (json_walk_open(&walk, body) == JSON_OBJECT)
        while (json_walk_next(&walk, &key, &value)) {
            if (str_eq(key, STR("\"worker\"")))
                fleet_admit(req->worker->fleet, beat->mark, req->claims, value);
            else if (str_eq(key, STR("\"command\"")) && json_kind_of(value) == JSON_STRING)
                beat->command = value;
        }
    return take_beat(beat);
}

static const struct fail *answer_beat(struct beat *beat)
{
    struct request *req = beat->call->req;
    struct buf body;

    buf_init(&body, req->mem, ANSWER_MAX);
    buf_put(&body, STR("{\"ok\":true,\"command\":"));
    if (beat->command.at != NULL)
        buf_put(&body, beat->command);
    else
        json_put_string(&body, fleet_take_command(req->worker->fleet, beat->node_id, req->mem));
    buf_putc(&body, '}');
    return send_body(beat->call, buf_str(&body));
}

static void forget(void *arg)
{
    struct beat *beat = arg;
    kv_forget(&beat->asked);
}

/* Read from Redis once, whoever asks; kept for the node until it beats, should the answer be late.
 */
struct collect {
    struct fleet *fleet;
    size_t len;
    char node_id[];
};

static void on_command(void *arg, const struct kv_answer *answer)
{
    struct collect *collect = arg;

    if (answer->kind == KV_TEXT && answer->text.len <= COMMAND_MAX)
        fleet_give_command(collect->fleet, (str){collect->node_id, collect->len}, answer->text);
    free(collect);
}

/* Other programs put commands there. The former name of the key is read as well. */
static void collect_command(const struct beat *beat)
{
    struct request *req = beat->call->req;
    str id = beat->node_id;
    const str words[] = {
        STR("EVAL"), STR("return redis.call('GETDEL', KEYS[1]) or redis.call('GETDEL', KEYS[2])"),
        STR("2"), arena_printf(req->mem, "cmd:%.*s", STR_ARG(id)),
        arena_printf(req->mem, "worker:%.*s:cmd", STR_ARG(id))};
    struct collect *collect = h2o_mem_alloc(sizeof(struct collect) + id.len);

    collect->fleet = req->worker->fleet;
    collect->len = id.len;
    memcpy(collect->node_id, id.at, id.len);
    if (!kv_collect(req->worker->kv, words, 5, on_command, collect))
        free(collect);
}

/* Answers come in order: with this one there is that of the command. */
static void tell_gateways(struct beat *beat, str all)
{
    struct request *req = beat->call->req;
    str key = arena_printf(req->mem, "worker:%.*s", STR_ARG(beat->node_id));
    const str set[] = {STR("SET"), key, all, STR("EX"), STR("60")};

    kv_publish(req->worker->kv, arena_printf(req->mem, "beat %.*s", STR_ARG(all)));
    beat->asked = kv_ask(req->worker->kv, set, 5, on_told, beat);
    arena_on_death(req->mem, forget, beat);
    req->on_gone = forget;
    req->on_gone_arg = beat;
}

static const struct fail *take_beat(struct beat *beat)
{
    struct request *req = beat->call->req;
    str facts = json_check(req->body) == JSON_OBJECT ? req->body : STR("{}");
    struct buf all;

    buf_init(&all, req->mem, FLEET_BYTES_MAX);
    fleet_beat(req->worker->fleet, beat->node_id, facts, &all);
    if (!kv_is_up(req->worker->kv) || all.len == 0)
        return answer_beat(beat);
    collect_command(beat);
    tell_gateways(beat, buf_str(&all));
    return beat->asked == NULL ? answer_beat(beat) : NULL;
}

static void on_told(void *arg, const struct kv_answer *answer)
{
    struct beat *beat = arg;

    (void)answer;
    beat->asked = NULL;
    beat->call->req->on_gone = NULL;
    (void)answer_beat(beat);
}

/* ---- the fleet ---- */

static rows_fn on_seed;
static bool on_no_seed(void *arg, const struct fail *fail);

static const struct fail *answer_fleet(struct call *call)
{
    struct buf body;

    buf_init(&body, call->req->mem, FLEET_BYTES_MAX);
    fleet_put(call->req->worker->fleet, &body);
    if (body.full)
        return fail_new(call->req->mem, FAIL_INTERNAL, "The fleet is too large");
    return send_body(call, buf_str(&body));
}

/* Memory knows nothing yet, or nobody has asked for long: who asks waits for the table. */
struct seeding {
    struct call *call;
    bool over;
};

static void give_up(void *arg)
{
    struct seeding *seeding = arg;

    if (!seeding->over)
        fleet_seed_failed(seeding->call->req->worker->fleet);
    seeding->over = true;
}

const struct fail *api_fleet_handle(struct call *call)
{
    struct request *req = call->req;
    struct statement statement;
    enum fleet_seed_when when = fleet_seed_due(req->worker->fleet);

    if (when == SEED_BEHIND)
        api_fleet_read_behind(req);
    if (when != SEED_FIRST)
        return answer_fleet(call);
    struct seeding *seeding = arena_new(req->mem, struct seeding);
    seeding->call = call;
    arena_on_death(req->mem, give_up, seeding);
    req->on_fail = on_no_seed;
    req->on_fail_arg = seeding;
    api_statement(call, &statement);
    return db_run(req, &statement, on_seed, seeding);
}

static const struct fail *on_seed(struct request *req, const struct rows *rows, void *arg)
{
    struct seeding *seeding = arg;
    str body;

    req->on_fail = NULL;
    TRY(api_body(seeding->call, rows, &body));
    fleet_seed(req->worker->fleet, body);
    seeding->over = true;
    return answer_fleet(seeding->call);
}

/* Without the database: what is known. */
static bool on_no_seed(void *arg, const struct fail *fail)
{
    struct seeding *seeding = arg;

    (void)fail;
    give_up(seeding);
    if (!fleet_seeded(seeding->call->req->worker->fleet))
        return false;
    (void)answer_fleet(seeding->call);
    return true;
}

/* ---- the fleet in the snapshot ---- */

static const struct fail *on_snapshot(struct request *req, const struct rows *rows, void *arg)
{
    struct call *call = arg;
    struct buf body;
    str snapshot;

    TRY(api_body(call, rows, &snapshot));
    buf_init(&body, req->mem, FLEET_BYTES_MAX);
    fleet_put_snapshot(req->worker->fleet, snapshot, &body);
    if (body.full)
        return fail_new(req->mem, FAIL_INTERNAL, "The fleet is too large");
    return send_body(call, buf_str(&body));
}

const struct fail *api_snapshot_handle(struct call *call)
{
    struct statement statement;

    api_statement(call, &statement);
    return db_run(call->req, &statement, on_snapshot, call);
}
