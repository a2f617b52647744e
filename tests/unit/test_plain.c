/* server/live/plain.c: snapshots for the clients of /ws, and whom they go to */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "live/plain.h"

enum { TEXT_MAX = 4096 };

/* What happened, as "1<frame" and "1x1008" for socket 1. */
struct stage {
    char text[TEXT_MAX];
    size_t len;
    bool streaming;
};

static void note(struct stage *stage, const struct peer *peer, const char *mark, str text)
{
    int wrote = snprintf(stage->text + stage->len, TEXT_MAX - stage->len, "%d%s%.*s\n",
                         (int)(intptr_t)peer, mark, STR_ARG(text));
    stage->len += (size_t)wrote;
    assert_true(stage->len < TEXT_MAX);
}

static void on_send(void *arg, struct peer *peer, struct message *message)
{
    note(arg, peer, "<", message_payload(message));
}

static void on_close(void *arg, struct peer *peer, int code, str reason)
{
    (void)code;
    note(arg, peer, "x", reason);
}

static bool is_streaming(void *arg)
{
    const struct stage *stage = arg;
    return stage->streaming;
}

static bool has_room(void *arg, const struct peer *peer)
{
    (void)arg;
    (void)peer;
    return true;
}

static const struct claims *nobody(void *arg)
{
    (void)arg;
    return NULL;
}

static const struct plain_fns fns = {.send = on_send,
                                     .close = on_close,
                                     .streaming = is_streaming,
                                     .has_room = has_room,
                                     .nobody = nobody};

static struct peer *peer(int number)
{
    return (struct peer *)(intptr_t)number;
}

static void said(struct stage *stage, const char *want)
{
    assert_string_equal(stage->text, want);
    stage->len = 0;
    stage->text[0] = '\0';
}

static void a_client_gets_everything_then_what_has_changed(void **state)
{
    struct stage stage = {.len = 0};
    struct plain *plain = plain_new(&fns, NULL, &stage);
    struct visitor *one = visitor_new(plain, NULL);

    (void)state;
    assert_int_equal(plain_count(plain), 1);
    assert_false(visitor_open(one, peer(1))); /* there is no snapshot yet */
    plain_snapshot(plain, STR("{\"status\":1,\"a\":[1],\"b\":{\"c\":2}}"));
    said(&stage, "1<{\"type\":\"update\",\"status\":1,\"a\":[1],\"b\":{\"c\":2}}\n");
    plain_snapshot(plain, STR("{\"status\":1,\"a\":[1],\"b\":{\"c\":3}}"));
    said(&stage, "1<{\"type\":\"update\",\"status\":1,\"b\":{\"c\":3}}\n");
    plain_snapshot(plain, STR("{\"status\":1,\"a\":[1],\"b\":{\"c\":3}}"));
    said(&stage, "1<{\"type\":\"update\",\"status\":1}\n");

    struct visitor *two = visitor_new(plain, NULL);
    assert_true(visitor_open(two, peer(2)));
    said(&stage, "2<{\"type\":\"update\",\"status\":1,\"a\":[1],\"b\":{\"c\":3}}\n");
    plain_snapshot(plain, STR("{\"status\":2,\"a\":[2],\"b\":{\"c\":3}}"));
    said(&stage, "1<{\"type\":\"update\",\"status\":2,\"a\":[2]}\n"
                 "2<{\"type\":\"update\",\"status\":2,\"a\":[2]}\n");
    visitor_close(one);
    visitor_close(two);
    assert_int_equal(plain_count(plain), 0);
    plain_free(&plain);
}

static void who_is_alone_waits_for_a_fresh_snapshot(void **state)
{
    struct stage stage = {.len = 0};
    struct plain *plain = plain_new(&fns, NULL, &stage);
    struct visitor *one = visitor_new(plain, NULL);

    (void)state;
    visitor_open(one, peer(1));
    plain_snapshot(plain, STR("{\"a\":1}"));
    visitor_close(one);
    stage.len = 0;
    one = visitor_new(plain, NULL);
    assert_false(visitor_open(one, peer(1)));
    assert_int_equal(stage.len, 0);
    plain_snapshot(plain, STR("{\"a\":1}"));
    said(&stage, "1<{\"type\":\"update\",\"a\":1}\n");
    visitor_close(one);
    plain_free(&plain);
}

static void notifications_are_not_in_an_update_when_they_are_pushed(void **state)
{
    struct stage stage = {.len = 0};
    struct plain *plain = plain_new(&fns, NULL, &stage);
    struct visitor *one = visitor_new(plain, NULL);

    (void)state;
    visitor_open(one, peer(1));
    plain_snapshot(plain, STR("{\"notifications\":[1]}"));
    stage.len = 0;
    stage.streaming = true;
    plain_snapshot(plain, STR("{\"notifications\":[1,2]}"));
    said(&stage, "1<{\"type\":\"update\"}\n");
    stage.streaming = false;
    plain_snapshot(plain, STR("{\"notifications\":[1,2,3]}"));
    said(&stage, "1<{\"type\":\"update\",\"notifications\":[1,2,3]}\n");
    visitor_close(one);
    plain_free(&plain);
}

static void what_is_no_object_is_nothing(void **state)
{
    static const char *const cases[] = {"", "[]", "{", "null", "{\"a\":}"};
    struct stage stage = {.len = 0};
    struct plain *plain = plain_new(&fns, NULL, &stage);
    struct visitor *one = visitor_new(plain, NULL);

    (void)state;
    visitor_open(one, peer(1));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        plain_snapshot(plain, str_from(cases[i]));
        said(&stage, "1<{\"type\":\"update\"}\n");
    }
    visitor_close(one);
    plain_free(&plain);
}

static void whose_token_ends_is_closed_and_who_has_none_may_not_follow(void **state)
{
    struct stage stage = {.len = 0};
    struct plain *plain = plain_new(&fns, NULL, &stage);
    const struct claims *ended =
        claims_new(STR("authenticated"), STR(""), STR("{}"), clock_now() - 1);
    const struct claims *good =
        claims_new(STR("authenticated"), STR(""), STR("{}"), clock_now() + 1000);
    struct visitor *visitors[] = {visitor_new(plain, ended), visitor_new(plain, good),
                                  visitor_new(plain, NULL), visitor_new(plain, ended)};

    (void)state;
    for (int i = 0; i < 3; i++) /* the last one is not open yet */
        visitor_open(visitors[i], peer(i + 1));
    plain_tick(plain);
    said(&stage, "1xToken has expired\n");
    visitor_receive(visitors[2], MESSAGE_TEXT, STR("{\"subscribe\":{\"table\":\"a\"}}"));
    said(&stage,
         "3<{\"type\":\"error\",\"message\":\"A token is needed to follow tables\",\"hint\":"
         "\"Connect with /ws?token=...\"}\n");
    visitor_overflow(visitors[1]);
    said(&stage, "2xtoo slow\n");
    for (int i = 0; i < 4; i++)
        visitor_close(visitors[i]);
    claims_unref(&ended);
    claims_unref(&good);
    plain_free(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_gets_everything_then_what_has_changed),
        cmocka_unit_test(who_is_alone_waits_for_a_fresh_snapshot),
        cmocka_unit_test(notifications_are_not_in_an_update_when_they_are_pushed),
        cmocka_unit_test(what_is_no_object_is_nothing),
        cmocka_unit_test(whose_token_ends_is_closed_and_who_has_none_may_not_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
