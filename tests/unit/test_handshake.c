/* server/ws/handshake.c: who may become a WebSocket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "ws/handshake.h"

#define HOST "Host: a\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define GET "GET /realtime/v1/websocket?vsn=2.0.0 HTTP/1.1\r\n"

static void heads_are_judged(void **state)
{
    static const struct {
        const char *text;
        enum handshake_state want;
    } cases[] = {
        {GET HOST UPGRADE VERSION KEY "\r\n",                                             HANDSHAKE_GOOD       },
        {GET HOST UPGRADE VERSION KEY "\r\nbehind",                                       HANDSHAKE_GOOD       },
        {"GET /ws HTTP/1.1\r\nhost:a\r\nUPGRADE: WebSocket\r\nconnection: UPGRADE\r\n" VERSION KEY
         "\r\n",                                                                 HANDSHAKE_GOOD       },
        {GET HOST UPGRADE VERSION KEY,                                                    HANDSHAKE_PARTIAL    },
        {"",                                                                              HANDSHAKE_PARTIAL    },
        {GET HOST "\r\n",                                                                 HANDSHAKE_NO_UPGRADE },
        {GET HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n" VERSION KEY "\r\n",
         HANDSHAKE_NO_UPGRADE                                                                                  },
        {GET HOST "Upgrade: websocket\r\nConnection: close\r\n" VERSION KEY "\r\n",
         HANDSHAKE_NO_UPGRADE                                                                                  },
        {GET HOST UPGRADE "Sec-WebSocket-Version: 8\r\n" KEY "\r\n",                      HANDSHAKE_BAD_VERSION},
        {GET HOST UPGRADE KEY "\r\n",                                                     HANDSHAKE_BAD_VERSION},
        {GET HOST UPGRADE VERSION "\r\n",                                                 HANDSHAKE_BAD        },
        {GET HOST UPGRADE VERSION "Sec-WebSocket-Key: short==\r\n\r\n",                   HANDSHAKE_BAD        },
        {GET HOST UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\"A==\r\n\r\n",
         HANDSHAKE_BAD                                                                                         },
        {GET UPGRADE VERSION KEY "\r\n",                                                  HANDSHAKE_BAD        },
        {GET HOST UPGRADE VERSION KEY "Content-Length: 1\r\n\r\n",                        HANDSHAKE_BAD        },
        {GET HOST UPGRADE VERSION KEY "Transfer-Encoding: chunked\r\n\r\n",               HANDSHAKE_BAD        },
        {"POST / HTTP/1.1\r\n" HOST UPGRADE VERSION KEY "\r\n",                           HANDSHAKE_BAD        },
        {"GET / HTTP/1.0\r\n" HOST UPGRADE VERSION KEY "\r\n",                            HANDSHAKE_BAD        },
        {"GET x HTTP/1.1\r\n" HOST UPGRADE VERSION KEY "\r\n",                            HANDSHAKE_BAD        },
        {GET HOST UPGRADE VERSION KEY "no colon\r\n\r\n",                                 HANDSHAKE_BAD        },
        {GET HOST UPGRADE VERSION KEY "blank : x\r\n\r\n",                                HANDSHAKE_BAD        },
        {GET HOST UPGRADE VERSION KEY "x: a\1b\r\n\r\n",                                  HANDSHAKE_BAD        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct handshake handshake;
        size_t len;
        if (handshake_read(str_from(cases[i].text), &handshake, &len) != cases[i].want)
            fail_msg("%s", cases[i].text);
    }
}

static void a_good_head_tells_its_parts(void **state)
{
    str text = str_from(GET HOST UPGRADE VERSION KEY "Origin:  https://a.example \r\n\r\nbehind");
    struct handshake handshake;
    size_t len = 0;

    (void)state;
    assert_int_equal(handshake_read(text, &handshake, &len), HANDSHAKE_GOOD);
    assert_true(str_eq(str_skip(text, len), STR("behind")));
    assert_true(str_eq(handshake.path, STR("/realtime/v1/websocket")));
    assert_true(str_eq(handshake.query, STR("vsn=2.0.0")));
    assert_true(str_eq(handshake.key, STR("dGhlIHNhbXBsZSBub25jZQ==")));
    assert_true(str_eq(handshake_header(&handshake, STR("origin")), STR("https://a.example")));
    assert_null(handshake_header(&handshake, STR("cookie")).at);
}

static void a_head_has_a_size(void **state)
{
    arena *mem = arena_open();
    struct handshake handshake;
    size_t len;
    char *text = arena_zero(mem, HANDSHAKE_MAX);

    (void)state;
    memset(text, 'a', HANDSHAKE_MAX);
    assert_int_equal(handshake_read((str){text, HANDSHAKE_MAX - 1}, &handshake, &len),
                     HANDSHAKE_PARTIAL);
    assert_int_equal(handshake_read((str){text, HANDSHAKE_MAX}, &handshake, &len), HANDSHAKE_BAD);
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_judged),
        cmocka_unit_test(a_good_head_tells_its_parts),
        cmocka_unit_test(a_head_has_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
