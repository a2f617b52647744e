/* server/live/spread.c: what a worker tells, as bytes and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/spread.h"

static bool same(const struct message *a, const struct message *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->bytes[0] == b->bytes[0] && str_eq(message_payload(a), message_payload(b));
}

static str written(arena *mem, const struct spread *spread)
{
    struct buf buf;

    buf_init(&buf, mem, 1 << 20);
    spread_write(&buf, spread);
    return buf_str(&buf);
}

static void what_is_written_is_read(void **state)
{
    static const struct {
        enum spread_kind kind;
        bool private;
        const char *topic, *key, *meta, *text, *binary;
    } cases[] = {
        {SPREAD_BROADCAST, false, "room",     "",  "",          "{\"a\":1}", NULL},
        {SPREAD_BROADCAST, true,  "room:one", "",  "",          "x",         "y" },
        {SPREAD_BROADCAST, false, "",         "",  "",          NULL,        ""  },
        {SPREAD_JOIN,      false, "room",     "k", "{\"a\":1}", NULL,        NULL},
        {SPREAD_LEAVE,     true,  "room",     "k", "{}",        NULL,        NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct spread read, from = {
                                .kind = cases[i].kind,
                                .private = cases[i].private,
                                .topic = str_from(cases[i].topic),
                                .key = str_from(cases[i].key),
                                .ref = STR("F1"),
                                .meta = str_from(cases[i].meta),
                            };
        if (cases[i].text != NULL)
            from.frames[VSN_1] = message_new(MESSAGE_TEXT, str_from(cases[i].text));
        if (cases[i].binary != NULL)
            from.frames[VSN_2] = message_new(MESSAGE_BINARY, str_from(cases[i].binary));
        assert_true(spread_read(written(mem, &from), &read));
        assert_int_equal(read.kind, from.kind);
        assert_int_equal(read.private, from.private);
        assert_true(str_eq(read.topic, from.topic) && str_eq(read.key, from.key));
        assert_true(str_eq(read.ref, from.ref) && str_eq(read.meta, from.meta));
        assert_true(same(read.frames[0], from.frames[0]) && same(read.frames[1], from.frames[1]));
        spread_release(&read);
        spread_release(&from);
        arena_close(&mem);
    }
}

/* Cut at any place, or with any byte changed, it is refused or still whole texts. */
static void other_bytes_do_no_harm(void **state)
{
    arena *mem = arena_open();
    struct spread read, from = {.kind = SPREAD_JOIN,
                                .topic = STR("room"),
                                .key = STR("key"),
                                .ref = STR("F1"),
                                .meta = STR("{\"a\":1}")};
    str bytes = written(mem, &from);

    (void)state;
    for (size_t len = 0; len < bytes.len; len++)
        assert_false(spread_read((str){bytes.at, len}, &read));
    for (size_t i = 0; i < bytes.len; i++)
        for (int byte = 0; byte < 256; byte++) {
            str copy = arena_copy(mem, bytes);
            ((char *)(uintptr_t)copy.at)[i] = (char)byte;
            bool good = spread_read(copy, &read);
            assert_true(!good || read.kind == SPREAD_BROADCAST || read.meta.at[0] == '{');
            spread_release(&read);
        }
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(other_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
