/* The life of a connection to Redis: dialing, the greeting, deadlines, trouble, the end. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "kv/dial.h"
#include "kv/kv_inside.h"

enum { REASON_BYTES = 128 };

static void connect_now(void *arg);
static void on_dialed(void *arg, int fd, const char *why);
static void greet(struct kv *kv);
static kv_fn on_greeted;
static void on_due(void *arg);

void kv_set_state(struct kv *kv, enum kv_state state, const char *reason)
{
    static const char *const names[] = {[KV_AWAY] = "away",
                                        [KV_DIALING] = "dialing",
                                        [KV_GREETING] = "greeting",
                                        [KV_UP] = "up",
                                        [KV_LATE] = "late"};

    log_line(LOG_DEBUG, "redis", "state=%s former=%s reason=\"%s\"", names[state], names[kv->state],
             reason);
    kv->state = state;
}

struct kv *kv_open(const struct kv_options *options)
{
    struct kv *kv = calloc(1, sizeof(struct kv));
    str why;

    if (kv == NULL)
        abort();
    kv->options = *options;
    kv->mem = arena_open();
    kv->fd = -1;
    kv->pause_ms = KV_PAUSE_FIRST_MS;
    list_init(&kv->calls);
    if (!kv_url_parse(kv->mem, arena_copy(kv->mem, options->url), &kv->url, &why))
        die(2, "%.*s", STR_ARG(why));
    kv->channel = arena_printf(kv->mem, "postern:%.*s", STR_ARG(kv->url.db));
    kv->due = timer_start(options->loop, 0, 0, connect_now, kv);
    return kv;
}

static void release(struct kv *kv)
{
    if (!kv->closing || kv->held > 0)
        return;
    arena_close(&kv->mem);
    free(kv->out);
    free(kv);
}

void kv_hold(struct kv *kv)
{
    kv->held++;
}

void kv_let_go(struct kv *kv)
{
    kv->held--;
    release(kv);
}

/* ---- connecting ---- */

static void connect_now(void *arg)
{
    struct kv *kv = arg;

    timer_close(&kv->due);
    kv_set_state(kv, KV_DIALING, "time");
    kv_hold(kv);
    dial(kv->options.loop, &kv->url, on_dialed, kv);
}

static void on_dialed(void *arg, int fd, const char *why)
{
    struct kv *kv = arg;

    if (kv->closing) {
        if (fd >= 0)
            close(fd);
    } else if (fd < 0) {
        kv_lost(kv, why);
    } else {
        kv->fd = fd;
        kv->replies = replies_new();
        kv->watch = watch_open(kv->options.loop, fd, kv_on_event, kv);
        kv->due = timer_start(kv->options.loop, KV_GREET_MS, 0, on_due, kv);
        watch_for(kv->watch, WATCH_READ);
        greet(kv);
    }
    kv_let_go(kv);
}

/* Only PING's answer says that all is well; the others say only why not. */
static void greet(struct kv *kv)
{
    const str ping[] = {STR("PING")};
    const str select[] = {STR("SELECT"), kv->url.db};
    str auth[3] = {STR("AUTH"), kv->url.user, kv->url.password};
    int nauth = 3;

    if (kv->url.user.at == NULL) {
        auth[1] = auth[2];
        nauth = 2;
    }
    kv_set_state(kv, KV_GREETING, "connected");
    if (kv->url.password.at != NULL)
        kv_send(kv, auth, nauth, on_greeted, kv);
    if (!str_eq(kv->url.db, STR("0")))
        kv_send(kv, select, 2, on_greeted, kv);
    kv_send(kv, ping, 1, on_greeted, kv);
}

static void on_ping(void *arg);

/* From here on only the channel speaks: its first words are that it listens. */
static void start_listening(struct kv *kv)
{
    const str words[] = {STR("SUBSCRIBE"), kv->channel};

    kv_send(kv, words, 2, NULL, NULL);
    kv->listening = true;
    kv->heard_us = clock_us();
    kv->ping = timer_start(kv->options.loop, KV_PING_MS, KV_PING_MS, on_ping, kv);
}

void kv_came_up(struct kv *kv)
{
    kv->pause_ms = KV_PAUSE_FIRST_MS;
    kv_set_state(kv, KV_UP, "greeted");
    log_line(LOG_INFO, "redis up", "for=%s", kv->options.heard == NULL ? "commands" : "news");
    if (kv->options.up != NULL)
        kv->options.up(kv->options.arg);
}

static void refused(struct kv *kv, str why)
{
    char reason[REASON_BYTES];

    snprintf(reason, sizeof(reason), "%.*s", STR_ARG(why));
    kv_lost(kv, why.len == 0 ? "no greeting" : reason);
}

static void on_greeted(void *arg, const struct kv_answer *answer)
{
    struct kv *kv = arg;

    if (kv->state != KV_GREETING)
        return;
    if (answer->kind != KV_TEXT)
        refused(kv, answer->text);
    else if (str_eq(answer->text, STR("PONG")) && kv->options.heard != NULL)
        start_listening(kv);
    else if (str_eq(answer->text, STR("PONG")))
        kv_came_up(kv);
}

/* A stalled Redis does not close its sockets: no word since the last ping is the end. */
static void on_ping(void *arg)
{
    struct kv *kv = arg;
    const str words[] = {STR("PING")};

    if (clock_us() - kv->heard_us > KV_PING_MS * INT64_C(2000))
        kv_lost(kv, "silent");
    else
        kv_send(kv, words, 1, NULL, NULL);
}

/* ---- trouble ---- */

/* Our own turn may have been the long one: what has arrived meanwhile is taken first. */
static void on_due(void *arg)
{
    static const int64_t limits_ms[] = {
        [KV_GREETING] = KV_GREET_MS, [KV_UP] = KV_DEADLINE_MS, [KV_LATE] = KV_GIVE_UP_MS};
    struct kv *kv = arg;

    kv_hold(kv);
    kv_look(kv);
    if (kv->ncalls > 0 && kv->state >= KV_GREETING) {
        const struct kv_call *oldest = LIST_ENTRY(kv->calls.next, struct kv_call, node);
        int64_t since_us = oldest->sent_us == 0 ? 0 : clock_us() - oldest->sent_us;
        int64_t left_ms = limits_ms[kv->state] - since_us / 1000;
        if (left_ms > 0) {
            timer_again(kv->due, left_ms, 0);
        } else if (kv->state == KV_UP) {
            kv_set_state(kv, KV_LATE, "deadline");
            kv_tell_nothing(kv, KV_IMPATIENT);
            timer_again(kv->due, KV_GIVE_UP_MS - KV_DEADLINE_MS, 0);
        } else {
            kv_lost(kv, "stalled");
        }
    }
    kv_let_go(kv);
}

static void drop_connection(struct kv *kv)
{
    watch_close(&kv->watch);
    timer_close(&kv->due);
    timer_close(&kv->ping);
    if (kv->fd >= 0)
        close(kv->fd);
    kv->fd = -1;
    kv->listening = false;
    kv_drop_calls(kv);
}

static void free_replies(void *arg)
{
    struct replies *replies = arg;
    replies_free(&replies);
}

void kv_lost(struct kv *kv, const char *reason)
{
    bool was_up = kv->state >= KV_UP;

    if (kv->closing || kv->state == KV_AWAY)
        return;
    log_line(LOG_WARN, "redis away", "retry_ms=%lld reason=\"%s\"", (long long)kv->pause_ms,
             reason);
    kv_set_state(kv, KV_AWAY, reason);
    drop_connection(kv);
    if (kv->replies != NULL) /* its answer may be in somebody's hands */
        loop_soon(kv->options.loop, free_replies, kv->replies);
    kv->replies = NULL;
    kv->due = timer_start(kv->options.loop, kv->pause_ms + clock_jitter(KV_PAUSE_FIRST_MS), 0,
                          connect_now, kv);
    if (kv->pause_ms < KV_PAUSE_MAX_MS)
        kv->pause_ms *= 2;
    if (was_up && kv->options.down != NULL)
        kv->options.down(kv->options.arg);
}

void kv_close(struct kv **kv)
{
    struct kv *last = *kv;

    *kv = NULL;
    if (last == NULL)
        return;
    kv_set_state(last, KV_AWAY, "closed");
    last->closing = true;
    drop_connection(last);
    if (last->replies != NULL)
        loop_soon(last->options.loop, free_replies, last->replies);
    last->replies = NULL;
    release(last);
}
