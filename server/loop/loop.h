/* One libuv loop: run, stop, timers, watch a descriptor, post a call from another thread, and
 * run a blocking call in a thread of libuv's pool. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct timer;
struct watch;

struct loop *loop_new(void);
void loop_run(struct loop *loop);  /* until loop_stop */
void loop_stop(struct loop *loop); /* from the loop's own thread */
void loop_free(struct loop **loop);
void *loop_uv(struct loop *loop); /* the uv_loop_t, for http/ and ws/ alone */

/* Calls fn(arg) on the loop's thread. Safe from any thread; calls keep their order. */
void loop_post(struct loop *loop, void (*fn)(void *arg), void *arg);

/* Calls fn(arg) at the end of this turn of the loop: after all events that are ready now. */
void loop_soon(struct loop *loop, void (*fn)(void *arg), void *arg);

/* Timers. A repeating one has every_ms > 0. timer_close NULLs the pointer; safe on NULL. */
struct timer *timer_start(struct loop *loop, int64_t after_ms, int64_t every_ms,
                          void (*fn)(void *arg), void *arg);
void timer_again(struct timer *timer, int64_t after_ms, int64_t every_ms);
void timer_close(struct timer **timer);

/* Watches a descriptor that somebody else owns. */
enum { WATCH_READ = 1, WATCH_WRITE = 2 };
typedef void watch_fn(void *arg, int events); /* events < 0: the descriptor is broken */
struct watch *watch_open(struct loop *loop, int fd, watch_fn *fn, void *arg);
void watch_for(struct watch *watch, int events); /* 0: neither, until asked again */
void watch_close(struct watch **watch);

/* Runs work(arg) in another thread, then done(arg) on the loop. */
void loop_work(struct loop *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg);

/* Calls fn(arg, signal) on the loop's thread for each delivery. */
void loop_signal(struct loop *loop, int signal, void (*fn)(void *arg, int signal), void *arg);

#endif
