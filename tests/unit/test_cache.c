/* server/cache: one leader, many followers; age, drops, stale answers, bounds, entity tags */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fail.h"
#include "cache/cache.h"

struct world {
    struct metrics metrics;
    struct cache *cache;
};

static int open_world(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    world->cache = cache_new(&world->metrics);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    cache_free(&world->cache);
    free(world);
    return 0;
}

/* A request at the cache, and what it was told. */
struct asker {
    struct cache_seat seat;
    int woken;
    const struct cached *cached;
    const struct fail *fail;
};

static void note(void *arg, const struct cached *cached, const struct fail *fail)
{
    struct asker *asker = arg;
    asker->woken++;
    asker->cached = cached == NULL ? NULL : cached_ref(cached);
    asker->fail = fail;
}

static enum cache_found ask(struct world *world, struct asker *asker, const char *key,
                            struct cache_found_answer *answer)
{
    *asker = (struct asker){
        .seat = {.wake = note, .arg = asker}
    };
    return cache_ask(world->cache, str_from(key), &asker->seat, answer);
}

enum { LONG = 1800 * 1000000 };

static void put(struct world *world, struct asker *leader, const char *body, int64_t ttl_us)
{
    const struct cached *cached = cache_put(
        world->cache, &leader->seat,
        &(struct cache_new_answer){
            .body = str_from(body), .reads = STR("private.a, private.b"), .ttl_us = ttl_us});
    cached_unref(&cached);
}

static void many_misses_have_one_leader(void **state)
{
    struct world *world = *state;
    struct cache_found_answer answer;
    struct asker leader, followers[3], other;

    assert_int_equal(ask(world, &leader, "k", &answer), CACHE_LEAD);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(world, &followers[i], "k", &answer), CACHE_FOLLOW);
    assert_int_equal(ask(world, &other, "j", &answer), CACHE_LEAD);
    cache_leave(world->cache, &followers[1].seat);
    put(world, &leader, "body", LONG);
    assert_int_equal(followers[0].woken, 1);
    assert_int_equal(followers[1].woken, 0);
    assert_int_equal(followers[2].woken, 1);
    assert_true(str_eq(followers[2].cached->body, STR("body")));
    assert_int_equal(other.woken, 0);
    cached_unref(&followers[0].cached);
    cached_unref(&followers[2].cached);
    cache_leave(world->cache, &other.seat);

    assert_int_equal(ask(world, &other, "k", &answer), CACHE_HIT);
    assert_true(str_eq(answer.cached->body, STR("body")));
    assert_true(answer.left_us > 0 && answer.left_us <= LONG);
    cache_leave(world->cache, &other.seat);
    assert_int_equal(world->metrics.values[METRIC_CACHE_HITS], 1);
    assert_int_equal(world->metrics.values[METRIC_CACHE_MISSES], 5);
}

static void a_leader_that_leaves_hands_over(void **state)
{
    struct world *world = *state;
    struct cache_found_answer answer;
    struct asker a, b, c;

    ask(world, &a, "k", &answer);
    ask(world, &b, "k", &answer);
    ask(world, &c, "k", &answer);
    cache_leave(world->cache, &a.seat);
    assert_int_equal(b.woken, 1);
    assert_null(b.cached);
    assert_null(b.fail);
    assert_int_equal(c.woken, 0);
    put(world, &b, "x", LONG);
    assert_int_equal(c.woken, 1);
    assert_non_null(c.cached);
    cached_unref(&c.cached);
    cache_leave(world->cache, &b.seat); /* its seat is empty: nothing happens */

    ask(world, &a, "alone", &answer);
    cache_leave(world->cache, &a.seat);
    assert_int_equal(ask(world, &a, "alone", &answer), CACHE_LEAD);
    cache_leave(world->cache, &a.seat);
}

static void a_failure_reaches_all_and_leaves_the_old_answer(void **state)
{
    struct world *world = *state;
    struct cache_found_answer answer;
    struct fail fail = {.status = 503};
    struct asker a, b;

    ask(world, &a, "k", &answer);
    ask(world, &b, "k", &answer);
    assert_null(cache_fail(world->cache, &a.seat, &fail, CACHE_KEEP));
    assert_ptr_equal(b.fail, &fail);
    assert_null(b.cached);

    ask(world, &a, "k", &answer);
    put(world, &a, "old", 0); /* is stale at once */
    assert_int_equal(ask(world, &a, "k", &answer), CACHE_LEAD);
    assert_int_equal(ask(world, &b, "k", &answer), CACHE_FOLLOW);
    const struct cached *old = cache_fail(world->cache, &a.seat, &fail, CACHE_KEEP);
    assert_true(str_eq(old->body, STR("old")));
    assert_ptr_equal(b.fail, &fail);
    assert_true(str_eq(b.cached->body, STR("old")));
    cached_unref(&b.cached);
    cached_unref(&old);
    assert_int_equal(ask(world, &a, "k", &answer), CACHE_STALE);
    assert_true(answer.left_us <= 0);
    assert_int_equal(world->metrics.values[METRIC_CACHE_STALE], 1);
    cache_leave(world->cache, &a.seat);

    ask(world, &a, "gone", &answer);
    put(world, &a, "old", 0);
    ask(world, &a, "gone", &answer);
    assert_null(cache_fail(world->cache, &a.seat, &fail, CACHE_FORGET));
    assert_int_equal(ask(world, &a, "gone", &answer), CACHE_LEAD);
    cache_leave(world->cache, &a.seat);
}

static void a_drop_concerns_what_reads_the_relation(void **state)
{
    static const struct {
        const char *relations;
        enum cache_found want;
    } cases[] = {
        {"private.c",             CACHE_HIT },
        {"private",               CACHE_HIT },
        {"private.c,private.b",   CACHE_LEAD},
        {"private.a , private.x", CACHE_LEAD},
        {"",                      CACHE_LEAD},
    };
    struct world *world = *state;
    struct cache_found_answer answer;
    struct asker a, b;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (ask(world, &a, "k", &answer) == CACHE_LEAD)
            put(world, &a, "x", LONG);
        cache_drop(world->cache, str_from(cases[i].relations));
        assert_int_equal(ask(world, &a, "k", &answer), cases[i].want);
        cache_leave(world->cache, &a.seat);
    }
    /* An answer that was being made when its relation changed is used, and not kept as fresh. */
    assert_int_equal(ask(world, &a, "k", &answer), CACHE_LEAD);
    assert_int_equal(ask(world, &b, "k", &answer), CACHE_FOLLOW);
    cache_drop(world->cache, STR("private.a"));
    put(world, &a, "y", LONG);
    assert_true(str_eq(b.cached->body, STR("y")));
    cached_unref(&b.cached);
    assert_int_equal(ask(world, &a, "k", &answer), CACHE_LEAD);
    cache_leave(world->cache, &a.seat);
}

static void the_cache_is_bounded_and_the_oldest_leaves(void **state)
{
    enum { COUNT = 300, BODY = 200000 };
    struct world *world = *state;
    struct cache_found_answer answer;
    char *body = malloc(BODY);
    struct asker a, busy;
    char key[32];

    memset(body, 'x', BODY);
    assert_int_equal(ask(world, &busy, "busy", &answer), CACHE_LEAD);
    for (int i = 0; i < COUNT; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        assert_int_equal(ask(world, &a, key, &answer), CACHE_LEAD);
        const struct cached *cached = cache_put(world->cache, &a.seat,
                                                &(struct cache_new_answer){
                                                    .body = {body, BODY},
                                                      .ttl_us = LONG
        });
        cached_unref(&cached);
        /* The first key is used all the time. */
        assert_int_equal(ask(world, &a, "key 0", &answer), CACHE_HIT);
    }
    assert_int_equal(ask(world, &a, "key 1", &answer), CACHE_LEAD);
    cache_leave(world->cache, &a.seat);
    int kept = 0;
    for (int i = 0; i < COUNT; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        kept += ask(world, &a, key, &answer) == CACHE_HIT;
        cache_leave(world->cache, &a.seat);
    }
    assert_in_range(kept, CACHE_BYTES_MAX / BODY - 10, CACHE_BYTES_MAX / BODY);
    put(world, &busy, "still there", LONG);
    assert_int_equal(ask(world, &a, "busy", &answer), CACHE_HIT);
    free(body);
}

static void an_answer_made_elsewhere_is_as_old_as_it_is(void **state)
{
    struct world *world = *state;
    struct cache_found_answer answer;
    struct asker a;

    ask(world, &a, "k", &answer);
    const struct cached *cached =
        cache_put(world->cache, &a.seat,
                  &(struct cache_new_answer){
                      .body = STR("x"), .reads = STR(""), .ttl_us = LONG, .age_us = LONG / 3});
    assert_in_range(clock_us() - cached->made_us, LONG / 3, LONG / 3 + 60 * 1000000);
    cached_unref(&cached);
    assert_int_equal(ask(world, &a, "k", &answer), CACHE_HIT);
    assert_in_range(answer.left_us, LONG / 3, LONG - LONG / 3);
}

static void a_huge_answer_is_used_once(void **state)
{
    struct world *world = *state;
    struct cache_found_answer answer;
    char *body = calloc(1, CACHE_ANSWER_MAX + 1);
    struct asker a;

    ask(world, &a, "k", &answer);
    const struct cached *cached =
        cache_put(world->cache, &a.seat,
                  &(struct cache_new_answer){
                      .body = {body, CACHE_ANSWER_MAX + 1},
                        .ttl_us = LONG
    });
    assert_int_equal(cached->body.len, CACHE_ANSWER_MAX + 1);
    cached_unref(&cached);
    assert_int_equal(ask(world, &a, "k", &answer), CACHE_LEAD);
    cache_leave(world->cache, &a.seat);
    free(body);
}

static void a_cache_that_is_freed_empties_its_seats(void **state)
{
    struct world *world = *state;
    struct cache_found_answer answer;
    struct asker a, b;

    ask(world, &a, "k", &answer);
    ask(world, &b, "k", &answer);
    cache_free(&world->cache);
    assert_null(a.seat.entry);
    assert_null(b.seat.entry);
    assert_int_equal(b.woken, 0);
    cache_leave(NULL, &a.seat);
    cache_leave(NULL, &b.seat);
}

static void entity_tags_compare_weakly(void **state)
{
    static const struct {
        const char *header;
        bool want;
    } cases[] = {
        {NULL,               false},
        {"",                 false},
        {"\"abc\"",          true },
        {"W/\"abc\"",        true },
        {"\"x\", W/\"abc\"", true },
        {"*",                true },
        {"\"abcd\"",         false},
        {"abc",              false},
    };
    char one[ETAG_LEN], two[ETAG_LEN];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(etag_matches(str_from(cases[i].header), STR("\"abc\"")), cases[i].want);
    etag_make(STR("body"), one);
    etag_make(STR("bodz"), two);
    assert_int_equal(one[0], '"');
    assert_int_equal(one[ETAG_LEN - 1], '"');
    assert_memory_not_equal(one, two, ETAG_LEN);
    assert_memory_not_equal(one + 1, one + 17, 16);
}

static void entity_tags_differ_when_any_byte_does(void **state)
{
    char body[100] = {0}, whole[ETAG_LEN], other[ETAG_LEN];
    (void)state;

    for (size_t len = 0; len <= sizeof(body); len++) {
        etag_make((str){body, len}, whole);
        for (size_t i = 0; i < len; i++) {
            body[i] ^= 1;
            etag_make((str){body, len}, other);
            assert_memory_not_equal(whole, other, ETAG_LEN);
            body[i] ^= 1;
        }
        etag_make((str){body, len}, other);
        assert_memory_equal(whole, other, ETAG_LEN);
        if (len == 0)
            continue;
        etag_make((str){body, len - 1}, other); /* a zero less is another body */
        assert_memory_not_equal(whole, other, ETAG_LEN);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_misses_have_one_leader),
        TEST(a_leader_that_leaves_hands_over),
        TEST(a_failure_reaches_all_and_leaves_the_old_answer),
        TEST(a_drop_concerns_what_reads_the_relation),
        TEST(the_cache_is_bounded_and_the_oldest_leaves),
        TEST(an_answer_made_elsewhere_is_as_old_as_it_is),
        TEST(a_huge_answer_is_used_once),
        TEST(a_cache_that_is_freed_empties_its_seats),
        TEST(entity_tags_compare_weakly),
        TEST(entity_tags_differ_when_any_byte_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
