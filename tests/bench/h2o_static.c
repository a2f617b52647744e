/* The ceiling of a cached answer: libh2o on libuv, as many threads as the servers that it is
 * compared with, sending one file's bytes from memory to whatever is asked.
 * usage: h2o_static PORT THREADS FILE CONTENT-TYPE */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <h2o.h>
#include <h2o/http1.h>

enum { BODY_MAX = 1 << 20, BACKLOG = 1024, ACCEPTS_A_WAKE = 16, THREADS_MAX = 64 };

struct answer {
    h2o_handler_t super; /* first: h2o hands this back as its own */
    h2o_iovec_t body, type;
    h2o_generator_t whole; /* zero: nothing follows the first piece */
};

struct thread {
    pthread_t id;
    int listener;
    uv_loop_t loop;
    uv_poll_t watch;
    h2o_globalconf_t config;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
};

static int on_request(h2o_handler_t *handler, h2o_req_t *req)
{
    struct answer *answer = (struct answer *)handler;

    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = answer->body.len;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, answer->type.base,
                   answer->type.len);
    h2o_start_response(req, &answer->whole);
    h2o_send(req, &answer->body, 1, H2O_SEND_STATE_FINAL);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void adopt(struct thread *thread, int fd)
{
    uv_tcp_t *tcp = h2o_mem_alloc(sizeof(*tcp));

    uv_tcp_init(&thread->loop, tcp);
    uv_tcp_open(tcp, fd);
    uv_tcp_nodelay(tcp, 1);
    h2o_accept(&thread->accept, h2o_uv_socket_create((uv_stream_t *)tcp, on_closed));
}

static void on_connections(uv_poll_t *watch, int status, int events)
{
    struct thread *thread = watch->data;

    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_WAKE; i++) {
        int fd = accept4(thread->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        adopt(thread, fd);
    }
}

static void *run(void *arg)
{
    struct thread *thread = arg;

    uv_run(&thread->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* SO_REUSEPORT: every thread has its own listener, the kernel spreads the connections. */
static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, BACKLOG) != 0) {
        perror("h2o_static: listen");
        exit(1);
    }
    return fd;
}

static void thread_init(struct thread *thread, int port, h2o_iovec_t body, h2o_iovec_t type)
{
    h2o_hostconf_t *host;
    struct answer *answer;

    uv_loop_init(&thread->loop);
    h2o_config_init(&thread->config);
    thread->config.http1.upgrade_to_http2 = 0;
    host = h2o_config_register_host(&thread->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    answer = (struct answer *)h2o_create_handler(h2o_config_register_path(host, "/", 0),
                                                 sizeof(*answer));
    answer->super.on_req = on_request;
    answer->body = body;
    answer->type = type;
    h2o_context_init(&thread->context, &thread->loop, &thread->config);
    thread->accept = (h2o_accept_ctx_t){.ctx = &thread->context, .hosts = thread->config.hosts};
    thread->listener = listen_on(port);
    uv_poll_init(&thread->loop, &thread->watch, thread->listener);
    thread->watch.data = thread;
    uv_poll_start(&thread->watch, UV_READABLE, on_connections);
}

static h2o_iovec_t file_read(const char *path)
{
    char *bytes = h2o_mem_alloc(BODY_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, BODY_MAX);

    if (n < 0) {
        perror(path);
        exit(1);
    }
    close(fd);
    return h2o_iovec_init(bytes, (size_t)n);
}

int main(int argc, char **argv)
{
    int count = argc == 5 ? atoi(argv[2]) : 0;
    struct thread *threads;
    h2o_iovec_t body;

    if (count < 1 || count > THREADS_MAX) {
        fputs("usage: h2o_static PORT THREADS FILE CONTENT-TYPE\n", stderr);
        return 2;
    }
    body = file_read(argv[3]);
    threads = calloc((size_t)count, sizeof(*threads));
    if (threads == NULL)
        return 1;
    for (int i = 0; i < count; i++)
        thread_init(&threads[i], atoi(argv[1]), body, h2o_iovec_init(argv[4], strlen(argv[4])));
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i].id, NULL, run, &threads[i]);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i].id, NULL);
    return 0;
}
