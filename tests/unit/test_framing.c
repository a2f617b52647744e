/* server/ws/framing.c: frames of clients, however the bytes come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ws/framing.h"

#define MASK "\x01\x02\x03\x04"
#define BYTES(text) text, sizeof(text) - 1

/* What is told of the bytes, a letter for each event: d a piece, D the end of a frame, M that of a
 * message, p ping, P pong, c close, ! bad. */
static void tell(struct framing *framing, char *at, size_t len, char *told, size_t *ntold)
{
    static const char letters[] = {
        [FRAMING_PING] = 'p', [FRAMING_PONG] = 'P', [FRAMING_CLOSE] = 'c', [FRAMING_BAD] = '!'};
    enum framing_event event = FRAMING_DATA;
    struct framing_piece piece;

    while (event != FRAMING_MORE && event != FRAMING_BAD) {
        event = framing_read(framing, &at, &len, &piece);
        if (event == FRAMING_DATA)
            told[(*ntold)++] = "dDM"[piece.message_ends ? 2 : piece.frame_ends];
        else if (event != FRAMING_MORE)
            told[(*ntold)++] = letters[event];
    }
    told[*ntold] = '\0';
}

static void frames_are_read_by_the_rules(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *want;
    } cases[] = {
        {BYTES(""),                                                    ""   },
        {BYTES("\x81\x82" MASK "ab"),                                  "M"  },
        {BYTES("\x82\x82" MASK "ab"),                                  "M"  },
        {BYTES("\x81\x80" MASK),                                       "M"  },
        {BYTES("\x01\x81" MASK "a\x80\x81" MASK "b"),                  "DM" },
        {BYTES("\x01\x81" MASK "a\x00\x81" MASK "b\x80\x80" MASK),     "DDM"},
        {BYTES("\x01\x81" MASK "a\x89\x81" MASK "x\x80\x81" MASK "b"), "DpM"},
        {BYTES("\x89\x80" MASK "\x8a\x80" MASK "\x88\x80" MASK),       "pPc"},
        {BYTES("\x81\xfe\x00\x02" MASK "ab"),                          "M"  },
        {BYTES("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x02" MASK "ab"),  "M"  },
        {BYTES("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x02" MASK "ab"),  "!"  },
        {BYTES("\x81\x02"
               "ab"),
         "!"                                                                },
        {BYTES("\xc1\x82" MASK "ab"),                                  "!"  },
        {BYTES("\xa1\x82" MASK "ab"),                                  "!"  },
        {BYTES("\x91\x82" MASK "ab"),                                  "!"  },
        {BYTES("\x83\x82" MASK "ab"),                                  "!"  },
        {BYTES("\x8b\x80" MASK),                                       "!"  },
        {BYTES("\x09\x80" MASK),                                       "!"  },
        {BYTES("\x89\xfe\x00\x7e" MASK),                               "!"  },
        {BYTES("\x80\x81" MASK "a"),                                   "!"  },
        {BYTES("\x01\x81" MASK "a\x81\x81" MASK "b"),                  "D!" },
        {BYTES("\x81\x81" MASK "a\x80\x81" MASK "b"),                  "M!" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct framing framing = {.have = 0};
        char bytes[64], told[64];
        size_t ntold = 0;
        memcpy(bytes, cases[i].bytes, cases[i].len);
        tell(&framing, bytes, cases[i].len, told, &ntold);
        assert_string_equal(told, cases[i].want);
    }
}

static void bytes_one_by_one_say_the_same(void **state)
{
    char bytes[] = "\x01\x83" MASK "abc\x89\x82" MASK "hi\x80\x81" MASK "d";
    struct framing framing = {.have = 0};
    struct framing_piece piece;
    char message[16], ping[16];
    size_t len = 0, ended = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        char *at = bytes + i;
        size_t left = 1;
        enum framing_event event;
        while ((event = framing_read(&framing, &at, &left, &piece)) != FRAMING_MORE) {
            if (event == FRAMING_PING)
                memcpy(ping, piece.bytes.at, piece.bytes.len);
            if (event != FRAMING_DATA)
                continue;
            memcpy(message + len, piece.bytes.at, piece.bytes.len);
            len += piece.bytes.len;
            ended += piece.message_ends;
        }
        assert_int_equal(left, 0);
    }
    assert_int_equal(ended, 1);
    assert_memory_equal(message, "\x60\x60\x60\x65", 4);
    assert_int_equal(len, 4);
    assert_memory_equal(ping, "\x69\x6b", 2);
}

static void a_close_frame_has_a_code_of_those_there_are(void **state)
{
    static const struct {
        const char *payload;
        size_t len;
        int code;
    } cases[] = {
        {BYTES(""),                 1000},
        {BYTES("\x03"),             1002},
        {BYTES("\x03\xe8"),         1000},
        {BYTES("\x03\xe8"
               "bye"),
         1000                           },
        {BYTES("\x03\xe9"),         1001},
        {BYTES("\x03\xe7"),         1002},
        {BYTES("\x03\xec"),         1002},
        {BYTES("\x03\xed"),         1002},
        {BYTES("\x03\xee"),         1002},
        {BYTES("\x03\xf7"),         1002},
        {BYTES("\x0b\xb8"),         3000},
        {BYTES("\x13\x87"),         4999},
        {BYTES("\x13\x88"),         1002},
        {BYTES("\x03\xe8\xc3\x28"), 1007},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(framing_close_code((str){cases[i].payload, cases[i].len}), cases[i].code);
}

static void text_is_utf_8(void **state)
{
    (void)state;
    assert_true(framing_text_is_good(STR("")));
    assert_true(framing_text_is_good((str){"a\0b", 3}));
    assert_true(framing_text_is_good(STR("\xf0\x9f\x90\x98")));
    assert_false(framing_text_is_good(STR("\xe2\x82")));
    assert_false(framing_text_is_good(STR("\xed\xa0\x80")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_read_by_the_rules),
        cmocka_unit_test(bytes_one_by_one_say_the_same),
        cmocka_unit_test(a_close_frame_has_a_code_of_those_there_are),
        cmocka_unit_test(text_is_utf_8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
