/* server/live/phoenix.c: the frames of both versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/phoenix.h"

#define BYTES(text) ((str){(text), sizeof(text) - 1})

static void versions_are_chosen_by_their_number(void **state)
{
    static const struct {
        const char *text;
        bool known;
        enum vsn vsn;
    } cases[] = {
        {"",      true,  VSN_1},
        {"1.0.0", true,  VSN_1},
        {"2.0.0", true,  VSN_2},
        {"2.0.1", true,  VSN_2},
        {"2.1.0", false, 0    },
        {"3.0.0", false, 0    },
        {"2",     false, 0    },
        {"x",     false, 0    },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum vsn vsn;
        assert_int_equal(vsn_read(str_from(cases[i].text), &vsn), cases[i].known);
        if (cases[i].known)
            assert_int_equal(vsn, cases[i].vsn);
    }
}

static void text_frames_are_read(void **state)
{
    static const struct {
        enum vsn vsn;
        const char *text;
        bool good;
    } cases[] = {
        {VSN_2, "[\"1\",\"2\",\"realtime:a\",\"phx_join\",{}]",                    true },
        {VSN_2, "[null,\"2\",\"realtime:a\",\"phx_join\",{}]",                     true },
        {VSN_2, "[\"1\",\"2\",\"realtime:a\",\"phx_join\"]",                       false},
        {VSN_2, "[\"1\",\"2\",\"realtime:a\",\"phx_join\",{},1]",                  false},
        {VSN_2, "[\"1\",\"2\",3,\"phx_join\",{}]",                                 false},
        {VSN_2, "{\"topic\":\"realtime:a\",\"event\":\"phx_join\"}",               false},
        {VSN_1, "{\"topic\":\"realtime:a\",\"event\":\"phx_join\",\"ref\":\"2\"}", true },
        {VSN_1, "{\"topic\":\"realtime:a\",\"payload\":{}}",                       false},
        {VSN_1, "{\"topic\":1,\"event\":\"phx_join\"}",                            false},
        {VSN_1, "[\"1\",\"2\",\"realtime:a\",\"phx_join\",{}]",                    false},
        {VSN_1, "not json",                                                        false},
        {VSN_2, "",                                                                false},
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frame frame;
        assert_int_equal(frame_read(mem, cases[i].vsn, str_from(cases[i].text), &frame),
                         cases[i].good);
        if (!cases[i].good)
            continue;
        assert_true(str_eq(frame.topic, STR("realtime:a")) && str_eq(frame.event, STR("phx_join")));
        assert_true(str_eq(frame.ref, STR("\"2\"")) && str_eq(frame.payload, STR("{}")));
    }
    arena_close(&mem);
}

static void binary_frames_are_read_whole_or_not_at_all(void **state)
{
    static const char good[] = "\3\1\2\12\3\0\1"
                               "6"
                               "11"
                               "realtime:a"
                               "say"
                               "{\"x\":1}";
    arena *mem = arena_open();
    struct frame frame;

    (void)state;
    assert_true(frame_read_binary(mem, BYTES(good), &frame));
    assert_true(frame.user_broadcast && !frame.binary);
    assert_true(str_eq(frame.join_ref, STR("\"6\"")) && str_eq(frame.ref, STR("\"11\"")));
    assert_true(str_eq(frame.topic, STR("realtime:a")) && str_eq(frame.event, STR("say")));
    assert_true(str_eq(frame.payload, STR("{\"x\":1}")));
    for (size_t len = 0; len < sizeof(good) - 1; len++) /* cut: the head lacks, or it is not JSON */
        assert_false(frame_read_binary(mem, (str){good, len}, &frame));
    assert_false(frame_read_binary(mem, BYTES("\4\0\0\0\0\0\1{}"), &frame));
    assert_true(frame_read_binary(mem, BYTES("\3\0\0\0\0\0\0\377\0"), &frame));
    assert_true(frame.binary && str_eq(frame.ref, STR("null")) && frame.payload.len == 2);
    arena_close(&mem);
}

static void frames_are_written_for_either_version(void **state)
{
    const struct out out = {.ref = STR("\"2\""),
                            .join_ref = STR("\"1\""),
                            .topic = STR("realtime:\"a"),
                            .event = STR("system"),
                            .payload = STR("{}")};
    const struct user_broadcast json = {
        .topic = STR("t"), .event = STR("e"), .payload = STR("[1]"), .meta = STR("")};
    const struct user_broadcast bytes = {.topic = STR("t"),
                                         .event = STR("e"),
                                         .binary = true,
                                         .payload = BYTES("\0\1"),
                                         .meta = STR("{}")};
    arena *mem = arena_open();
    struct {
        struct message *message;
        enum message_kind kind;
        str want;
    } cases[] = {
        {frame_write(mem,           VSN_2, &out),   MESSAGE_TEXT,
         STR("[\"1\",\"2\",\"realtime:\\\"a\",\"system\",{}]")                                  },
        {frame_write(mem,           VSN_1, &out),   MESSAGE_TEXT,
         STR("{\"topic\":\"realtime:\\\"a\",\"event\":\"system\",\"payload\":{},\"ref\":\"2\"}")},
        {frame_write_broadcast(mem, VSN_2, &json),  MESSAGE_BINARY, BYTES("\4\1\1\0\1te[1]")    },
        {frame_write_broadcast(mem, VSN_2, &bytes), MESSAGE_BINARY, BYTES("\4\1\1\2\0te{}\0\1") },
        {frame_write_broadcast(mem, VSN_1, &json),  MESSAGE_TEXT,
         STR("{\"topic\":\"t\",\"event\":\"broadcast\",\"payload\":{\"event\":\"e\",\"payload\":[1]"
             ","
             "\"type\":\"broadcast\"},\"ref\":null}")                                           },
    };

    (void)state;
    assert_null(frame_write_broadcast(mem, VSN_1, &bytes));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str payload = message_payload(cases[i].message);
        assert_int_equal(cases[i].message->bytes[0] & 0xf, cases[i].kind);
        assert_int_equal(payload.len, cases[i].want.len);
        assert_memory_equal(payload.at, cases[i].want.at, payload.len);
        message_unref(&cases[i].message);
    }
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_chosen_by_their_number),
        cmocka_unit_test(text_frames_are_read),
        cmocka_unit_test(binary_frames_are_read_whole_or_not_at_all),
        cmocka_unit_test(frames_are_written_for_either_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
