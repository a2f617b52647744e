/* See kv.h: commands on their way, and their answers, in the order of the commands. */
#include "kv/kv.h"

#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "kv/kv_inside.h"

enum { READ_BYTES = 16 << 10, OUT_FIRST = 4 << 10, OUT_KEPT = 64 << 10 };

bool kv_is_up(const struct kv *kv)
{
    return kv != NULL && kv->state == KV_UP;
}

/* Late, and no call has waited for longer than it may any more. */
static bool has_caught_up(const struct kv *kv)
{
    if (kv->state != KV_LATE || kv->ncalls == 0)
        return kv->state == KV_LATE;
    const struct kv_call *oldest = LIST_ENTRY(kv->calls.next, struct kv_call, node);
    return oldest->sent_us == 0 || clock_us() - oldest->sent_us < KV_DEADLINE_MS * INT64_C(1000);
}

/* Deadlines begin when the words leave: a long turn of ours is not Redis' fault. */
static void stamp(struct kv *kv)
{
    int64_t now_us = clock_us();

    for (struct list *at = kv->calls.prev; at != &kv->calls; at = at->prev) {
        struct kv_call *call = LIST_ENTRY(at, struct kv_call, node);
        if (call->sent_us != 0)
            return;
        call->sent_us = now_us;
    }
}

/* One large answer for the cache does not take memory for ever. */
static void drop_room(struct kv *kv)
{
    if (kv->out_len > 0 || kv->out_room <= OUT_KEPT)
        return;
    free(kv->out);
    kv->out = NULL;
    kv->out_room = 0;
}

static void flush(struct kv *kv)
{
    if (kv->fd < 0 || kv->out_len == 0)
        return;
    stamp(kv);
    ssize_t sent = write(kv->fd, kv->out, kv->out_len);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        kv_lost(kv, strerrordesc_np(errno));
        return;
    }
    if (sent > 0) {
        kv->out_len -= (size_t)sent;
        memmove(kv->out, kv->out + sent, kv->out_len);
    }
    drop_room(kv);
    watch_for(kv->watch, kv->out_len > 0 ? WATCH_READ | WATCH_WRITE : WATCH_READ);
}

static void flush_soon(void *arg)
{
    struct kv *kv = arg;

    kv->flushing = false;
    flush(kv);
    kv_let_go(kv);
}

/* What one turn asks leaves in one write. */
static void put_out(struct kv *kv, const char *bytes, size_t len)
{
    if (kv->out_room < kv->out_len + len) {
        kv->out_room = (kv->out_len + len) * 2 < OUT_FIRST ? OUT_FIRST : (kv->out_len + len) * 2;
        kv->out = realloc(kv->out, kv->out_room);
        if (kv->out == NULL)
            abort();
    }
    memcpy(kv->out + kv->out_len, bytes, len);
    kv->out_len += len;
    if (kv->flushing)
        return;
    kv->flushing = true;
    kv_hold(kv);
    loop_soon(kv->options.loop, flush_soon, kv);
}

static struct kv_call *call_new(struct kv *kv, kv_fn *fn, void *arg)
{
    struct kv_call *call = malloc(sizeof(struct kv_call));

    if (call == NULL)
        abort();
    *call = (struct kv_call){.fn = fn, .arg = arg};
    list_append(&kv->calls, &call->node);
    if (++kv->ncalls == 1)
        timer_again(kv->due, kv->state == KV_GREETING ? KV_GREET_MS : KV_DEADLINE_MS, 0);
    return call;
}

struct kv_call *kv_send(struct kv *kv, const str *words, int count, kv_fn *fn, void *arg)
{
    const char *texts[KV_WORDS_MAX];
    size_t lens[KV_WORDS_MAX];
    char *bytes = NULL;

    assert(count <= KV_WORDS_MAX);
    for (int i = 0; i < count; i++) {
        texts[i] = words[i].at;
        lens[i] = words[i].len;
    }
    int len = redisFormatCommandArgv(&bytes, count, texts, lens);
    if (len < 0)
        abort();
    put_out(kv, bytes, (size_t)len);
    redisFreeCommand(bytes);
    return fn == NULL && kv->options.heard != NULL ? NULL : call_new(kv, fn, arg);
}

static bool has_room(const struct kv *kv)
{
    return kv->ncalls < KV_CALLS_MAX && kv->out_len <= KV_OUT_MAX;
}

struct kv_call *kv_ask(struct kv *kv, const str *words, int count, kv_fn *fn, void *arg)
{
    return kv_is_up(kv) && has_room(kv) ? kv_send(kv, words, count, fn, arg) : NULL;
}

bool kv_collect(struct kv *kv, const str *words, int count, kv_fn *fn, void *arg)
{
    struct kv_call *call = kv_ask(kv, words, count, fn, arg);

    if (call != NULL)
        call->patient = true;
    return call != NULL;
}

bool kv_tell(struct kv *kv, const str *words, int count)
{
    return kv_ask(kv, words, count, NULL, NULL) != NULL;
}

bool kv_publish(struct kv *kv, str message)
{
    const str words[] = {STR("PUBLISH"), kv->channel, message};

    if ((!kv_is_up(kv) && kv->state != KV_LATE) || !has_room(kv))
        return false;
    kv_send(kv, words, 3, NULL, NULL);
    return true;
}

void kv_forget(struct kv_call **call)
{
    if (*call != NULL)
        (*call)->fn = NULL;
    *call = NULL;
}

/* ---- answers ---- */

static void answer_call(struct kv_call *call, const struct kv_answer *answer)
{
    kv_fn *fn = call->fn;

    call->fn = NULL;
    if (fn != NULL)
        fn(call->arg, answer);
}

/* False: nobody has asked for this. */
static bool take_answer(struct kv *kv, const struct kv_answer *answer)
{
    if (list_empty(&kv->calls))
        return false;
    struct kv_call *call = LIST_ENTRY(kv->calls.next, struct kv_call, node);
    list_remove(&call->node);
    kv->ncalls--;
    answer_call(call, answer);
    free(call);
    return true;
}

/* ["subscribe", channel, 1], ["message", channel, text], ["pong", ""] */
static bool take_news(struct kv *kv, const struct kv_answer *answer)
{
    if (answer->kind != KV_LIST || answer->count < 2)
        return false;
    if (kv->state == KV_GREETING)
        kv_came_up(kv);
    if (answer->count == 3 && str_eq(answer->list[0].text, STR("message")) &&
        answer->list[2].kind == KV_TEXT)
        kv->options.heard(kv->options.arg, answer->list[2].text);
    return true;
}

static bool take(struct kv *kv, str bytes)
{
    const struct kv_answer *answer;

    if (!replies_feed(kv->replies, bytes))
        return false;
    while (kv->fd >= 0) {
        if (!replies_next(kv->replies, &answer))
            return false;
        if (answer == NULL)
            return true;
        if (!(kv->listening ? take_news(kv, answer) : take_answer(kv, answer)))
            return false;
    }
    return true; /* a callback has lost or closed it */
}

/* Takes what is there; a connection that has ended is lost. */
static void read_now(struct kv *kv)
{
    char bytes[READ_BYTES];
    ssize_t len = sizeof(bytes);

    while (kv->fd >= 0 && len == (ssize_t)sizeof(bytes)) {
        len = read(kv->fd, bytes, sizeof(bytes));
        if (len < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (len <= 0)
            kv_lost(kv, len == 0 ? "closed by Redis" : strerrordesc_np(errno));
        else if (!take(kv, (str){bytes, (size_t)len}) && kv->fd >= 0)
            kv_lost(kv, "garbage");
        kv->heard_us = clock_us();
    }
}

void kv_look(struct kv *kv)
{
    kv_hold(kv);
    read_now(kv);
    if (has_caught_up(kv)) {
        kv_set_state(kv, KV_UP, "caught up");
        timer_again(kv->due, KV_DEADLINE_MS, 0);
    }
    kv_let_go(kv);
}

void kv_on_event(void *arg, int events)
{
    struct kv *kv = arg;

    kv_hold(kv);
    if (events < 0)
        kv_lost(kv, "broken");
    else if ((events & WATCH_WRITE) != 0)
        flush(kv);
    kv_look(kv);
    kv_let_go(kv);
}

void kv_tell_nothing(struct kv *kv, enum kv_whom whom)
{
    static const struct kv_answer nothing = {.kind = KV_NOTHING};

    LIST_EACH (node, &kv->calls) {
        struct kv_call *call = LIST_ENTRY(node, struct kv_call, node);
        if (whom == KV_ALL || !call->patient)
            answer_call(call, &nothing);
    }
}

void kv_drop_calls(struct kv *kv)
{
    kv_tell_nothing(kv, KV_ALL);
    LIST_EACH (node, &kv->calls) {
        list_remove(node);
        free(LIST_ENTRY(node, struct kv_call, node));
    }
    kv->ncalls = 0;
    kv->out_len = 0;
}
