/* From h2o's request to struct request, from struct reply to bytes. */
#include "http/exchange.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/cors.h"
#include "http/guard.h"

enum { REQUEST_ID_MAX = 128 };

static const struct {
    const char *name;
    enum method method;
} methods[] = {
    {"GET",     METHOD_GET    },
    {"HEAD",    METHOD_HEAD   },
    {"POST",    METHOD_POST   },
    {"PUT",     METHOD_PUT    },
    {"PATCH",   METHOD_PATCH  },
    {"DELETE",  METHOD_DELETE },
    {"OPTIONS", METHOD_OPTIONS}
};

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"                             },
    {201, "Created"                        },
    {202, "Accepted"                       },
    {204, "No Content"                     },
    {206, "Partial Content"                },
    {300, "Multiple Choices"               },
    {301, "Moved Permanently"              },
    {302, "Found"                          },
    {303, "See Other"                      },
    {304, "Not Modified"                   },
    {400, "Bad Request"                    },
    {401, "Unauthorized"                   },
    {403, "Forbidden"                      },
    {404, "Not Found"                      },
    {405, "Method Not Allowed"             },
    {406, "Not Acceptable"                 },
    {409, "Conflict"                       },
    {413, "Content Too Large"              },
    {415, "Unsupported Media Type"         },
    {416, "Range Not Satisfiable"          },
    {417, "Expectation Failed"             },
    {422, "Unprocessable Content"          },
    {426, "Upgrade Required"               },
    {429, "Too Many Requests"              },
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"          },
    {500, "Internal Server Error"          },
    {501, "Not Implemented"                },
    {502, "Bad Gateway"                    },
    {503, "Service Unavailable"            },
    {504, "Gateway Timeout"                },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

/* ---- in ---- */

static str as_str(h2o_iovec_t text)
{
    return (str){text.base, text.len};
}

static enum method method_of(str name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (str_eq(name, str_from(methods[i].name)))
            return methods[i].method;
    return METHOD_OTHER;
}

static bool id_is_fine(str id)
{
    if (id.len == 0 || id.len > REQUEST_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (id.at[i] <= ' ' || id.at[i] > '~' || id.at[i] == '"' || id.at[i] == '\\')
            return false;
    return true;
}

/* Taken from the client or made; unlikely to meet another process's. */
static str request_id(struct http *http, const struct request *req)
{
    str taken = request_header(req, STR("x-request-id"));
    char made[17];

    if (id_is_fine(taken))
        return taken;
    uint64_t number = ++http->last_id * UINT64_C(0x9e3779b97f4a7c15); /* spreads, stays unique */
    for (int i = 0; i < 16; i++, number >>= 4)
        made[i] = "0123456789abcdef"[number & 15];
    return arena_copy(req->mem, (str){made, 16});
}

static str peer_of(arena *mem, h2o_conn_t *conn)
{
    struct sockaddr_storage address;
    char text[INET6_ADDRSTRLEN] = "";

    if (conn->callbacks->get_peername(conn, (struct sockaddr *)&address) == 0)
        return STR("");
    if (address.ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, sizeof(text));
    else if (address.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, text, sizeof(text));
    return arena_copy(mem, str_from(text));
}

/* All of a header's lines, joined as RFC 9110, 5.3 allows. */
static str joined(const struct request *req, str name)
{
    struct buf list;

    buf_init(&list, req->mem, HEAD_MAX);
    for (size_t i = 0; i < req->nheaders; i++) {
        if (!str_eq(req->headers[i].name, name))
            continue;
        if (list.len > 0)
            buf_putc(&list, ',');
        buf_put(&list, req->headers[i].value);
    }
    return buf_str(&list);
}

static str client_of(const struct http *http, const struct request *req, h2o_conn_t *conn)
{
    str peer = peer_of(req->mem, conn), trusted = http->config->trusted_proxies;

    if (trusted.len == 0 || !address_in_list(peer, trusted))
        return peer;
    return address_of_client(req->mem, peer, joined(req, STR("x-forwarded-for")), trusted);
}

/* "http://host/path" is a request for "/path". RFC 9112, 3.2.2. */
static str origin_form(str target)
{
    str scheme = STR("http://");

    if (!str_starts(target, scheme))
        return target;
    str rest = str_skip(target, scheme.len);
    long slash = str_find(rest, '/');
    return slash < 0 ? STR("/") : str_skip(rest, (size_t)slash);
}

static void fill_target(struct request *req, str target)
{
    long mark;

    target = origin_form(target);
    mark = str_find(target, '?');
    req->path = mark < 0 ? target : (str){target.at, (size_t)mark};
    req->query = mark < 0 ? STR("") : str_skip(target, (size_t)mark + 1);
}

static void fill_headers(struct request *req, const h2o_req_t *h2o)
{
    struct header *headers =
        h2o_mem_alloc_pool(req->mem, sizeof(*headers) * (h2o->headers.size + 1));

    for (size_t i = 0; i < h2o->headers.size; i++)
        headers[i] = (struct header){as_str(*h2o->headers.entries[i].name),
                                     as_str(h2o->headers.entries[i].value)};
    req->headers = headers;
    req->nheaders = h2o->headers.size;
    if (h2o->input.authority.base != NULL)
        headers[req->nheaders++] = (struct header){STR("host"), as_str(h2o->input.authority)};
}

static struct exchange *exchange_new(struct http *http, h2o_req_t *h2o)
{
    struct exchange *exchange = arena_new(&h2o->pool, struct exchange);
    struct request *req = &exchange->req;

    exchange->http = http;
    exchange->h2o = h2o;
    exchange->started_us = clock_us();
    req->mem = &h2o->pool;
    req->worker = http->worker;
    req->timing.on = http->config->server_timing;
    req->method_name = as_str(h2o->input.method);
    req->method = method_of(req->method_name);
    req->body = h2o->entity.base == NULL ? STR("") : as_str(h2o->entity);
    fill_target(req, as_str(h2o->input.path));
    fill_headers(req, h2o);
    req->peer = client_of(http, req, h2o->conn);
    req->id = request_id(http, req);
    list_append(&http->pending, &exchange->node);
    return exchange;
}

/* The raw head still stands at the start of the socket's buffer, with what h2o hides. */
static const struct fail *check_head(struct exchange *exchange)
{
    h2o_req_t *h2o = exchange->h2o;
    h2o_socket_t *socket = h2o->conn->callbacks->get_socket(h2o->conn);
    str bytes = {socket->input->bytes, socket->input->size};
    size_t len = guard_head_len(bytes);
    struct fail *fail = NULL;

    if (len > HEAD_MAX) {
        fail = fail_new(&h2o->pool, FAIL_HEADERS_LARGE, "The request's headers are too large");
        fail->hint = arena_printf(&h2o->pool, "At most %d bytes are read", HEAD_MAX);
    } else {
        bytes.len = len == 0 ? bytes.len : len;
        const char *wrong = guard_check(bytes, h2o->version < 0x101);
        if (wrong != NULL)
            fail = fail_new(&h2o->pool, FAIL_MALFORMED, "%s", wrong);
    }
    if (fail != NULL)
        h2o->http1_is_persistent = 0; /* where the next request begins is uncertain */
    return fail;
}

static const struct fail *refuse(struct request *req, const struct fail *fail)
{
    struct reply *reply = reply_new(req->mem, fail->status, TYPE_JSON);

    reply->body = fail_json(req->mem, fail);
    return http_reply(req, reply);
}

int exchange_on_request(h2o_handler_t *handler, h2o_req_t *h2o)
{
    struct http *http = *(struct http **)(void *)(handler + 1);
    struct exchange *exchange = exchange_new(http, h2o);
    const struct fail *fail = check_head(exchange);
    const struct reply *preflight = cors_preflight(&exchange->req);

    if (fail != NULL)
        (void)refuse(&exchange->req, fail);
    else if (preflight != NULL)
        (void)http_reply(&exchange->req, preflight);
    else
        http->serve(&exchange->req);
    return 0;
}

/* ---- out ---- */

static void add_header(h2o_req_t *h2o, struct header header)
{
    h2o_add_header_by_str(&h2o->pool, &h2o->res.headers, header.name.at, header.name.len, 0, NULL,
                          header.value.at, header.value.len);
}

/* The database's headers stand instead of ours. */
static void add_headers(h2o_req_t *h2o, const struct reply *reply, const struct header *headers,
                        int count)
{
    for (int i = 0; i < count; i++)
        if (!headers_have(&reply->asked, headers[i].name))
            add_header(h2o, headers[i]);
}

/* What the settings ask for: how long it took, and the client's trace header again. */
static void add_own(struct exchange *exchange)
{
    const struct request *req = &exchange->req;
    str trace = exchange->http->config->trace_header;
    str timing = timing_header(&req->timing, req->mem);

    for (int i = 0; i < 2 && req->limited[i].name.at != NULL; i++)
        add_header(exchange->h2o, req->limited[i]);
    if (timing.at != NULL)
        add_header(exchange->h2o, (struct header){STR("Server-Timing"), timing});
    if (exchange->http->config->pool_header && req->pool != NULL)
        add_header(exchange->h2o, (struct header){STR("X-Postern-Pool"), str_from(req->pool)});
    if (trace.at == NULL || str_ieq(trace, STR("X-Request-Id")))
        return; /* that one is sent anyway */
    struct header echo = {trace, STR("")};
    for (size_t i = req->nheaders; i > 0; i--)
        if (str_ieq(req->headers[i - 1].name, trace))
            echo.value = req->headers[i - 1].value;
    add_header(exchange->h2o, echo);
}

static void send_head(struct exchange *exchange, const struct reply *reply)
{
    h2o_req_t *h2o = exchange->h2o;
    struct header cors[CORS_HEADERS_MAX];
    str origin = request_header(&exchange->req, STR("origin"));
    int count = cors_headers(exchange->http->config, origin, cors);

    if (count == 0 && exchange->req.method == METHOD_OPTIONS)
        count = cors_open(exchange->http->config, cors);

    exchange->status = reply->status;
    h2o->res.status = reply->status;
    h2o->res.reason = reply->reason != NULL ? reply->reason : reason_of(reply->status);
    h2o_vector_reserve(&h2o->pool, &h2o->res.headers,
                       (size_t)(reply->nheaders + reply->asked.count + count + 4));
    add_headers(h2o, reply, reply->headers, reply->nheaders);
    add_headers(h2o, reply, cors, count);
    for (int i = 0; i < reply->asked.count; i++)
        add_header(h2o, reply->asked.list[i]);
    add_header(h2o, (struct header){STR("X-Request-Id"), exchange->req.id});
    add_own(exchange);
}

void exchange_finish(struct exchange *exchange, enum exchange_state state)
{
    const struct request *req = &exchange->req;
    int64_t us = clock_us() - exchange->started_us;

    list_remove(&exchange->node);
    exchange->state = state;
    metric_request(exchange->http->metrics, exchange->status, us);
    if (state == EXCHANGE_GONE)
        metric_add(exchange->http->metrics, METRIC_REQUESTS_GONE, 1);
    if (exchange->http->finished != NULL)
        exchange->http->finished(req, exchange->status);
    log_access(&(struct log_access){.id = req->id,
                                    .peer = req->peer,
                                    .method = req->method_name,
                                    .path = req->path,
                                    .role = req->claims == NULL ? STR("") : req->claims->role,
                                    .tenant = req->claims == NULL ? STR("") : req->claims->tenant,
                                    .code = str_from(req->failed),
                                    .app = request_header(req, STR("x-application-name")),
                                    .status = exchange->status,
                                    .bytes = exchange->bytes,
                                    .us = us});
}

static bool has_body(const struct request *req, int status)
{
    return req->method != METHOD_HEAD && status != 204 && status != 304;
}

const struct fail *http_reply(struct request *req, const struct reply *reply)
{
    struct exchange *exchange = exchange_of(req);
    h2o_req_t *h2o = exchange->h2o;
    h2o_iovec_t body = {(char *)(uintptr_t)reply->body.at, reply->body.len};
    bool with_body = has_body(req, reply->status);

    assert(exchange->state == EXCHANGE_PENDING && "a request is answered once");
    send_head(exchange, reply);
    if (with_body) {
        h2o->res.content_length = body.len;
        exchange->bytes = body.len;
    }
    exchange_finish(exchange, EXCHANGE_ANSWERED);
    h2o_start_response(h2o, &exchange->generator);
    h2o_send(h2o, &body, with_body && body.len > 0 ? 1 : 0, H2O_SEND_STATE_FINAL);
    return NULL;
}

/* ---- out, in pieces ---- */

static void end_stream(struct exchange *exchange)
{
    exchange_finish(exchange, EXCHANGE_ANSWERED);
    h2o_send(exchange->h2o, NULL, 0,
             exchange->how == STREAM_COMPLETE ? H2O_SEND_STATE_FINAL : H2O_SEND_STATE_ERROR);
}

static void on_proceed(h2o_generator_t *generator, h2o_req_t *h2o)
{
    struct exchange *exchange = LIST_ENTRY(generator, struct exchange, generator);

    exchange->sending = false;
    if (exchange->state == EXCHANGE_GONE)
        h2o_send(h2o, NULL, 0, H2O_SEND_STATE_ERROR);
    else if (exchange->ending)
        end_stream(exchange);
    else
        exchange->ready(exchange->ready_arg);
}

static void on_stop(h2o_generator_t *generator, h2o_req_t *h2o)
{
    struct exchange *exchange = LIST_ENTRY(generator, struct exchange, generator);

    (void)h2o;
    if (exchange->state != EXCHANGE_STREAMING)
        return;
    exchange_finish(exchange, EXCHANGE_GONE);
    if (exchange->req.on_gone != NULL)
        exchange->req.on_gone(exchange->req.on_gone_arg);
}

void http_stream(struct request *req, const struct reply *head, void (*ready)(void *arg), void *arg)
{
    struct exchange *exchange = exchange_of(req);

    assert(exchange->state == EXCHANGE_PENDING && "a request is answered once");
    exchange->state = EXCHANGE_STREAMING;
    exchange->ready = ready;
    exchange->ready_arg = arg;
    exchange->generator = (h2o_generator_t){.proceed = on_proceed, .stop = on_stop};
    send_head(exchange, head);
    h2o_start_response(exchange->h2o, &exchange->generator);
    /* The head leaves now, and on_proceed says when: h2o calls it after a send only. */
    exchange->sending = true;
    h2o_send(exchange->h2o, NULL, 0, H2O_SEND_STATE_IN_PROGRESS);
}

void http_stream_put(struct request *req, str piece)
{
    struct exchange *exchange = exchange_of(req);
    h2o_iovec_t bytes = {(char *)(uintptr_t)piece.at, piece.len};

    if (exchange->state != EXCHANGE_STREAMING)
        return;
    assert(!exchange->sending && piece.len > 0);
    exchange->sending = true;
    exchange->bytes += piece.len;
    h2o_send(exchange->h2o, &bytes, 1, H2O_SEND_STATE_IN_PROGRESS);
}

void http_stream_end(struct request *req, enum stream_end how)
{
    struct exchange *exchange = exchange_of(req);

    if (exchange->state != EXCHANGE_STREAMING || exchange->ending)
        return;
    exchange->ending = true;
    exchange->how = how;
    if (!exchange->sending)
        end_stream(exchange);
}

void exchange_leave(struct exchange *exchange)
{
    static const int closed_by_client = 499; /* nginx's word for it */
    h2o_req_t *h2o = exchange->h2o;
    bool streaming = exchange->state == EXCHANGE_STREAMING;

    exchange->status = closed_by_client;
    exchange_finish(exchange, EXCHANGE_GONE);
    if (exchange->req.on_gone != NULL)
        exchange->req.on_gone(exchange->req.on_gone_arg);
    h2o->http1_is_persistent = 0;
    if (streaming) {
        if (!exchange->sending)
            h2o_send(h2o, NULL, 0, H2O_SEND_STATE_ERROR);
        return; /* else on_proceed does, or h2o's own write fails and stops the generator */
    }
    h2o->res.status = closed_by_client;
    h2o->res.reason = reason_of(closed_by_client);
    h2o->res.content_length = 0;
    h2o_start_response(h2o, &exchange->generator);
    h2o_send(h2o, NULL, 0, H2O_SEND_STATE_FINAL);
}
