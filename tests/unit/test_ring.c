/* server/live/ring.c: recent changes, what leaves and who may go on; positions in the log as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "live/ring.h"

enum { SIZE = 100, ENTRY = SIZE + 16, SECOND_US = 1000000 };

static const struct live_table *table_new(void)
{
    struct live_table *table = calloc(1, sizeof(struct live_table));

    assert_non_null(table);
    table->refs = 1;
    return table;
}

static void put(struct ring *ring, const struct live_table *table, struct position position,
                int64_t now)
{
    struct change *change = calloc(1, sizeof(struct change));

    assert_non_null(change);
    *change = (struct change){
        .refs = 1, .table = live_table_ref(table), .position = position, .size = SIZE};
    const struct change *mine = change;
    ring_put(ring, mine, now);
    change_unref(&mine);
}

/* The positions of what stands behind one, as "5:0 5:1 7:0 ". */
static void list(const struct ring *ring, struct position after, size_t max, char text[256])
{
    const struct change *changes[16];
    size_t count = ring_take(ring, after, changes, max), len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, 256 - len, "%llu:%u ",
                                (unsigned long long)changes[i]->position.lsn,
                                changes[i]->position.index);
}

static const struct position five_0 = {5, 0}, five_1 = {5, 1}, five_2 = {5, 2}, seven = {7, 0},
                             nine = {9, 0};

static struct ring *ring_of_five(const struct live_table *table, size_t bytes_max)
{
    const struct ring_options options = {.bytes_max = bytes_max, .age_max_us = 10 * SECOND_US};
    struct ring *ring = ring_new(&options);

    ring_start(ring, (struct position){3, POSITION_ALL});
    put(ring, table, five_0, 1 * SECOND_US);
    put(ring, table, five_1, 1 * SECOND_US);
    put(ring, table, five_2, 1 * SECOND_US);
    put(ring, table, seven, 5 * SECOND_US);
    put(ring, table, nine, 9 * SECOND_US);
    return ring;
}

static void what_stands_behind_a_place_is_found(void **state)
{
    static const struct {
        struct position after;
        size_t max;
        const char *want;
    } cases[] = {
        {{3, POSITION_ALL},  16, "5:0 5:1 5:2 7:0 9:0 "},
        {{4, 0},             16, "5:0 5:1 5:2 7:0 9:0 "},
        {{5, 0},             16, "5:1 5:2 7:0 9:0 "    },
        {{5, 2},             16, "7:0 9:0 "            },
        {{5, POSITION_ALL},  16, "7:0 9:0 "            },
        {{6, 7},             16, "7:0 9:0 "            },
        {{5, 0},             2,  "5:1 5:2 "            },
        {{9, 0},             16, ""                    },
        {{12, POSITION_ALL}, 16, ""                    },
    };
    const struct live_table *table = table_new();
    struct ring *ring = ring_of_five(table, 1 << 20);
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        list(ring, cases[i].after, cases[i].max, text);
        assert_string_equal(text, cases[i].want);
    }
    assert_int_equal(position_order(ring_end(ring), nine), 0);
    ring_free(&ring);
    live_table_unref(&table);
}

static void the_oldest_leave_when_there_is_too_much(void **state)
{
    static const struct {
        size_t bytes_max;
        struct position from;
        const char *left;
    } cases[] = {
        {5 * ENTRY,     {3, POSITION_ALL}, "5:0 5:1 5:2 7:0 9:0 "},
        {5 * ENTRY - 1, {5, 0},            "5:1 5:2 7:0 9:0 "    },
        {2 * ENTRY,     {5, 2},            "7:0 9:0 "            },
        {1 * ENTRY,     {7, 0},            "9:0 "                },
        {0,             {9, 0},            ""                    },
    };
    const struct live_table *table = table_new();
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ring *ring = ring_of_five(table, cases[i].bytes_max);
        list(ring, ring_from(ring), 16, text);
        assert_string_equal(text, cases[i].left);
        assert_int_equal(position_order(ring_from(ring), cases[i].from), 0);
        assert_int_equal(position_order(ring_end(ring), nine), 0);
        assert_true(ring_bytes(ring) <= cases[i].bytes_max);
        ring_free(&ring);
    }
    live_table_unref(&table);
}

static void the_old_leave_with_time(void **state)
{
    static const struct {
        int64_t now_s;
        struct position from;
        const char *left;
    } cases[] = {
        {11, {3, POSITION_ALL}, "5:0 5:1 5:2 7:0 9:0 "},
        {12, {5, 2},            "7:0 9:0 "            },
        {16, {7, 0},            "9:0 "                },
        {99, {9, 0},            ""                    },
    };
    const struct live_table *table = table_new();
    struct ring *ring = ring_of_five(table, 1 << 20);
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ring_age(ring, cases[i].now_s * SECOND_US);
        list(ring, ring_from(ring), 16, text);
        assert_string_equal(text, cases[i].left);
        assert_int_equal(position_order(ring_from(ring), cases[i].from), 0);
    }
    assert_int_equal(ring_bytes(ring), 0);
    put(ring, table, (struct position){11, 0}, 100 * SECOND_US);
    list(ring, nine, 16, text);
    assert_string_equal(text, "11:0 ");
    ring_free(&ring);
    live_table_unref(&table);
}

static void a_new_start_forgets_and_what_is_there_is_not_put_twice(void **state)
{
    const struct live_table *table = table_new();
    struct ring *ring = ring_of_five(table, 1 << 20);
    char text[256];

    (void)state;
    put(ring, table, seven, 9 * SECOND_US);
    put(ring, table, nine, 9 * SECOND_US);
    list(ring, five_2, 16, text);
    assert_string_equal(text, "7:0 9:0 ");
    ring_start(ring, (struct position){4, POSITION_ALL}); /* another database may count anew */
    list(ring, ring_from(ring), 16, text);
    assert_string_equal(text, "");
    put(ring, table, five_0, 9 * SECOND_US);
    list(ring, ring_from(ring), 16, text);
    assert_string_equal(text, "5:0 ");
    ring_free(&ring);
    live_table_unref(&table);
}

static void a_long_way_round_keeps_the_order(void **state)
{
    const struct ring_options options = {.bytes_max = 100 * ENTRY, .age_max_us = SECOND_US};
    const struct live_table *table = table_new();
    struct ring *ring = ring_new(&options);
    const struct change *changes[128];

    (void)state;
    for (uint64_t lsn = 1; lsn <= 1000; lsn++)
        put(ring, table, (struct position){lsn, 0}, 0);
    assert_int_equal(ring_take(ring, ring_from(ring), changes, 128), 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(changes[i]->position.lsn, 901 + i);
    ring_free(&ring);
    live_table_unref(&table);
}

static void places_are_written_and_read(void **state)
{
    static const struct {
        struct position position;
        const char *text;
    } cases[] = {
        {{0x16B3748, 3},               "0/16B3748:3"                 },
        {{0x16B3748, POSITION_ALL},    "0/16B3748"                   },
        {{0, 0},                       "0/0:0"                       },
        {{UINT64_MAX, UINT32_MAX - 1}, "FFFFFFFF/FFFFFFFF:4294967294"},
    };
    static const char *const wrong[] = {
        "",     "0",    "0/",      "/0",     "0/0/0", "0/123456789",
        "0/G",  "0/0:", "0/0:x",   "0/0:-1", " 0/0",  "0/0:4294967295",
        "0/0 ", "-1/0", "0/0:1:2", "0x1/2"};
    char room[POSITION_TEXT_MAX];
    struct position position;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str text = position_text(room, cases[i].position);
        assert_true(str_eq(text, str_from(cases[i].text)));
        assert_true(position_read(text, &position));
        assert_int_equal(position_order(position, cases[i].position), 0);
    }
    assert_true(position_read(STR("a/bC"), &position) && position.lsn == 0xA000000BC);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(position_read(str_from(wrong[i]), &position));
}

static void before_a_place_is_everything_else(void **state)
{
    (void)state;
    assert_int_equal(position_order(position_before(five_1), five_0), 0);
    assert_int_equal(position_order(position_before(five_0), (struct position){4, POSITION_ALL}),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_behind_a_place_is_found),
        cmocka_unit_test(the_oldest_leave_when_there_is_too_much),
        cmocka_unit_test(the_old_leave_with_time),
        cmocka_unit_test(a_new_start_forgets_and_what_is_there_is_not_put_twice),
        cmocka_unit_test(a_long_way_round_keeps_the_order),
        cmocka_unit_test(places_are_written_and_read),
        cmocka_unit_test(before_a_place_is_everything_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
