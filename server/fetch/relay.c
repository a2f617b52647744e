/* libcurl's multi handle on our loop: it says which descriptors and which moment it waits for, and
 * is called when they come; see relay.h. */
#include "fetch/relay.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "fetch/library.h"

enum {
    CALLS_MAX = 64, /* under way, a worker */
    CONNECTIONS_MAX = 32,
    IDLE_MAX = 8,
    CONNECT_MS = 5000,
    HEADER_MAX = 8 << 10
};

struct relay {
    struct loop *loop;
    struct curl curl;
    CURLM *multi;
    struct timer *timer;
    struct list calls;
    int ncalls;
};

struct call {
    struct list node;
    struct relay *relay;
    CURL *easy;
    struct curl_slist *headers;
    arena *mem;
    struct relay_answer answer;
    struct buf body;
    relay_fn *fn;
    void *arg;
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket);
static int on_timer(CURLM *multi, long after_ms, void *arg);
static void collect(struct relay *relay);

struct relay *relay_new(struct loop *loop)
{
    struct relay *relay = h2o_mem_alloc(sizeof(struct relay));

    memset(relay, 0, sizeof(struct relay));
    relay->loop = loop;
    list_init(&relay->calls);
    return relay;
}

static bool open_multi(struct relay *relay)
{
    str why;

    if (relay->multi != NULL)
        return true;
    if (!curl_load(&relay->curl, &why)) {
        log_line(LOG_ERROR, "nothing can be forwarded", "reason=\"%.*s\"", STR_ARG(why));
        return false;
    }
    relay->multi = relay->curl.multi_init();
    if (relay->multi == NULL)
        return false;
    relay->curl.multi_setopt(relay->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    relay->curl.multi_setopt(relay->multi, CURLMOPT_SOCKETDATA, relay);
    relay->curl.multi_setopt(relay->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    relay->curl.multi_setopt(relay->multi, CURLMOPT_TIMERDATA, relay);
    relay->curl.multi_setopt(relay->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_MAX);
    relay->curl.multi_setopt(relay->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_MAX);
    return true;
}

/* ---- one call ---- */

static void break_off(void *arg)
{
    struct call *call = arg;
    const struct curl *curl = &call->relay->curl;

    if (call->easy == NULL)
        return;
    curl->multi_remove_handle(call->relay->multi, call->easy);
    curl->easy_cleanup(call->easy);
    curl->slist_free_all(call->headers);
    call->easy = NULL;
    list_remove(&call->node);
    call->relay->ncalls--;
}

void relay_free(struct relay **relay)
{
    struct relay *last = *relay;

    *relay = NULL;
    if (last == NULL)
        return;
    LIST_EACH (node, &last->calls)
        break_off(LIST_ENTRY(node, struct call, node));
    if (last->multi != NULL)
        last->curl.multi_cleanup(last->multi);
    timer_close(&last->timer);
    free(last);
}

/* Less than offered ends the transfer. */
static size_t take_body(char *bytes, size_t one, size_t count, void *arg)
{
    struct call *call = arg;

    (void)one;
    buf_put(&call->body, (str){bytes, count});
    return call->body.full ? 0 : count;
}

/* One line of the head; an answer before the last one (100, 103) is forgotten. */
static size_t take_header(char *bytes, size_t one, size_t count, void *arg)
{
    struct call *call = arg;
    struct headers *headers = &call->answer.headers;
    str line = {bytes, count}, name;

    (void)one;
    while (line.len > 0 && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    if (str_starts(line, STR("HTTP/")))
        headers->count = 0;
    else if (str_cut(&line, ':', &name) && line.at != NULL && headers->count < ASKED_MAX &&
             headers_value_is_fine(line))
        headers->list[headers->count++] =
            (struct header){arena_copy(call->mem, name), arena_copy(call->mem, str_trim(line))};
    return count;
}

/* A header without a value ends in ';', and "Name:" leaves out what libcurl would add. */
static void put_headers(struct call *call, const struct headers *headers)
{
    const struct curl *curl = &call->relay->curl;
    static const char *const unwanted[] = {"Expect:", "Content-Type:", "Accept:"};

    for (int i = 0; i < headers->count; i++) {
        const struct header *header = &headers->list[i];
        str line = header->value.len == 0
                       ? arena_printf(call->mem, "%.*s;", STR_ARG(header->name))
                       : arena_printf(call->mem, "%.*s: %.*s", STR_ARG(header->name),
                                      STR_ARG(header->value));
        call->headers = curl->slist_append(call->headers, line.at);
    }
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
        if (!headers_have(headers, (str){unwanted[i], strlen(unwanted[i]) - 1}))
            call->headers = curl->slist_append(call->headers, unwanted[i]);
}

static void set_options(struct call *call, const struct relay_ask *ask)
{
    const struct curl *curl = &call->relay->curl;
    CURL *easy = call->easy;

    put_headers(call, &ask->headers);
    curl->easy_setopt(easy, CURLOPT_URL, arena_cstr(call->mem, ask->url));
    curl->easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ask->within_ms);
    curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl->easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl->easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl->easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl->easy_setopt(easy, CURLOPT_PRIVATE, call);
    if (ask->body.len > 0) {
        curl->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.len);
        curl->easy_setopt(easy, CURLOPT_POSTFIELDS, ask->body.at);
    } else if (!str_eq(ask->method, STR("GET")) && !str_eq(ask->method, STR("HEAD"))) {
        curl->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl->easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
    curl->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, arena_cstr(call->mem, ask->method));
    if (str_eq(ask->method, STR("HEAD")))
        curl->easy_setopt(easy, CURLOPT_NOBODY, 1L);
}

enum relay_trouble relay_start(struct relay *relay, arena *mem, const struct relay_ask *ask,
                               relay_fn *fn, void *arg)
{
    if (relay->ncalls == CALLS_MAX)
        return RELAY_BUSY;
    CURL *easy = open_multi(relay) ? relay->curl.easy_init() : NULL;
    if (easy == NULL)
        return RELAY_UNREACHABLE;
    struct call *call = arena_new(mem, struct call);
    *call = (struct call){.relay = relay, .easy = easy, .mem = mem, .fn = fn, .arg = arg};
    call->answer.headers.list = arena_array(mem, struct header, ASKED_MAX);
    buf_init(&call->body, mem, ask->answer_max);
    list_append(&relay->calls, &call->node);
    relay->ncalls++;
    arena_on_death(mem, break_off, call);
    set_options(call, ask);
    relay->curl.multi_add_handle(relay->multi, easy);
    return RELAY_FINE;
}

static enum relay_trouble trouble_of(const struct call *call, CURLcode code)
{
    if (code == CURLE_OK)
        return RELAY_FINE;
    if (call->body.full)
        return RELAY_TOO_LARGE;
    return code == CURLE_OPERATION_TIMEDOUT ? RELAY_LATE : RELAY_UNREACHABLE;
}

static void end(struct call *call, CURLcode code)
{
    enum relay_trouble trouble = trouble_of(call, code);
    long status = 0;

    if (trouble != RELAY_FINE)
        log_line(LOG_WARN, "forwarding failed", "reason=\"%s\"",
                 call->relay->curl.easy_strerror(code));
    call->relay->curl.easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call->answer.status = (int)status;
    call->answer.body = buf_str(&call->body);
    break_off(call);
    call->fn(call->arg, trouble, &call->answer);
}

/* ---- the loop ---- */

/* A descriptor that libcurl has opened, watched for it. */
struct socket {
    struct relay *relay;
    struct watch *watch;
    int fd;
};

static void on_ready(void *arg, int events)
{
    struct socket *socket = arg;
    struct relay *relay = socket->relay;
    int running, what = events < 0 ? CURL_CSELECT_ERR : 0;

    if (events > 0)
        what = ((events & WATCH_READ) != 0 ? CURL_CSELECT_IN : 0) |
               ((events & WATCH_WRITE) != 0 ? CURL_CSELECT_OUT : 0);
    /* It may close the descriptor and take the watch with it: socket is not looked at any more. */
    relay->curl.multi_socket_action(relay->multi, socket->fd, what, &running);
    collect(relay);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
    static const int wanted[] = {[CURL_POLL_NONE] = 0,
                                 [CURL_POLL_IN] = WATCH_READ,
                                 [CURL_POLL_OUT] = WATCH_WRITE,
                                 [CURL_POLL_INOUT] = WATCH_READ | WATCH_WRITE};
    struct relay *relay = arg;
    struct socket *socket = of_socket;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket != NULL)
            watch_close(&socket->watch);
        free(socket);
        return 0;
    }
    if (socket == NULL) {
        socket = h2o_mem_alloc(sizeof(struct socket));
        *socket = (struct socket){.relay = relay, .fd = fd};
        socket->watch = watch_open(relay->loop, fd, on_ready, socket);
        relay->curl.multi_assign(relay->multi, fd, socket);
    }
    watch_for(socket->watch, wanted[what]);
    return 0;
}

static void on_time(void *arg)
{
    struct relay *relay = arg;
    int running;

    timer_close(&relay->timer);
    relay->curl.multi_socket_action(relay->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(relay);
}

/* libcurl may not be called from here, so that even "now" is a timer. */
static int on_timer(CURLM *multi, long after_ms, void *arg)
{
    struct relay *relay = arg;

    (void)multi;
    timer_close(&relay->timer);
    if (after_ms >= 0)
        relay->timer = timer_start(relay->loop, after_ms, 0, on_time, relay);
    return 0;
}

static void collect(struct relay *relay)
{
    CURLMsg *message;
    int left;

    while ((message = relay->curl.multi_info_read(relay->multi, &left)) != NULL) {
        struct call *call = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        relay->curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        end(call, code);
    }
}
