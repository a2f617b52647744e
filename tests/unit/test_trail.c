/* server/live/trail.c: which channel was here before, and where it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/limits.h"
#include "live/trail.h"

enum { SECOND_US = 1000000, AGE_S = 300 };
/* Two keys. */
enum { NOTES = 1, OTHERS };

static struct position at(uint64_t lsn)
{
    return (struct position){lsn, POSITION_ALL};
}

/* A channel that has joined: its socket's last ref, and where it is. */
static struct trail *join(struct trails *trails, uint64_t socket, int64_t ref, uint64_t lsn)
{
    struct trail *trail = trail_new(trails, NOTES, socket);

    trail_note(trail, ref, at(lsn));
    return trail;
}

static void lose(struct trails *trails, uint64_t socket, int64_t ref, uint64_t lsn)
{
    struct trail *trail = join(trails, socket, ref, lsn);
    trail_lose(&trail, ref, SECOND_US);
}

/* Where one that comes goes on; 0: it was never here. */
static uint64_t come(struct trails *trails, uint64_t key, uint64_t socket, int64_t first_ref)
{
    const struct comer comer = {.key = key, .socket = socket, .first_ref = first_ref};
    struct missed missed;

    return trails_follow(trails, &comer, &missed) ? missed.from.lsn : 0;
}

static void who_goes_on_counting_was_here_before(void **state)
{
    static const struct {
        uint64_t key, socket;
        int64_t first_ref;
        uint64_t from;
    } cases[] = {
        {NOTES,  9, 41, 700}, /* it had 40 */
        {NOTES,  9, 99, 700},
        {NOTES,  9, 40, 0  }, /* somebody else, who has counted less far */
        {NOTES,  9, 1,  0  }, /* a page that was just opened */
        {NOTES,  9, 0,  0  }, /* one that does not count */
        {NOTES,  5, 1,  700}, /* its own socket, which has lost nothing but the channel */
        {OTHERS, 9, 41, 0  },
        {OTHERS, 5, 41, 0  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct trails *trails = trails_new(AGE_S * INT64_C(1000000));
        lose(trails, 5, 40, 700);
        assert_int_equal(come(trails, cases[i].key, cases[i].socket, cases[i].first_ref),
                         cases[i].from);
        assert_int_equal(trails_lost(trails), cases[i].from == 0);
        assert_int_equal(come(trails, cases[i].key, cases[i].socket, cases[i].first_ref), 0);
        trails_free(&trails);
    }
}

/* Two windows of one user: the closest, unless both may be meant. */
static void of_two_windows_that_cannot_be_told_apart_nobody_loses(void **state)
{
    static const struct {
        int64_t one, other, first_ref;
        uint64_t from; /* one was at 500, the other at 300 */
        size_t kept;
    } cases[] = {
        {40,                   100, 41,  500, 1},
        {40,                   100, 101, 300, 1},
        {100,                  40,  101, 500, 1},
        {40,                   41,  42,  300, 2},
        {41,                   40,  42,  300, 2},
        {40 + LIVE_TRAIL_REFS, 40,  99,  300, 2},
        {41 + LIVE_TRAIL_REFS, 40,  99,  500, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct trails *trails = trails_new(AGE_S * INT64_C(1000000));
        lose(trails, 5, cases[i].one, 500);
        lose(trails, 6, cases[i].other, 300);
        assert_int_equal(come(trails, NOTES, 9, cases[i].first_ref), cases[i].from);
        assert_int_equal(trails_lost(trails), cases[i].kept);
        trails_free(&trails);
    }
}

static void a_socket_that_still_seems_open_counts_and_stays(void **state)
{
    struct trails *trails = trails_new(AGE_S * INT64_C(1000000));
    struct trail *trail = join(trails, 5, 40, 700);

    (void)state;
    assert_int_equal(come(trails, NOTES, 9, 41), 700);
    assert_int_equal(come(trails, NOTES, 5, 41), 0); /* the channel itself */
    trail_note(trail, 43, at(800));
    assert_int_equal(come(trails, NOTES, 9, 43), 0);
    assert_int_equal(come(trails, NOTES, 9, 44), 800);
    trail_lose(&trail, 50, SECOND_US);
    assert_null(trail);
    assert_int_equal(come(trails, NOTES, 9, 50), 0);
    assert_int_equal(come(trails, NOTES, 9, 51), 800);
    assert_int_equal(come(trails, NOTES, 9, 51), 0);
    trails_free(&trails);
}

static void with_another_token_it_is_somebody_elses(void **state)
{
    struct trails *trails = trails_new(AGE_S * INT64_C(1000000));
    struct trail *trail = join(trails, 5, 40, 700);

    (void)state;
    trail_rename(trail, NOTES);
    assert_int_equal(come(trails, NOTES, 9, 41), 700);
    trail_rename(trail, OTHERS);
    assert_int_equal(come(trails, NOTES, 9, 41), 0);
    assert_int_equal(come(trails, OTHERS, 9, 41), 700);
    trail_lose(&trail, 40, SECOND_US);
    assert_int_equal(come(trails, OTHERS, 9, 41), 700);
    trails_free(&trails);
}

static void who_left_was_never_here(void **state)
{
    struct trails *trails = trails_new(AGE_S * INT64_C(1000000));
    struct trail *trail = join(trails, 5, 40, 700);

    (void)state;
    trail_free(&trail);
    assert_null(trail);
    trail_free(&trail);
    assert_int_equal(come(trails, NOTES, 9, 41), 0);
    assert_int_equal(come(trails, NOTES, 5, 41), 0);
    trails_free(&trails);
}

static void what_is_lost_is_kept_for_a_while_and_no_more_than_so_much(void **state)
{
    struct trails *trails = trails_new(AGE_S * INT64_C(1000000));

    (void)state;
    for (int i = 0; i <= LIVE_TRAILS_MAX; i++)
        lose(trails, (uint64_t)i + 5, 40 + i, 700 + (uint64_t)i);
    assert_int_equal(trails_lost(trails), LIVE_TRAILS_MAX);
    assert_int_equal(come(trails, NOTES, 1, 41), 0); /* the first */
    assert_int_equal(come(trails, NOTES, 1, 42), 701);
    trails_age(trails, (AGE_S + 1) * INT64_C(1000000));
    assert_int_equal(trails_lost(trails), LIVE_TRAILS_MAX - 1);
    trails_age(trails, (AGE_S + 1) * INT64_C(1000000) + 1);
    assert_int_equal(trails_lost(trails), 0);
    trails_free(&trails);
}

static void positions_of_another_stream_are_unknown(void **state)
{
    static const struct comer comer = {.key = NOTES, .socket = 9, .first_ref = 50};
    struct trails *trails = trails_new(AGE_S * INT64_C(1000000));
    struct trail *trail = join(trails, 5, 40, 700);
    struct missed missed;

    (void)state;
    trails_forget_positions(trails);
    assert_true(trails_follow(trails, &comer, &missed));
    assert_true(missed.unknown);
    trail_note(trail, 41, at(100));
    assert_true(trails_follow(trails, &comer, &missed));
    assert_false(missed.unknown);
    assert_int_equal(missed.from.lsn, 100);
    lose(trails, 6, 42, 90);
    trails_forget_positions(trails);
    assert_true(trails_follow(trails, &comer, &missed));
    assert_true(missed.unknown);
    trail_free(&trail);
    trails_free(&trails);
}

static void sockets_have_numbers_of_their_own(void **state)
{
    struct trails *trails = trails_new(AGE_S * INT64_C(1000000));

    (void)state;
    assert_int_equal(trails_socket(trails), 1);
    assert_int_equal(trails_socket(trails), 2);
    trails_free(&trails);
    assert_null(trails);
    trails_free(&trails);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_goes_on_counting_was_here_before),
        cmocka_unit_test(of_two_windows_that_cannot_be_told_apart_nobody_loses),
        cmocka_unit_test(a_socket_that_still_seems_open_counts_and_stays),
        cmocka_unit_test(with_another_token_it_is_somebody_elses),
        cmocka_unit_test(who_left_was_never_here),
        cmocka_unit_test(what_is_lost_is_kept_for_a_while_and_no_more_than_so_much),
        cmocka_unit_test(positions_of_another_stream_are_unknown),
        cmocka_unit_test(sockets_have_numbers_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
