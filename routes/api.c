/* /api/ - the curated routes: the book finds the file, the file makes the statement, the database
 * makes the answer. What is cached goes through api_cache.c, what is streamed through api_stream.c
 * and api_events.c, what is watched through api_watch.c. */
#include "api.h"

#include "docs.h"
#include "http/events.h"
#include "pg/db.h"
#include "routes.h"
#include "worker.h"

static const struct fail *no_route(const struct request *req, unsigned methods);
static const struct fail *check_access(const struct request *req, const struct route_file *file);
static const struct fail *refuse(struct request *req, const struct route_file *file,
                                 const struct fail *wrong);
static const struct fail *ask_database(struct call *call);
static rows_fn on_rows;

/* What SQL cannot answer; the README says why. */
static const struct {
    str name;
    call_fn *handle;
} handlers[] = {
    {STR_ROW("docs_list"),    docs_list   },
    {STR_ROW("docs_search"),  docs_search },
    {STR_ROW("docs_page"),    docs_page   },
    {STR_ROW("docs_roadmap"), docs_roadmap},
    {STR_ROW("docs_agent"),   docs_agent  },
};

/* What memory answers. */
static call_fn *const by_memory[] = {[MEMORY_NONE] = NULL,
                                     [MEMORY_BEAT] = api_beat_handle,
                                     [MEMORY_FLEET] = api_fleet_handle,
                                     [MEMORY_SNAPSHOT] = api_snapshot_handle};

call_fn *api_handler(str name)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
        if (str_eq(handlers[i].name, name))
            return handlers[i].handle;
    return NULL;
}

const struct fail *api_handle(struct request *req)
{
    struct book_match match;

    if (!book_find(req->worker->book, req->method, req->path, &match))
        return no_route(req, match.methods);
    req->is_for_admins = match.file->access == ROUTE_ADMIN;
    TRY(check_access(req, match.file));
    struct call *call = arena_new(req->mem, struct call);
    call->req = req;
    const struct fail *wrong = route_ask_parse(req, &match, &call->ask);
    if (wrong != NULL)
        return refuse(req, match.file, wrong);
    if (req->method == METHOD_GET && call->ask.answer->kind != ANSWER_EVENTS && events_wanted(req))
        return api_watch_handle(call);
    if (match.file->by.at != NULL)
        return api_handler(match.file->by)(call); /* routes_check has seen that there is one */
    if (by_memory[match.file->memory] != NULL)
        return by_memory[match.file->memory](call);
    if (match.file->cache_ms > 0)
        return api_cache_handle(call);
    if (call->ask.answer->kind == ANSWER_EVENTS && req->method == METHOD_GET)
        return api_events_handle(call);
    if (route_streams(call->ask.answer))
        return api_stream_handle(call);
    return ask_database(call);
}

static const struct fail *no_route(const struct request *req, unsigned methods)
{
    if (methods == 0)
        return fail_new(req->mem, FAIL_NOT_FOUND, "Not found");
    struct fail *fail = fail_new(req->mem, FAIL_METHOD, "Method not allowed");
    fail->allow = route_allow(req->mem, methods);
    return fail;
}

static bool is_nobody(const struct request *req)
{
    const struct claims *claims = req->claims;
    return claims->anonymous || str_eq(claims->role, req->worker->config->db_anon_role);
}

/* What /ws shows is not open here where it is not there. Any good token will do: also the key of
 * an app. */
static bool lacks_token(const struct request *req, const struct route_file *file)
{
    bool required = str_eq(req->worker->config->ws_token, STR("required"));

    return required && !token_brought(req) && str_eq(file->paths[0].text, STR("/api/ws-snapshot"));
}

/* An administrator's and a node's rights are for the guard to say, in the database. */
static const struct fail *check_access(const struct request *req, const struct route_file *file)
{
    bool user = file->access == ROUTE_USER, admin = file->access == ROUTE_ADMIN;

    if (!lacks_token(req, file) && !(user && (is_nobody(req) || req->claims->subject.len == 0)) &&
        !(admin && is_nobody(req)))
        return NULL;
    struct fail *fail = fail_new(req->mem, FAIL_LOGIN_REQUIRED, "Authentication required");
    fail->authenticate = STR("Bearer");
    return fail;
}

/* What is wrong with a question is told to those who may ask it. */
static const struct fail *on_allowed(struct request *req, const struct rows *rows, void *arg)
{
    const struct fail *wrong = arg;

    (void)req;
    (void)rows;
    return wrong;
}

static const struct fail *refuse(struct request *req, const struct route_file *file,
                                 const struct fail *wrong)
{
    struct statement guard;

    if (!route_guard(file, &guard))
        return wrong;
    guard.role = req->worker->config->db_api_role;
    return db_run(req, &guard, on_allowed, (void *)(uintptr_t)wrong);
}

static void drop_book(void *arg)
{
    const struct book *book = arg;
    book_unref(&book);
}

void api_statement(struct call *call, struct statement *statement)
{
    struct request *req = call->req;

    if (call->book == NULL) {
        call->book = book_ref(req->worker->book);
        arena_on_death(req->mem, drop_book, (void *)(uintptr_t)call->book);
    }
    route_statement(req->mem, &call->ask, statement);
    statement->role = req->worker->config->db_api_role;
}

static const struct fail *ask_database(struct call *call)
{
    struct statement statement;

    api_statement(call, &statement);
    if (call->ask.file->access == ROUTE_NODE)
        statement.after[AFTER_RESPONSE].text = STR("select postern.node_key_warning()");
    return db_run(call->req, &statement, on_rows, call);
}

static bool found(enum answer_kind kind, const struct rows *rows)
{
    if (kind == ANSWER_EMPTY)
        return rows_count(rows) > 0 || rows_affected(rows) > 0;
    return rows_count(rows) > 0 && rows_text(rows, 0, 0).at != NULL;
}

const struct fail *api_body(const struct call *call, const struct rows *rows, str *body)
{
    const struct answer *answer = call->ask.answer;
    bool any = found(answer->kind, rows);

    if (!any && answer->missing.at != NULL)
        return fail_new(call->req->mem, FAIL_NOT_FOUND, "%.*s", STR_ARG(answer->missing));
    *body = any && rows_count(rows) > 0 ? rows_text(rows, 0, 0) : STR("null");
    return NULL;
}

/* A machine is told that its key grows old. Source: RFC 7234, 5.5. */
static void put_warning(struct reply *reply, const struct rows *asked)
{
    if (asked == NULL || rows_count(asked) == 0)
        return;
    str warning = rows_text(asked, 0, 0);
    if (warning.len > 0)
        reply_header(reply, STR("Warning"), warning);
}

static const struct fail *on_rows(struct request *req, const struct rows *rows, void *arg)
{
    static const int statuses[] = {
        [ANSWER_VALUE] = 200,    [ANSWER_ROW] = 200,   [ANSWER_CREATED] = 201,
        [ANSWER_ACCEPTED] = 202, [ANSWER_EMPTY] = 204,
    };
    const struct call *call = arg;
    const struct answer *answer = call->ask.answer;
    enum answer_kind kind =
        answer->or_empty && !found(answer->kind, rows) ? ANSWER_EMPTY : answer->kind;
    str body;

    TRY(api_body(call, rows, &body));
    struct reply *reply =
        reply_new(req->mem, statuses[kind], kind == ANSWER_EMPTY ? (str){NULL, 0} : TYPE_JSON);
    reply->body = kind == ANSWER_EMPTY ? STR("") : body;
    reply_header(reply, STR("Cache-Control"), call->ask.file->cache_control);
    put_warning(reply, rows_after(rows, AFTER_RESPONSE));
    return http_reply(req, reply);
}
