/* server/limit/tally.c: what is counted is written once, and a month has its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "limit/tally.h"
#include "limit/tenants.h"

#define DAY_S INT64_C(86400)
#define NOVEMBER INT64_C(1795651200) /* 2026-11-26 00:00 UTC */

static struct tally_verdict take(struct tally *tally, const char *key, int64_t quota, int64_t now)
{
    const struct tally_ask ask = {
        .key = str_from(key), .tenant = STR(""), .quota = quota, .now = now};
    return tally_take(tally, &ask);
}

static void assert_batch(struct tally *tally, const char *want)
{
    arena *mem = arena_open();
    struct buf json;

    buf_init(&json, mem, TALLY_JSON_MAX);
    int count = tally_read(tally, &json);
    assert_int_equal(count > 0, want[0] != '\0');
    assert_int_equal(json.len, strlen(want));
    assert_memory_equal(buf_str(&json).at == NULL ? "" : buf_str(&json).at, want, strlen(want));
    arena_close(&mem);
}

#define ROW(requests, refused, key, tenant)                                                        \
    "{\"day\":20783,\"requests\":" #requests ",\"refused\":" #refused ",\"key\":\"" key            \
    "\",\"tenant\":\"" tenant "\"}"

static void what_is_written_is_not_written_again(void **state)
{
    struct tally *tally = tally_new();

    (void)state;
    assert_false(tally_any(tally));
    assert_batch(tally, "");
    take(tally, "a", 0, NOVEMBER);
    take(tally, "a", 0, NOVEMBER + 5);
    assert_true(tally_any(tally));
    assert_batch(tally, "[" ROW(2, 0, "a", "") "]");
    take(tally, "a", 0, NOVEMBER); /* while it is being written */
    tally_written(tally, true);
    assert_batch(tally, "[" ROW(1, 0, "a", "") "]");
    tally_written(tally, true);
    assert_batch(tally, "");
    tally_written(tally, true);
    assert_false(tally_any(tally));
    tally_free(&tally);
}

static void what_was_not_written_is_written_later(void **state)
{
    struct tally *tally = tally_new();
    const struct tally_ask ask = {.key = STR("a"), .tenant = STR(""), .now = NOVEMBER};

    (void)state;
    take(tally, "a", 0, NOVEMBER);
    assert_batch(tally, "[" ROW(1, 0, "a", "") "]");
    tally_refuse(tally, &ask);
    tally_written(tally, false);
    assert_batch(tally, "[" ROW(1, 1, "a", "") "]");
    tally_free(&tally);
}

static void a_row_is_of_a_day_a_key_and_a_tenant(void **state)
{
    struct tally *tally = tally_new();
    const struct tally_ask asks[] = {
        {.key = STR(""),  .tenant = STR("ant"), .now = NOVEMBER            },
        {.key = STR("a"), .tenant = STR("ant"), .now = NOVEMBER            },
        {.key = STR("a"), .tenant = STR("bee"), .now = NOVEMBER            },
        {.key = STR("a"), .tenant = STR("bee"), .now = NOVEMBER + DAY_S    },
        {.key = STR("a"), .tenant = STR("bee"), .now = NOVEMBER + DAY_S - 1}, /* the third again */
    };
    arena *mem = arena_open();
    struct buf json;

    (void)state;
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
        assert_true(tally_take(tally, &asks[i]).counted);
    buf_init(&json, mem, TALLY_JSON_MAX);
    assert_int_equal(tally_read(tally, &json), 4);
    arena_close(&mem);
    tally_free(&tally);
}

static void a_name_that_is_too_long_is_none(void **state)
{
    struct tally *tally = tally_new();
    char name[TALLY_NAME_MAX + 1];
    const struct tally_ask ask = {
        .key = STR("a"), .tenant = {name, sizeof(name)},
             .now = NOVEMBER
    };

    (void)state;
    memset(name, 'x', sizeof(name));
    tally_take(tally, &ask);
    assert_batch(tally, "[" ROW(1, 0, "a", "") "]");
    tally_free(&tally);
}

static void too_many_rows_are_refused_and_said_so(void **state)
{
    struct tally *tally = tally_new();
    char key[16];

    (void)state;
    for (int i = 0; i < TALLY_ROWS_MAX; i++) {
        snprintf(key, sizeof(key), "%d", i);
        assert_true(take(tally, key, 0, NOVEMBER).counted);
    }
    assert_false(take(tally, "more", 0, NOVEMBER).counted);
    assert_true(take(tally, "more", 0, NOVEMBER).allowed);
    assert_true(take(tally, "1", 0, NOVEMBER).counted);
    tally_free(&tally);
}

static void a_quota_is_for_a_month(void **state)
{
    static const struct {
        int64_t now;
        bool allowed;
        int64_t left, ends_s;
    } steps[] = {
        {NOVEMBER,             true,  2, 5 * DAY_S    },
        {NOVEMBER + 1,         true,  1, 5 * DAY_S - 1},
        {NOVEMBER + DAY_S,     true,  0, 4 * DAY_S    },
        {NOVEMBER + DAY_S,     false, 0, 4 * DAY_S    },
        {NOVEMBER + 5 * DAY_S, true,  2, 31 * DAY_S   }, /* December */
    };
    struct tally *tally = tally_new();

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct tally_verdict verdict = take(tally, "a", 3, steps[i].now);
        assert_int_equal(verdict.allowed, steps[i].allowed);
        assert_int_equal(verdict.left, steps[i].left);
        assert_int_equal(verdict.ends_s, steps[i].ends_s);
    }
    assert_true(take(tally, "b", 3, NOVEMBER).allowed);
    tally_free(&tally);
}

/* Ten of a hundred are left when this process begins; then it hears what another has counted. */
static void a_quota_counts_what_others_have_counted(void **state)
{
    struct tally *tally = tally_new();
    struct tally_ask ask = {.key = STR("a"),
                            .tenant = STR(""),
                            .quota = 100,
                            .spent = 90,
                            .spent_month = tally_month(NOVEMBER),
                            .now = NOVEMBER};

    (void)state;
    assert_int_equal(tally_take(tally, &ask).left, 9);
    assert_batch(tally, "[" ROW(1, 0, "a", "") "]");
    assert_int_equal(tally_take(tally, &ask).left, 8);
    tally_written(tally, true);
    assert_int_equal(tally_take(tally, &ask).left, 7);
    tally_learn(tally, STR("a"), tally_month(NOVEMBER), 95); /* ours 91, theirs 4 */
    assert_int_equal(tally_take(tally, &ask).left, 2);       /* 95, two that wait, and this */
    tally_learn(tally, STR("a"), tally_month(NOVEMBER) - 1, 5);
    tally_learn(tally, STR("unknown"), tally_month(NOVEMBER), 5);
    assert_int_equal(tally_take(tally, &ask).left, 1);
    ask.spent_month--; /* what was spent last month counts for nothing */
    struct tally *fresh = tally_new();
    assert_int_equal(tally_take(fresh, &ask).left, 99);
    tally_free(&fresh);
    tally_free(&tally);
}

static void a_metric_names_as_many_tenants_as_it_may(void **state)
{
    static const char *const asks[] = {"ant", "bee", "ant", "cat", "dog", "", "bee\\\"\n"};
    struct tenants *tenants = tenants_new(2), *none = tenants_new(0);
    arena *mem = arena_open();
    struct buf text;

    (void)state;
    assert_null(none);
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        tenants_count(tenants, str_from(asks[i]));
        tenants_count(none, str_from(asks[i]));
    }
    buf_init(&text, mem, 4096);
    tenants_put(none, &text);
    assert_int_equal(text.len, 0);
    tenants_put(tenants, &text);
    const char *told = arena_cstr(mem, buf_str(&text));
    assert_non_null(strstr(told, "\npostern_tenant_requests_total{tenant=\"ant\"} 2\n"));
    assert_non_null(strstr(told, "\npostern_tenant_requests_total{tenant=\"bee\"} 1\n"));
    assert_non_null(strstr(told, "\npostern_tenant_requests_total{tenant=\"other\"} 3\n"));
    assert_null(strstr(told, "cat"));
    tenants_free(&tenants);
    arena_close(&mem);
}

static void a_label_is_escaped(void **state)
{
    struct tenants *tenants = tenants_new(1);
    arena *mem = arena_open();
    struct buf text;

    (void)state;
    tenants_count(tenants, STR("a\"b\\c\nd"));
    buf_init(&text, mem, 4096);
    tenants_put(tenants, &text);
    assert_non_null(strstr(arena_cstr(mem, buf_str(&text)), "{tenant=\"a\\\"b\\\\c\\nd\"} 1\n"));
    tenants_free(&tenants);
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_not_written_again),
        cmocka_unit_test(what_was_not_written_is_written_later),
        cmocka_unit_test(a_row_is_of_a_day_a_key_and_a_tenant),
        cmocka_unit_test(a_name_that_is_too_long_is_none),
        cmocka_unit_test(too_many_rows_are_refused_and_said_so),
        cmocka_unit_test(a_quota_is_for_a_month),
        cmocka_unit_test(a_quota_counts_what_others_have_counted),
        cmocka_unit_test(a_metric_names_as_many_tenants_as_it_may),
        cmocka_unit_test(a_label_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
