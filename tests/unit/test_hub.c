/* server/live/hub.c and what is inside of it: channels, their changes, private ones, broadcasts
 * from outside. The database is a table of answers, sockets are a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "live/hub.h"

enum { TEXT_MAX = 1 << 14, QUESTIONS_MAX = 16 };

/* What the sockets got, as "1<frame", and the questions that wait for their answers. */
struct stage {
    char text[TEXT_MAX];
    size_t len;
    struct question *asked[QUESTIONS_MAX];
    int nasked, nspread;
    struct live_meter meter;
    struct hub *hub;
};

static void on_send(void *arg, struct peer *peer, struct message *message)
{
    struct stage *stage = arg;
    str payload = message_payload(message);
    int wrote = snprintf(stage->text + stage->len, TEXT_MAX - stage->len, "%d<%.*s\n",
                         (int)(intptr_t)peer, STR_ARG(payload));

    stage->len += (size_t)wrote;
    assert_true(stage->len < TEXT_MAX);
}

static void on_close(void *arg, struct peer *peer, int code, str reason)
{
    (void)arg;
    (void)peer;
    (void)code;
    (void)reason;
}

static void on_ask(void *arg, struct question *question)
{
    struct stage *stage = arg;

    assert_true(stage->nasked < QUESTIONS_MAX);
    stage->asked[stage->nasked++] = question;
}

static void on_spread(void *arg, const struct spread *spread)
{
    struct stage *stage = arg;
    stage->nspread += spread->kind == SPREAD_BROADCAST;
}

/* A token is the name of its role; "bad" is refused. */
static const char *verify(void *arg, arena *mem, str token, const struct claims **claims)
{
    (void)arg;
    if (str_eq(token, STR("bad")))
        return "MalformedJWT: The token provided is not a valid JWT";
    str json = arena_printf(mem, "{\"role\":\"%.*s\"}", STR_ARG(token));
    *claims = claims_new(token, STR(""), json, 0);
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

static struct stage *stage_open(void)
{
    static const struct hub_fns fns = {.send = on_send,
                                       .close = on_close,
                                       .ask = on_ask,
                                       .spread = on_spread,
                                       .verify = verify,
                                       .streaming = yes,
                                       .has_room = has_room,
                                       .soon = on_soon};
    static const struct live_limits limits = {
        .channels = 10, .broadcast_bytes = 100, .change_bytes = 1 << 20, .empty_ms = 1000000};
    struct stage *stage = calloc(1, sizeof(struct stage));
    const struct hub_setup setup = {
        .publication = STR("p"), .limits = &limits, .meter = &stage->meter};

    stage->hub = hub_new(&fns, &setup, stage);
    hub_stream(stage->hub, 1, false);
    return stage;
}

static void stage_close(struct stage *stage)
{
    assert_int_equal(stage->nasked, 0);
    assert_int_equal(hub_counts(stage->hub).channels, 0);
    assert_int_equal(hub_counts(stage->hub).bindings, 0);
    hub_free(&stage->hub);
    free(stage);
}

static void said(struct stage *stage, const char *want)
{
    assert_string_equal(stage->text, want);
    stage->len = 0;
    stage->text[0] = '\0';
}

/* Answers the first question that waits with one row; no cells: there is no row. */
static void answer(struct stage *stage, const str *cells, int ncolumns, const char *why)
{
    struct question *question = stage->asked[0];
    const struct found found = {
        .cells = cells, .nrows = ncolumns > 0 ? 1 : 0, .ncolumns = ncolumns, .why = str_from(why)};
    arena *mem = question->mem;

    assert_true(stage->nasked > 0);
    stage->nasked--;
    memmove(stage->asked, stage->asked + 1, (size_t)stage->nasked * sizeof(struct question *));
    question->done(question, &found);
    claims_unref(&question->claims);
    arena_close(&mem);
}

static struct session *socket_open(struct stage *stage, int number, enum vsn vsn, const char *role)
{
    const struct claims *claims = claims_new(str_from(role), STR(""), STR("{\"role\":\"a\"}"), 0);
    struct session *session = session_new(stage->hub, vsn, claims);

    claims_unref(&claims);
    session_open(session, (struct peer *)(intptr_t)number);
    return session;
}

static void say(struct session *session, const char *text)
{
    session_receive(session, MESSAGE_TEXT, str_from(text));
}

#define JOIN(config) "[\"1\",\"2\",\"realtime:r\",\"phx_join\",{\"config\":{" config "}}]"
#define JOINED                                                                                     \
    "1<[\"1\",\"2\",\"realtime:r\",\"phx_reply\",{\"status\":\"ok\",\"response\":"                 \
    "{\"postgres_changes\":[]}}]\n"
/* Hears broadcasts, sees presence, speaks, is present. */
#define HEAR "tfff"
#define SPEAK "tftf"
#define NOTHING "ffff"

/* ---- private channels ---- */

/* The statement that decides for the role, then what it says. */
static void answer_rights(struct stage *stage, const char *says)
{
    const str cells[] = {
        {says,     1},
        {says + 1, 1},
        {says + 2, 1},
        {says + 3, 1}
    };
    const str statement = STR("select the policies");

    assert_true(str_eq(stage->asked[0]->params[0], stage->asked[0]->claims->role));
    assert_true(str_eq(stage->asked[0]->topic, STR("r")));
    answer(stage, &statement, 1, NULL);
    assert_true(str_eq(stage->asked[0]->sql, statement));
    assert_true(str_eq(stage->asked[0]->params[0], STR("r")));
    assert_true(str_eq(stage->asked[0]->topic, STR("r")));
    answer(stage, cells, 4, NULL);
}

static void a_private_join_waits_for_its_rights(void **state)
{
    static const struct {
        const char *says;
        const char *want;
    } cases[] = {
        {HEAR,    JOINED},
        {NOTHING, ""    }, /* the refusal has its delay */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage *stage = stage_open();
        struct session *session = socket_open(stage, 1, VSN_2, "authenticated");
        say(session, JOIN("\"private\":true"));
        said(stage, "");
        assert_int_equal(stage->nasked, 1);
        answer_rights(stage, cases[i].says);
        said(stage, cases[i].want);
        session_close(session);
        stage_close(stage);
    }
}

static void rights_that_cannot_be_told_are_none(void **state)
{
    struct stage *stage = stage_open();
    struct session *session = socket_open(stage, 1, VSN_2, "authenticated");
    const str statement = STR("select the policies");

    (void)state;
    say(session, JOIN("\"private\":true"));
    answer(stage, NULL, 0, NULL); /* no such table, or role */
    say(session, JOIN("\"private\":true"));
    answer(stage, NULL, 0, "the database is away");
    say(session, JOIN("\"private\":true"));
    answer(stage, &statement, 1, NULL);
    answer(stage, NULL, 0, "division by zero");
    said(stage, "");
    session_close(session);
    stage_close(stage);
}

static void every_new_token_is_asked_about(void **state)
{
    struct stage *stage = stage_open();
    struct session *session = socket_open(stage, 1, VSN_2, "authenticated");

    (void)state;
    say(session, JOIN("\"private\":true"));
    answer_rights(stage, HEAR);
    said(stage, JOINED);
    say(session, "[\"1\",\"3\",\"realtime:r\",\"access_token\",{\"access_token\":\"other\"}]");
    assert_true(str_eq(stage->asked[0]->claims->role, STR("other")));
    answer_rights(stage, HEAR);
    say(session, "[\"1\",\"4\",\"realtime:r\",\"access_token\",{\"access_token\":\"other\"}]");
    assert_int_equal(stage->nasked, 0); /* the same one */
    say(session, "[\"1\",\"5\",\"realtime:r\",\"access_token\",{\"access_token\":\"third\"}]");
    answer_rights(stage, NOTHING);
    assert_non_null(strstr(stage->text, "Unauthorized: You do not have permissions to read from"));
    assert_non_null(strstr(stage->text, "\"phx_error\""));
    session_close(session);
    stage_close(stage);
}

/* Only the last answer counts, and none that comes when the channel is gone. */
static void answers_that_come_late_do_no_harm(void **state)
{
    struct stage *stage = stage_open();
    struct session *session = socket_open(stage, 1, VSN_2, "authenticated");

    (void)state;
    say(session, JOIN("\"private\":true"));
    session_close(session);
    answer_rights(stage, HEAR);
    said(stage, "");
    stage_close(stage);
}

/* ---- broadcasts from outside ---- */

static void a_publication_is_a_frame_of_each_version(void **state)
{
    struct stage *stage = stage_open();
    struct session *sockets[] = {socket_open(stage, 1, VSN_1, "anon"),
                                 socket_open(stage, 2, VSN_2, "anon")};
    const struct publication what = {
        .topic = STR("r"), .event = STR("e"), .payload = STR("{\"a\":1}"), .meta = STR("")};

    (void)state;
    say(sockets[0],
        "{\"topic\":\"realtime:r\",\"event\":\"phx_join\",\"ref\":\"1\",\"payload\":{}}");
    say(sockets[1], JOIN(""));
    stage->len = 0;
    hub_publish(stage->hub, &what);
    assert_int_equal(stage->nspread, 1);
    assert_non_null(strstr(stage->text, "1<{\"topic\":\"realtime:r\",\"event\":\"broadcast\","));
    assert_non_null(strstr(stage->text, "2<"));
    stage->len = 0;
    stage->text[0] = '\0';
    hub_publish(stage->hub, &(struct publication){.topic = STR("r"),
                                                  .private = true,
                                                  .event = STR("e"),
                                                  .payload = STR("1"),
                                                  .meta = STR("")});
    said(stage, ""); /* a private room of the name is another */
    for (int i = 0; i < 2; i++)
        session_close(sockets[i]);
    stage_close(stage);
}

static void on_allowed(void *arg, bool allowed)
{
    int *answered = arg;
    *answered = allowed ? 1 : 0;
}

static void who_may_not_speak_publishes_nothing(void **state)
{
    static const struct {
        const char *says;
        int allowed;
    } cases[] = {
        {SPEAK,   1},
        {HEAR,    0},
        {NOTHING, 0},
    };
    const struct publication what = {.topic = STR("r"),
                                     .private = true,
                                     .event = STR("e"),
                                     .payload = STR("{}"),
                                     .meta = STR("")};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage *stage = stage_open();
        const struct claims *claims = claims_new(STR("anon"), STR(""), STR("{}"), 0);
        int answered = -1;
        hub_publish_as(stage->hub, claims, &what, on_allowed, &answered);
        claims_unref(&claims);
        answer_rights(stage, cases[i].says);
        assert_int_equal(answered, cases[i].allowed);
        assert_int_equal(stage->nspread, cases[i].allowed);
        stage_close(stage);
    }
}

/* ---- changes ---- */

#define COLUMN(name, type, kind)                                                                   \
    "{\"name\":\"" name "\",\"type\":\"" type "\",\"full\":\"" type "\",\"kind\":\"" kind          \
    "\",\"select\":true,\"key\":false}"
#define FACTS(published)                                                                           \
    "{\"published\":" published ",\"rls\":false,\"readable\":true,\"columns\":[" COLUMN(           \
        "id", "int4", "n") "," COLUMN("t", "text", "s") "]}"

static void change(struct stage *stage, uint64_t lsn, const char *id, const char *text)
{
    struct live_column columns[] = {
        {.name = STR("id"), .key = true},
        {.name = STR("t")                }
    };
    const struct live_table like = {.schema = STR("public"),
                                    .name = STR("x"),
                                    .identity = IDENTITY_KEY,
                                    .columns = columns,
                                    .ncolumns = 2};
    const struct live_table *table = live_table_copy(&like);
    struct change *made = change_new(CHANGE_INSERT, table, 0);
    const struct change *given = made;

    live_table_unref(&table);
    made->row[0] = (struct live_value){VALUE_TEXT, str_from(id)};
    made->row[1] = (struct live_value){text == NULL ? VALUE_NULL : VALUE_TEXT, str_from(text)};
    made->position = (struct position){.lsn = lsn};
    hub_changes(stage->hub, &given, 1);
    change_unref(&given);
}

#define ON_X "\"schema\":\"public\",\"table\":\"x\""
#define WANT(filter) "{\"event\":\"INSERT\"," ON_X ",\"filter\":\"" filter "\"}"

enum { BINDINGS = 6 };

/* The numbers that the reply to a join gives its bindings, in their order. */
static void read_ids(const struct stage *stage, int64_t ids[BINDINGS])
{
    const char *at = stage->text;

    for (int i = 0; i < BINDINGS; i++) {
        at = strstr(at, "\"id\":");
        assert_non_null(at);
        at += strlen("\"id\":");
        ids[i] = strtoll(at, NULL, 10);
    }
}

/* Which of the bindings the frame names, as "1 3 ". */
static void heard(struct stage *stage, const int64_t ids[BINDINGS], const char *want)
{
    char found[32] = "";
    const char *at = strstr(stage->text, "{\"ids\":["), *end = at == NULL ? NULL : strchr(at, ']');

    assert_true(at == NULL || strstr(end, "{\"ids\":[") == NULL); /* one frame for all of them */
    for (int i = 0; at != NULL && i < BINDINGS; i++)
        for (const char *number = at + strlen("{\"ids\":["); number < end;) {
            char *behind;
            if (strtoll(number, &behind, 10) == ids[i])
                snprintf(found + strlen(found), sizeof(found) - strlen(found), "%d ", i + 1);
            number = behind + 1;
        }
    assert_string_equal(found, want);
    stage->len = 0;
    stage->text[0] = '\0';
}

/* By one value, by one of several, by two columns, not at all: each where it belongs. */
static void bindings_are_found_by_what_the_row_holds(void **state)
{
    static const struct {
        const char *id, *text, *want;
    } cases[] = {
        {"1", "a",  "1 2 5 6 "},
        {"2", "a",  "2 5 6 "  },
        {"3", "b",  "3 6 "    },
        {"4", NULL, "6 "      },
        {"1", NULL, "1 2 6 "  },
        {"7", "é", "4 6 "    },
    };
    struct stage *stage = stage_open();
    struct session *session = socket_open(stage, 1, VSN_2, "anon");
    const str facts = STR(FACTS("true"));

    (void)state;
    say(session,
        JOIN("\"postgres_changes\":[" WANT("id=eq.1") "," WANT("id=in.(1,2,2)") "," WANT(
            "t=eq.b") "," WANT("t=eq.é") "," WANT("t=eq.a,id=lt.9") ",{\"event\":\"*\"," ON_X
                                                                    "}]"));
    answer(stage, &facts, 1, NULL);
    assert_int_equal(hub_counts(stage->hub).bindings, BINDINGS);
    int64_t ids[BINDINGS];
    read_ids(stage, ids);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        stage->len = 0;
        stage->text[0] = '\0';
        change(stage, 10 + i, cases[i].id, cases[i].text);
        heard(stage, ids, cases[i].want);
    }
    session_close(session);
    stage_close(stage);
}

static void who_left_hears_nothing_and_leaves_nothing(void **state)
{
    struct stage *stage = stage_open();
    struct session *session = socket_open(stage, 1, VSN_2, "anon");
    const str facts = STR(FACTS("true"));

    (void)state;
    say(session, JOIN("\"postgres_changes\":[" WANT("id=eq.1") "]"));
    answer(stage, &facts, 1, NULL);
    say(session, "[\"1\",\"3\",\"realtime:r\",\"phx_leave\",{}]");
    stage->len = 0;
    stage->text[0] = '\0';
    change(stage, 10, "1", "a");
    said(stage, "");
    session_close(session);
    stage_close(stage);
}

/* It is looked at again when the schema is fresh, and told once. */
static void a_table_that_leaves_the_publication_is_told(void **state)
{
    struct stage *stage = stage_open();
    struct session *session = socket_open(stage, 1, VSN_2, "anon");
    const str there = STR(FACTS("true")), gone = STR(FACTS("false"));

    (void)state;
    say(session, JOIN("\"postgres_changes\":[" WANT("id=eq.1") "]"));
    answer(stage, &there, 1, NULL);
    stage->len = 0;
    stage->text[0] = '\0';
    hub_fresh(stage->hub);
    answer(stage, &there, 1, NULL);
    said(stage, "");
    hub_fresh(stage->hub);
    answer(stage, &gone, 1, NULL);
    assert_non_null(strstr(stage->text, "gap: a table of this channel is not sent any more"));
    assert_non_null(strstr(stage->text, "\"phx_error\""));
    assert_int_equal(hub_counts(stage->hub).channels, 0);
    session_close(session);
    stage_close(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_join_waits_for_its_rights),
        cmocka_unit_test(rights_that_cannot_be_told_are_none),
        cmocka_unit_test(every_new_token_is_asked_about),
        cmocka_unit_test(answers_that_come_late_do_no_harm),
        cmocka_unit_test(a_publication_is_a_frame_of_each_version),
        cmocka_unit_test(who_may_not_speak_publishes_nothing),
        cmocka_unit_test(bindings_are_found_by_what_the_row_holds),
        cmocka_unit_test(who_left_hears_nothing_and_leaves_nothing),
        cmocka_unit_test(a_table_that_leaves_the_publication_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
