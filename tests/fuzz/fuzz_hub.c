/* Any lines as what clients say: the first byte of each picks the socket, of realtime-js in version
 * 1 or 2, in text or bytes, or of /ws. Whatever is said back in text is JSON, the database answers
 * nothing it was not asked, and when the sockets are closed nothing of them is left. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "live/plain.h"

enum { QUESTIONS_MAX = 256 };

struct stage {
    struct question *asked[QUESTIONS_MAX];
    int nasked;
    struct live_meter meter;
    const struct claims *nobody;
};

static void on_send(void *arg, struct peer *peer, struct message *message)
{
    str payload = message_payload(message);
    bool text = payload.len > 0 && (payload.at[0] == '{' || payload.at[0] == '[');

    (void)arg;
    (void)peer;
    assert(!text || json_check(payload) != JSON_INVALID || json_is_deep(payload));
}

static void on_close(void *arg, struct peer *peer, int code, str reason)
{
    (void)arg;
    (void)peer;
    assert(code >= 1000 && reason.len > 0);
}

static void on_ask(void *arg, struct question *question)
{
    struct stage *stage = arg;

    assert(question->sql.len > 0 && stage->nasked < QUESTIONS_MAX);
    stage->asked[stage->nasked++] = question;
}

static void on_spread(void *arg, const struct spread *spread)
{
    (void)arg;
    (void)spread;
}

static const char *verify(void *arg, arena *mem, str token, const struct claims **claims)
{
    const struct stage *stage = arg;

    (void)mem;
    if (token.len < 3)
        return "MalformedJWT: The token provided is not a valid JWT";
    *claims = claims_ref(stage->nobody);
    return NULL;
}

static bool yes(void *arg)
{
    (void)arg;
    return true;
}

static bool has_room(void *arg, const struct peer *peer)
{
    (void)arg;
    (void)peer;
    return true;
}

static void on_soon(void *arg)
{
    (void)arg;
}

static const struct claims *nobody(void *arg)
{
    const struct stage *stage = arg;
    return claims_ref(stage->nobody);
}

/* One row for every question: a table of two columns, as sql/introspect/live.sql describes it. */
static void answer_all(struct stage *stage)
{
    const str facts = STR(
        "{\"published\":true,\"rls\":false,\"readable\":true,\"columns\":["
        "{\"name\":\"id\",\"type\":\"int4\",\"full\":\"int4\",\"kind\":\"n\",\"select\":true},"
        "{\"name\":\"t\",\"type\":\"text\",\"full\":\"text\",\"kind\":\"s\",\"select\":true}]}");
    const struct found found = {.cells = &facts, .nrows = 1, .ncolumns = 1};

    while (stage->nasked > 0) {
        struct question *question = stage->asked[--stage->nasked];
        arena *mem = question->mem;
        question->done(question, &found);
        claims_unref(&question->claims);
        arena_close(&mem);
    }
}

static void say(struct session *const sockets[2], struct visitor *visitor, str line)
{
    enum message_kind kind = (line.at[0] & 4) != 0 ? MESSAGE_BINARY : MESSAGE_TEXT;
    str rest = str_skip(line, 1);

    if ((line.at[0] & 3) < 2)
        session_receive(sockets[line.at[0] & 3], kind, rest);
    else
        visitor_receive(visitor, kind, rest);
}

static void run(struct stage *stage, str text)
{
    static const struct hub_fns hub_fns = {.send = on_send,
                                           .close = on_close,
                                           .ask = on_ask,
                                           .spread = on_spread,
                                           .verify = verify,
                                           .streaming = yes,
                                           .has_room = has_room,
                                           .soon = on_soon};
    static const struct plain_fns plain_fns = {.send = on_send,
                                               .close = on_close,
                                               .streaming = yes,
                                               .has_room = has_room,
                                               .nobody = nobody};
    static const struct live_limits limits = {
        .channels = 5, .broadcast_bytes = 1000, .change_bytes = 1 << 20, .empty_ms = 1000000};
    const struct hub_setup setup = {
        .publication = STR("p"), .limits = &limits, .meter = &stage->meter};
    struct hub *hub = hub_new(&hub_fns, &setup, stage);
    struct plain *plain = plain_new(&plain_fns, hub, stage);
    struct session *sockets[2];
    struct visitor *visitor = visitor_new(plain, NULL);
    str line;

    for (enum vsn vsn = VSN_1; vsn <= VSN_2; vsn++) {
        sockets[vsn] = session_new(hub, vsn, stage->nobody);
        session_open(sockets[vsn], (struct peer *)stage);
    }
    visitor_open(visitor, (struct peer *)stage);
    hub_stream(hub, 1, false);
    while (str_cut(&text, '\n', &line)) {
        if (line.len > 0)
            say(sockets, visitor, line);
        answer_all(stage);
        hub_tick(hub);
    }
    visitor_close(visitor);
    for (enum vsn vsn = VSN_1; vsn <= VSN_2; vsn++)
        session_close(sockets[vsn]);
    answer_all(stage);
    struct hub_counts counts = hub_counts(hub);
    assert(counts.sessions == 0 && counts.channels == 0 && counts.bindings == 0);
    plain_free(&plain);
    hub_free(&hub);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stage *stage = calloc(1, sizeof(struct stage));
    arena *mem = arena_open();

    assert(stage != NULL);
    stage->nobody = claims_new(STR("anon"), STR(""), STR("{\"role\":\"anon\"}"), 0);
    run(stage, arena_copy(mem, (str){(const char *)data, size}));
    claims_unref(&stage->nobody);
    free(stage);
    arena_close(&mem);
    return 0;
}
