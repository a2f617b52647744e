/* See gossip.h. A message is the sender's name, what it is, and for a spread its bytes:
 *
 *   "0123456789abcdef h"  hello: tell me who is present with you
 *   "0123456789abcdef a"  alive
 *   "0123456789abcdef b"  bye
 *   "0123456789abcdef s"  a spread
 *
 * By NOTIFY a message is base64 in pieces: the name, a number, '+' when more follow or '.', a
 * piece. The number is there because of equal notifications of a transaction PostgreSQL sends one.
 */
#include "gossip.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "auth/base64.h"
#include "base/clock.h"
#include "base/log.h"
#include "kv/kv.h"
#include "live/spread.h"
#include "notify.h"

enum { NAME_LEN = 16, HEAD_LEN = NAME_LEN + 2, PIECE_MAX = 7000, PIECES_MAX = 1 << 20 };

struct gateway {
    uint64_t id; /* 0: a free place */
    int64_t heard_us;
    bool met;   /* a whole message has come */
    arena *mem; /* of a message that has come in part; NULL: none */
    struct buf part;
};

struct gossip {
    struct loop *loop;
    const struct config *config;
    gossip_fn *fn;
    void *arg;
    uint64_t id;
    char name[NAME_LEN + 1];
    uint64_t said; /* pieces */
    struct gateway peers[GOSSIP_PEERS_MAX];
    atomic_int npeers; /* read by workers */
    struct timer *alive;
    struct kv *kv; /* NULL: by NOTIFY */
    struct notify *notify;
    bool closed;
};

struct gossip *gossip_new(struct loop *loop, const struct config *config)
{
    struct gossip *gossip = calloc(1, sizeof(struct gossip));

    if (gossip == NULL || getrandom(&gossip->id, sizeof(gossip->id), 0) != sizeof(gossip->id))
        abort();
    gossip->id |= 1; /* 0 is "here" */
    gossip->loop = loop;
    gossip->config = config;
    snprintf(gossip->name, sizeof(gossip->name), "%016llx", (unsigned long long)gossip->id);
    return gossip;
}

/* ---- out ---- */

/* A notification holds text, and not much of it. */
static void say_in_pieces(struct gossip *gossip, arena *mem, str bytes)
{
    str text = base64url_encode(mem, bytes);

    while (text.len > 0) {
        size_t len = text.len > PIECE_MAX ? PIECE_MAX : text.len;
        str piece = {text.at, len};
        text = str_skip(text, len);
        notify_say(gossip->notify, arena_printf(mem, "live %s%llu%c%.*s", gossip->name,
                                                (unsigned long long)++gossip->said,
                                                text.len > 0 ? '+' : '.', STR_ARG(piece)));
    }
}

static void say(struct gossip *gossip, char what, str bytes)
{
    arena *mem = arena_open();
    struct buf message;

    buf_init(&message, mem, KV_OUT_MAX);
    if (gossip->kv != NULL)
        buf_put(&message, STR("live "));
    buf_put(&message, (str){gossip->name, NAME_LEN});
    buf_putc(&message, ' ');
    buf_putc(&message, what);
    buf_put(&message, bytes);
    if (message.full)
        log_line(LOG_WARN, "gateways not told", "reason=\"too long\" bytes=%zu", bytes.len);
    else if (gossip->kv != NULL)
        kv_publish(gossip->kv, buf_str(&message));
    else if (bytes.len <= GOSSIP_NOTIFIED_MAX)
        say_in_pieces(gossip, mem, buf_str(&message));
    else
        log_line(LOG_WARN, "gateways not told",
                 "reason=\"too long for NOTIFY\" bytes=%zu hint=\"REDIS_URL\"", bytes.len);
    arena_close(&mem);
}

struct telling {
    struct gossip *gossip;
    arena *mem;
    struct buf bytes;
};

static void tell_now(void *arg)
{
    struct telling *telling = arg;
    arena *mem = telling->mem;

    if (!telling->gossip->closed)
        say(telling->gossip, 's', buf_str(&telling->bytes));
    arena_close(&mem);
}

void gossip_tell(struct gossip *gossip, const struct spread *spread)
{
    if (atomic_load(&gossip->npeers) == 0)
        return;
    arena *mem = arena_open();
    struct telling *telling = arena_new(mem, struct telling);

    telling->gossip = gossip;
    telling->mem = mem;
    buf_init(&telling->bytes, mem, KV_OUT_MAX);
    spread_write(&telling->bytes, spread);
    loop_post(gossip->loop, tell_now, telling);
}

void gossip_hello(struct gossip *gossip)
{
    if (!gossip->closed && gossip->fn != NULL)
        say(gossip, 'h', STR(""));
}

struct kv *gossip_kv(const struct gossip *gossip)
{
    return gossip->kv;
}

void gossip_bye(struct gossip *gossip)
{
    if (atomic_load(&gossip->npeers) > 0)
        say(gossip, 'b', STR(""));
}

/* ---- who else there is ---- */

static struct gateway *find(struct gossip *gossip, uint64_t id)
{
    for (int i = 0; i < GOSSIP_PEERS_MAX; i++)
        if (gossip->peers[i].id == id)
            return &gossip->peers[i];
    return NULL;
}

static void drop_part(struct gateway *gateway)
{
    if (gateway->mem != NULL)
        arena_close(&gateway->mem);
}

static void gone(struct gossip *gossip, struct gateway *gateway, const char *reason)
{
    const struct spread spread = {.kind = SPREAD_GONE, .origin = gateway->id};

    log_line(LOG_INFO, "gateway gone", "gateway=%016llx reason=\"%s\"",
             (unsigned long long)gateway->id, reason);
    drop_part(gateway);
    *gateway = (struct gateway){0};
    atomic_fetch_sub(&gossip->npeers, 1);
    gossip->fn(gossip->arg, &spread);
}

static void beat(void *arg)
{
    struct gossip *gossip = arg;
    int64_t before_us = clock_us() - GOSSIP_SILENT_MS * INT64_C(1000);

    if (atomic_load(&gossip->npeers) > 0)
        say(gossip, 'a', STR(""));
    else if (gossip->notify != NULL)
        notify_rest(gossip->notify);
    for (int i = 0; i < GOSSIP_PEERS_MAX; i++)
        if (gossip->peers[i].id != 0 && gossip->peers[i].heard_us < before_us)
            gone(gossip, &gossip->peers[i], "silent");
}

static struct gateway *come(struct gossip *gossip, uint64_t id)
{
    struct gateway *gateway = find(gossip, 0);

    if (gateway == NULL)
        return NULL;
    *gateway = (struct gateway){.id = id, .heard_us = clock_us()};
    atomic_fetch_add(&gossip->npeers, 1);
    log_line(LOG_INFO, "gateway found", "gateway=%016llx", (unsigned long long)id);
    return gateway;
}

static void tell_presences(struct gossip *gossip)
{
    const struct spread spread = {.kind = SPREAD_ASK};

    say(gossip, 'a', STR(""));
    gossip->fn(gossip->arg, &spread);
}

/* ---- in ---- */

static void take_spread(struct gossip *gossip, uint64_t origin, str bytes)
{
    struct spread spread;

    if (spread_read(bytes, &spread)) {
        spread.origin = origin;
        gossip->fn(gossip->arg, &spread);
    }
    spread_release(&spread);
}

static bool read_name(str text, uint64_t *id)
{
    char name[NAME_LEN + 1] = "", *end;

    if (text.len < NAME_LEN)
        return false;
    memcpy(name, text.at, NAME_LEN);
    *id = strtoull(name, &end, 16);
    return *end == '\0' && *id != 0;
}

/* Who is new tells us who is present there, and we tell it. */
static void take(struct gossip *gossip, uint64_t id, char what, str bytes)
{
    struct gateway *gateway = find(gossip, id);
    bool known = gateway != NULL && gateway->met;

    if (what == 'b') {
        if (gateway != NULL)
            gone(gossip, gateway, "bye");
        return;
    }
    gateway = gateway != NULL ? gateway : come(gossip, id);
    if (gateway == NULL)
        return;
    gateway->met = true;
    gateway->heard_us = clock_us();
    if (!known && what != 'h')
        gossip_hello(gossip);
    if (!known || what == 'h')
        tell_presences(gossip);
    if (what == 's')
        take_spread(gossip, id, bytes);
}

void gossip_hear(struct gossip *gossip, str text)
{
    uint64_t id;

    if (gossip->closed || text.len < HEAD_LEN || !read_name(text, &id) || id == gossip->id)
        return;
    take(gossip, id, text.at[HEAD_LEN - 1], str_skip(text, HEAD_LEN));
}

/* "17+piece": the piece, and whether it is the last one. */
static bool read_piece(str text, str *piece, bool *last)
{
    size_t digits = 0;

    while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9')
        digits++;
    if (digits == text.len || (text.at[digits] != '+' && text.at[digits] != '.'))
        return false;
    *last = text.at[digits] == '.';
    *piece = str_skip(text, digits + 1);
    return true;
}

static void put_piece(struct gateway *gateway, str piece)
{
    if (gateway->mem == NULL) {
        gateway->mem = arena_open();
        buf_init(&gateway->part, gateway->mem, PIECES_MAX);
    }
    buf_put(&gateway->part, piece);
}

/* The pieces of one sender come in order. */
void gossip_hear_notice(struct gossip *gossip, str text)
{
    uint64_t id;
    str piece, bytes;
    bool last;

    if (gossip->closed || !read_name(text, &id) || id == gossip->id ||
        !read_piece(str_skip(text, NAME_LEN), &piece, &last))
        return;
    struct gateway *gateway = find(gossip, id);
    gateway = gateway == NULL ? come(gossip, id) : gateway;
    if (gateway == NULL)
        return;
    put_piece(gateway, piece);
    if (!last)
        return;
    arena *mem = gateway->mem;
    gateway->mem = NULL;
    if (!gateway->part.full && base64url_decode(mem, buf_str(&gateway->part), &bytes))
        gossip_hear(gossip, bytes);
    arena_close(&mem);
}

/* ---- life ---- */

static void on_up(void *arg)
{
    gossip_hello(arg);
}

void gossip_open(struct gossip *gossip, gossip_fn *fn, void *arg)
{
    gossip->fn = fn;
    gossip->arg = arg;
    gossip->alive = timer_start(gossip->loop, GOSSIP_ALIVE_MS, GOSSIP_ALIVE_MS, beat, gossip);
    if (gossip->config->redis_url.len > 0)
        gossip->kv = kv_open(&(struct kv_options){
            .loop = gossip->loop, .url = gossip->config->redis_url, .up = on_up, .arg = gossip});
    else
        gossip->notify = notify_new(gossip->loop, gossip->config);
}

void gossip_close(struct gossip *gossip)
{
    gossip->closed = true;
    timer_close(&gossip->alive);
    kv_close(&gossip->kv);
    notify_free(&gossip->notify);
}

void gossip_free(struct gossip **gossip)
{
    struct gossip *last = *gossip;

    *gossip = NULL;
    for (int i = 0; i < GOSSIP_PEERS_MAX; i++)
        drop_part(&last->peers[i]);
    free(last);
}
