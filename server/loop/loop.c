/* See loop.h. Everything libuv hands out is owned here and dies in its close callback. */
#include "loop/loop.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

enum { LAST_TURNS = 8 };

struct call {
    struct call *next;
    void (*fn)(void *arg);
    void *arg;
};

struct calls {
    struct call *first, **last;
};

struct sig {
    struct sig *next;
    uv_signal_t uv;
    void (*fn)(void *arg, int signal);
    void *arg;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_check_t check;     /* after this turn's events */
    uv_idle_t idle;       /* keeps the loop from sleeping while calls wait for the turn's end */
    pthread_mutex_t lock; /* guards posted */
    struct calls posted;
    struct calls soon;
    struct sig *sigs;
};

static void *must_alloc(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static void calls_put(struct calls *calls, void (*fn)(void *arg), void *arg)
{
    struct call *call = must_alloc(sizeof(*call));
    *call = (struct call){NULL, fn, arg};
    *calls->last = call;
    calls->last = &call->next;
}

static struct call *calls_take(struct calls *calls)
{
    struct call *first = calls->first;
    *calls = (struct calls){NULL, &calls->first};
    return first;
}

static void calls_run(struct call *call)
{
    while (call != NULL) {
        struct call *next = call->next;
        call->fn(call->arg);
        free(call);
        call = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    struct loop *loop = wake->data;

    pthread_mutex_lock(&loop->lock);
    struct call *first = calls_take(&loop->posted);
    pthread_mutex_unlock(&loop->lock);
    calls_run(first);
}

static void on_check(uv_check_t *check)
{
    struct loop *loop = check->data;

    if (loop->soon.first == NULL)
        return;
    uv_idle_stop(&loop->idle);
    calls_run(calls_take(&loop->soon));
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active is the point */
}

struct loop *loop_new(void)
{
    struct loop *loop = must_alloc(sizeof(*loop));

    if (uv_loop_init(&loop->uv) != 0 || uv_async_init(&loop->uv, &loop->wake, on_wake) != 0 ||
        uv_check_init(&loop->uv, &loop->check) != 0 || uv_idle_init(&loop->uv, &loop->idle) != 0)
        abort();
    pthread_mutex_init(&loop->lock, NULL);
    loop->posted.last = &loop->posted.first;
    loop->soon.last = &loop->soon.first;
    loop->wake.data = loop->check.data = loop->idle.data = loop;
    uv_check_start(&loop->check, on_check);
    return loop;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static void free_data(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* A call may leave another one behind, as who is told an answer forgets the question afterwards. */
static void run_what_is_left(struct loop *loop)
{
    for (int i = 0; i < LAST_TURNS; i++) {
        on_wake(&loop->wake);
        calls_run(calls_take(&loop->soon));
    }
}

void loop_free(struct loop **loop)
{
    struct loop *last = *loop;

    *loop = NULL;
    /* First what is already closing and what is still posted, then our own handles. */
    uv_run(&last->uv, UV_RUN_NOWAIT);
    for (struct sig *sig = last->sigs; sig != NULL; sig = sig->next)
        uv_close((uv_handle_t *)&sig->uv, free_data);
    uv_walk(&last->uv, close_handle, NULL);
    while (uv_run(&last->uv, UV_RUN_ONCE) != 0)
        continue;
    run_what_is_left(last);
    if (uv_loop_close(&last->uv) != 0)
        return; /* somebody's handle is left: better leaked than freed under it */
    pthread_mutex_destroy(&last->lock);
    free(last);
}

void *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    pthread_mutex_lock(&loop->lock);
    calls_put(&loop->posted, fn, arg);
    pthread_mutex_unlock(&loop->lock);
    uv_async_send(&loop->wake);
}

void loop_soon(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    if (loop->soon.first == NULL)
        uv_idle_start(&loop->idle, on_idle);
    calls_put(&loop->soon, fn, arg);
}

struct timer {
    uv_timer_t uv;
    void (*fn)(void *arg);
    void *arg;
};

static void on_timer(uv_timer_t *uv)
{
    struct timer *timer = uv->data;
    timer->fn(timer->arg);
}

struct timer *timer_start(struct loop *loop, int64_t after_ms, int64_t every_ms,
                          void (*fn)(void *arg), void *arg)
{
    struct timer *timer = must_alloc(sizeof(*timer));

    timer->fn = fn;
    timer->arg = arg;
    timer->uv.data = timer;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer_again(timer, after_ms, every_ms);
    return timer;
}

void timer_again(struct timer *timer, int64_t after_ms, int64_t every_ms)
{
    uv_timer_start(&timer->uv, on_timer, (uint64_t)after_ms, (uint64_t)every_ms);
}

void timer_close(struct timer **timer)
{
    if (*timer != NULL)
        uv_close((uv_handle_t *)&(*timer)->uv, free_data);
    *timer = NULL;
}

struct watch {
    uv_poll_t uv;
    watch_fn *fn;
    void *arg;
    int events;
};

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct watch *watch = uv->data;
    int seen =
        ((events & UV_READABLE) ? WATCH_READ : 0) | ((events & UV_WRITABLE) ? WATCH_WRITE : 0);

    watch->fn(watch->arg, status < 0 ? -1 : seen);
}

struct watch *watch_open(struct loop *loop, int fd, watch_fn *fn, void *arg)
{
    struct watch *watch = must_alloc(sizeof(*watch));

    watch->fn = fn;
    watch->arg = arg;
    if (uv_poll_init(&loop->uv, &watch->uv, fd) != 0)
        abort(); /* the descriptor is watched already: a bug */
    watch->uv.data = watch;
    return watch;
}

void watch_for(struct watch *watch, int events)
{
    if (watch->events == events)
        return;
    watch->events = events;
    if (events == 0)
        uv_poll_stop(&watch->uv);
    else
        uv_poll_start(&watch->uv,
                      ((events & WATCH_READ) ? UV_READABLE : 0) |
                          ((events & WATCH_WRITE) ? UV_WRITABLE : 0),
                      on_poll);
}

void watch_close(struct watch **watch)
{
    if (*watch != NULL) {
        uv_poll_stop(&(*watch)->uv);
        uv_close((uv_handle_t *)&(*watch)->uv, free_data);
    }
    *watch = NULL;
}

struct job {
    uv_work_t uv;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void on_work(uv_work_t *uv)
{
    struct job *job = uv->data;
    job->work(job->arg);
}

static void on_work_done(uv_work_t *uv, int status)
{
    struct job *job = uv->data;
    (void)status; /* nobody cancels */
    job->done(job->arg);
    free(job);
}

void loop_work(struct loop *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    struct job *job = must_alloc(sizeof(*job));

    *job = (struct job){.work = work, .done = done, .arg = arg};
    job->uv.data = job;
    uv_queue_work(&loop->uv, &job->uv, on_work, on_work_done);
}

static void on_signal(uv_signal_t *uv, int signal)
{
    struct sig *sig = uv->data;
    sig->fn(sig->arg, signal);
}

void loop_signal(struct loop *loop, int signal, void (*fn)(void *arg, int signal), void *arg)
{
    struct sig *sig = must_alloc(sizeof(*sig));

    sig->fn = fn;
    sig->arg = arg;
    uv_signal_init(&loop->uv, &sig->uv);
    sig->uv.data = sig;
    uv_signal_start(&sig->uv, on_signal, signal);
    sig->next = loop->sigs;
    loop->sigs = sig;
}
