/* See feed.h. */
#include "feed.h"

#include <stdlib.h>

#include "asking.h"
#include "auth/payload.h"
#include "auth/token.h"
#include "base/json.h"
#include "base/log.h"
#include "base/url.h"
#include "keyed.h"
#include "live/trail.h"
#include "snapshot.h"
#include "worker.h"
#include "ws/ws.h"

enum {
    TICK_MS = 250,
    REFUSED_MS = 2000, /* old clients ask again every second, for ever */
    REVOKED = 3000     /* IANA's registry of close codes: unauthorized */
};

struct feed {
    struct worker *worker;
    struct ws *ws;
    struct hub *hub;
    struct plain *plain;
    struct snapshot *snapshot;
    struct timer *tick;
    struct list keyed;
    struct asking asking;
    bool streaming, resuming;
};

/* What ws knows a socket by: one of the two. */
struct guest {
    struct feed *feed;
    struct session *session; /* of realtime-js */
    struct visitor *visitor; /* of /ws */
    struct keyed keyed;
};

static struct guest *guest_new(struct feed *feed, str token)
{
    struct guest *guest = calloc(1, sizeof(*guest));

    if (guest == NULL)
        abort();
    guest->feed = feed;
    keyed_init(&guest->keyed, &feed->keyed, token);
    atomic_fetch_add(&feed->worker->meter->connections, 1);
    return guest;
}

/* ---- the handshake ---- */

static bool refuse(struct ws_refusal *refusal, int status, str body)
{
    *refusal = (struct ws_refusal){.status = status, .body = body, .delay_ms = REFUSED_MS};
    return false;
}

static str query_value(arena *mem, str query, str name)
{
    str key, value, decoded, found = {NULL, 0};

    while (url_next(&query, &key, &value))
        if (str_eq(key, name) && url_decode(mem, value, URL_PLUS_IS_BLANK, &decoded))
            found = decoded;
    return found;
}

/* What the clients know of tokens that are no good. */
static const char *say_token(arena *mem, const struct fail *fail)
{
    if (str_eq(fail->message, STR("JWT expired")))
        return "InvalidJWTToken: Token has expired 0 seconds ago";
    if (strcmp(fail->code, "PGRST303") == 0)
        return arena_printf(mem, "InvalidJWTToken: %.*s", STR_ARG(fail->message)).at;
    return "MalformedJWT: The token provided is not a valid JWT";
}

static const char *verify(void *arg, arena *mem, str token, const struct claims **claims)
{
    const struct feed *feed = arg;
    const struct fail *fail =
        token_verify(mem, feed->worker->config, feed->worker->keys, token, claims);

    return fail == NULL ? NULL : say_token(mem, fail);
}

/* Who brings this text, a token or an API key; false: nobody may with it. */
static bool knows(struct feed *feed, const struct handshake *handshake, str text,
                  const struct claims **claims, struct ws_refusal *refusal)
{
    const struct api_key_use use = {text, handshake_header(handshake, STR("user-agent")),
                                    SCOPE_LIVE};
    arena *mem = arena_open();
    const struct fail *fail = admit_text(mem, feed->worker->tokens, &use, claims);
    bool known = fail == NULL, forbidden = !known && fail->kind == FAIL_FORBIDDEN;

    arena_close(&mem);
    if (forbidden)
        return refuse(refusal, 403, STR("{\"error\":\"The API key lacks the scope live\"}"));
    if (!known)
        refuse(refusal, 401, STR("{\"error\":\"The token provided is not a valid JWT\"}"));
    return known;
}

/* A page of this server itself, the dashboard: "http://host:8080" for the Host "host:8080". */
static bool is_own_origin(const struct handshake *handshake, str origin)
{
    str host = handshake_header(handshake, STR("host"));

    str scheme = str_starts(origin, STR("https://")) ? STR("https://") : STR("http://");
    return host.len > 0 && str_starts(origin, scheme) && str_eq(str_skip(origin, scheme.len), host);
}

static bool is_origin_allowed(const struct feed *feed, const struct handshake *handshake)
{
    str origin = handshake_header(handshake, STR("origin"));
    str allowed = feed->worker->config->cors_origins, one;

    if (origin.at == NULL || str_eq(allowed, STR("*")) || is_own_origin(handshake, origin))
        return true;
    while (str_cut(&allowed, ',', &one))
        if (str_eq(str_trim(one), origin))
            return true;
    return false;
}

static bool is_full(const struct feed *feed)
{
    int64_t limit = feed->worker->config->live.connections;
    return limit > 0 && atomic_load(&feed->worker->meter->connections) >= limit;
}

static bool open_phoenix(struct feed *feed, arena *mem, const struct handshake *handshake,
                         struct guest **guest, struct ws_refusal *refusal)
{
    str header = handshake_header(handshake, STR("x-api-key"));
    str token = header.len > 0 ? header : query_value(mem, handshake->query, STR("apikey"));
    const struct claims *claims = NULL;
    enum vsn vsn;

    if (!vsn_read(query_value(mem, handshake->query, STR("vsn")), &vsn))
        return refuse(refusal, 400, STR("{\"error\":\"This version of the protocol is unknown\"}"));
    if (token.len == 0)
        return refuse(refusal, 401, STR("{\"error\":\"API key is missing\"}"));
    if (!knows(feed, handshake, token, &claims, refusal))
        return false;
    *guest = guest_new(feed, token);
    (*guest)->session = session_new(feed->hub, vsn, claims);
    claims_unref(&claims);
    return true;
}

/* A browser cannot send a header with a WebSocket: the token may be in the URL. */
static str plain_token(arena *mem, const struct handshake *handshake)
{
    str header = handshake_header(handshake, STR("authorization"));
    str token = query_value(mem, handshake->query, STR("token"));

    if (str_starts(header, STR("Bearer ")))
        return str_skip(header, STR("Bearer ").len);
    return token.len > 0 ? token : query_value(mem, handshake->query, STR("apikey"));
}

static bool open_plain(struct feed *feed, arena *mem, const struct handshake *handshake,
                       struct guest **guest, struct ws_refusal *refusal)
{
    const struct claims *claims = NULL;
    str token = plain_token(mem, handshake);
    bool required = str_eq(feed->worker->config->ws_token, STR("required"));

    if (!snapshot_is_possible(feed->worker) && str_eq(feed->worker->config->changes, STR("off")))
        return refuse(refusal, 404,
                      STR("{\"error\":\"There is no feed without curated routes and changes\"}"));
    if (required && token.len == 0)
        return refuse(refusal, 401, STR("{\"error\":\"A token is needed\"}"));
    if (token.len > 0 && !knows(feed, handshake, token, &claims, refusal))
        return false;
    *guest = guest_new(feed, token);
    (*guest)->visitor = visitor_new(feed->plain, claims);
    claims_unref(&claims);
    return true;
}

static bool admit_socket(void *arg, const struct handshake *handshake, void **session,
                         struct ws_refusal *refusal)
{
    struct feed *feed = arg;
    arena *mem = arena_open();
    struct guest *guest = NULL;
    bool open = false;

    if (!is_origin_allowed(feed, handshake))
        refuse(refusal, 403, STR("{\"error\":\"This origin is not allowed\"}"));
    else if (is_full(feed))
        refuse(refusal, 429, STR("{\"error\":\"Too many connected users\"}"));
    else if (str_eq(handshake->path, STR("/realtime/v1/websocket")))
        open = open_phoenix(feed, mem, handshake, &guest, refusal);
    else if (str_eq(handshake->path, STR("/ws")))
        open = open_plain(feed, mem, handshake, &guest, refusal);
    else
        refuse(refusal, 404, STR("{\"error\":\"There is no WebSocket here\"}"));
    arena_close(&mem);
    *session = guest;
    return open;
}

/* ---- sockets ---- */

static void on_revoked(void *arg)
{
    peer_close(arg, REVOKED, STR("API key revoked"));
}

static void on_opened(void *arg, struct peer *peer)
{
    struct guest *guest = arg;

    keyed_opened(&guest->keyed, on_revoked, peer);
    if (guest->session != NULL)
        session_open(guest->session, peer);
    else if (!visitor_open(guest->visitor, peer))
        snapshot_wanted(guest->feed->snapshot);
}

static void on_received(void *arg, enum message_kind kind, str payload)
{
    struct guest *guest = arg;

    if (guest->session != NULL)
        session_receive(guest->session, kind, payload);
    else
        visitor_receive(guest->visitor, kind, payload);
}

static void on_overflown(void *arg)
{
    struct guest *guest = arg;

    if (guest->session != NULL)
        session_overflow(guest->session);
    else
        visitor_overflow(guest->visitor);
}

static void soon(void *arg);

/* Who catches up goes on. */
static void on_roomy(void *arg)
{
    const struct guest *guest = arg;
    soon(guest->feed);
}

static void on_closed(void *arg)
{
    struct guest *guest = arg;

    if (guest->session != NULL)
        session_close(guest->session);
    else
        visitor_close(guest->visitor);
    keyed_closed(&guest->keyed);
    atomic_fetch_sub(&guest->feed->worker->meter->connections, 1);
    free(guest);
}

static void send_message(void *arg, struct peer *peer, struct message *message)
{
    (void)arg;
    if (peer != NULL)
        peer_send(peer, message);
}

static void close_peer(void *arg, struct peer *peer, int code, str reason)
{
    (void)arg;
    peer_close(peer, code, reason);
}

static void ask(void *arg, struct question *question)
{
    struct feed *feed = arg;
    asking_ask(&feed->asking, question);
}

/* ---- the other workers ---- */

static void spread_out(void *arg, const struct spread *spread)
{
    struct feed *feed = arg;
    worker_spread(feed->worker, spread);
}

/* Who has none gets what follows from the ring, when most of what waits has left. */
static bool has_room(void *arg, const struct peer *peer)
{
    (void)arg;
    return peer_queued(peer) < WS_ROOM;
}

static const struct claims *nobody(void *arg)
{
    const struct feed *feed = arg;
    return payload_anonymous(feed->worker->config);
}

static void resume(void *arg)
{
    struct feed *feed = arg;

    feed->resuming = false;
    hub_resume(feed->hub);
}

static void soon(void *arg)
{
    struct feed *feed = arg;

    if (!feed->resuming)
        loop_post(feed->worker->loop, resume, feed);
    feed->resuming = true;
}

static bool is_streaming(void *arg)
{
    const struct feed *feed = arg;
    return feed->streaming;
}

/* ---- life ---- */

static void tick(void *arg)
{
    struct feed *feed = arg;
    hub_tick(feed->hub);
    plain_tick(feed->plain);
}

/* The first worker's, for all of them. */
static void open_trails(struct worker *worker)
{
    if (worker->index == 0 && str_eq(worker->config->live_rejoin, STR("replay")))
        worker->meter->trails = trails_new(worker->config->resume_age_ms * 1000);
}

struct feed *feed_new(struct worker *worker)
{
    static const struct ws_fns ws_fns = {.admit = admit_socket,
                                         .opened = on_opened,
                                         .received = on_received,
                                         .overflown = on_overflown,
                                         .roomy = on_roomy,
                                         .closed = on_closed};
    static const struct hub_fns hub_fns = {.send = send_message,
                                           .close = close_peer,
                                           .ask = ask,
                                           .spread = spread_out,
                                           .verify = verify,
                                           .streaming = is_streaming,
                                           .has_room = has_room,
                                           .soon = soon};
    static const struct plain_fns plain_fns = {.send = send_message,
                                               .close = close_peer,
                                               .streaming = is_streaming,
                                               .has_room = has_room,
                                               .nobody = nobody};
    struct feed *feed = calloc(1, sizeof(*feed));

    if (feed == NULL)
        abort();
    feed->worker = worker;
    feed->asking.worker = worker;
    list_init(&feed->keyed);
    const struct config *config = worker->config;
    bool fenced = config->tenant_claim.len > 0;
    const struct hub_setup setup = {
        .publication = config->publication,
        .tenant_column = fenced ? config->tenant_column : STR(""),
        .limits = &config->live,
        .meter = worker->meter,
        .ring = {.bytes_max = (size_t)config->resume_bytes,
                 .age_max_us = config->resume_age_ms * 1000},
        .off = str_eq(config->changes, STR("off")),
        .numbers = str_eq(config->changes, STR("notify")),
    };
    open_trails(worker);
    feed->hub = hub_new(&hub_fns, &setup, feed);
    feed->plain = plain_new(&plain_fns, feed->hub, feed);
    feed->snapshot = snapshot_new(worker, feed->plain);
    feed->ws = ws_new(worker->loop, &ws_fns, &worker->meter->messages, feed);
    ws_set_idle(feed->ws, worker->config->live.idle_ms);
    feed->tick = timer_start(worker->loop, TICK_MS, TICK_MS, tick, feed);
    return feed;
}

void feed_adopt(struct feed *feed, int fd)
{
    ws_adopt(feed->ws, fd);
}

void feed_adopt_read(struct feed *feed, int fd, str head, str behind)
{
    ws_adopt_read(feed->ws, fd, head, behind);
}

void feed_drain(struct feed *feed)
{
    ws_drain(feed->ws);
}

struct hub *feed_hub(const struct feed *feed)
{
    return feed->hub;
}

bool feed_streaming(const struct feed *feed)
{
    return feed->streaming;
}

int feed_connections(const struct feed *feed)
{
    return ws_connections(feed->ws);
}

void feed_close(struct feed *feed)
{
    timer_close(&feed->tick);
    snapshot_close(feed->snapshot);
    ws_close(feed->ws);
}

/* A question that the pools never answered keeps the hub alive: the process ends now anyway. */
void feed_free(struct feed **feed)
{
    struct feed *last = *feed;

    *feed = NULL;
    ws_free(&last->ws);
    if (last->worker->index == 0)
        trails_free(&last->worker->meter->trails);
    if (!snapshot_free(&last->snapshot) || last->asking.open > 0)
        return;
    hub_free(&last->hub);
    plain_free(&last->plain);
    free(last);
}

void feed_take_changes(struct feed *feed, const struct change_list *list)
{
    hub_publish_stored(feed->hub, list->changes, list->count);
    hub_changes(feed->hub, list->changes, list->count);
    plain_changes(feed->plain, list->changes, list->count);
}

void feed_set_streaming(struct feed *feed, bool streaming, bool gap, uint64_t from)
{
    feed->streaming = streaming;
    if (!streaming)
        return;
    hub_stream(feed->hub, from, gap);
    hub_fresh(feed->hub);
}

void feed_schema_changed(struct feed *feed)
{
    hub_fresh(feed->hub);
}

void feed_take_spread(struct feed *feed, const struct spread *spread)
{
    hub_take_spread(feed->hub, spread);
}

struct list *feed_keyed(struct feed *feed)
{
    return &feed->keyed;
}

void feed_keys_changed(struct feed *feed, const struct api_keys *keys)
{
    keyed_judge(&feed->keyed, keys);
}
