/* server/fleet: trust, beats and the mirror. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "fleet/fleet.h"

#define ROW(id) "{\"worker_id\":\"" id "\",\"hostname\":\"h\",\"cores\":4,\"last_heartbeat\":1.5}"

struct stand {
    arena *mem;
    struct fleet *fleet;
    const struct claims *key, *other;
};

static int start(void **state)
{
    struct stand *stand = calloc(1, sizeof(struct stand));

    stand->mem = arena_open();
    stand->fleet = fleet_new();
    fleet_set_hearing(stand->fleet, true);
    stand->key = claims_new(STR("postern_api"), STR(""), STR("{\"key_hash\":\"a\"}"), 0);
    stand->other = claims_new(STR("postern_api"), STR(""), STR("{\"key_hash\":\"b\"}"), 0);
    *state = stand;
    return 0;
}

static int stop(void **state)
{
    struct stand *stand = *state;

    claims_unref(&stand->key);
    claims_unref(&stand->other);
    fleet_free(&stand->fleet);
    arena_close(&stand->mem);
    free(stand);
    return 0;
}

static void admit(struct stand *stand, str row)
{
    fleet_admit(stand->fleet, fleet_mark(stand->fleet), stand->key, row);
}

static str beat(struct stand *stand, str id, str facts)
{
    struct buf all;

    buf_init(&all, stand->mem, 1 << 20);
    fleet_beat(stand->fleet, id, facts, &all);
    return buf_str(&all);
}

static str shown(struct stand *stand)
{
    struct buf buf;

    buf_init(&buf, stand->mem, 1 << 20);
    fleet_put(stand->fleet, &buf);
    return buf_str(&buf);
}

static bool has(str text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void trust_is_of_one_key_and_ends_with_a_doubt(void **state)
{
    struct stand *stand = *state;
    struct fleet *fleet = stand->fleet;

    assert_false(fleet_trusts(fleet, STR("n"), stand->key));
    admit(stand, STR(ROW("n")));
    admit(stand, STR(ROW("m")));
    assert_true(fleet_trusts(fleet, STR("n"), stand->key));
    assert_false(fleet_trusts(fleet, STR("n"), stand->other));
    fleet_doubt(fleet, STR("n"));
    assert_false(fleet_trusts(fleet, STR("n"), stand->key));
    assert_true(fleet_trusts(fleet, STR("m"), stand->key));
    admit(stand, STR(ROW("n")));
    fleet_doubt(fleet, STR(""));
    assert_false(fleet_trusts(fleet, STR("n"), stand->key));
    assert_false(fleet_trusts(fleet, STR("m"), stand->key));
}

static void a_doubt_while_the_database_is_asked_counts(void **state)
{
    struct stand *stand = *state;

    for (int i = 0; i < 2; i++) { /* first not known here, then known */
        uint64_t mark = fleet_mark(stand->fleet);
        fleet_doubt(stand->fleet, STR("n"));
        fleet_admit(stand->fleet, mark, stand->key, STR(ROW("n")));
        assert_false(fleet_trusts(stand->fleet, STR("n"), stand->key));
    }
}

static void nobody_listening_ends_trust(void **state)
{
    struct stand *stand = *state;

    admit(stand, STR(ROW("n")));
    fleet_set_hearing(stand->fleet, false);
    assert_false(fleet_trusts(stand->fleet, STR("n"), stand->key));
    admit(stand, STR(ROW("n")));
    assert_true(fleet_trusts(stand->fleet, STR("n"), stand->key)); /* for a second */
}

static void a_beat_says_what_it_may(void **state)
{
    static const struct {
        const char *facts, *want;
    } cases[] = {
        {"{}",                                   "\"tested\":0,"                  },
        {"{\"tested\":12}",                      "\"tested\":12,"                 },
        {"{\"tested\":-1}",                      "\"tested\":12,"                 },
        {"{\"tested\":\"5\"}",                   "\"tested\":12,"                 },
        {"{\"tested\":1.5}",                     "\"tested\":12,"                 },
        {"{\"current\":\"a\\\"b\"}",             "\"current\":\"a\\\"b\","        },
        {"{\"metrics\":{\"cpu\":[1, 2]}}",       "\"metrics\":{\"cpu\":[1, 2]}"   },
        {"{\"metrics\":null}",                   "\"metrics\":null"               },
        {"{\"hostname\":\"mine\",\"cores\":99}", "\"hostname\":\"h\",\"cores\":4,"},
        {"{\"worker_id\":\"x\"}",                "\"worker_id\":\"n\","           },
        {"[1]",                                  "\"worker_id\":\"n\","           },
    };
    struct stand *stand = *state;

    admit(stand, STR(ROW("n")));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(has(beat(stand, STR("n"), str_from(cases[i].facts)), cases[i].want));
        assert_true(has(shown(stand), cases[i].want));
    }
    assert_int_equal(beat(stand, STR("unknown"), STR("{}")).len, 0);
}

static void who_is_silent_is_not_shown(void **state)
{
    struct stand *stand = *state;

    fleet_seed(stand->fleet, STR("[" ROW("old") "," ROW("b") "," ROW("a") "]"));
    beat(stand, STR("b"), STR("{\"tested\":2,\"found\":1}"));
    beat(stand, STR("a"), STR("{\"tested\":3}"));
    str text = shown(stand);
    assert_true(str_starts(text, STR("{\"workers\":[{\"worker_id\":\"a\",")));
    assert_true(str_ends(
        text,
        STR("],\"total_workers\":2,\"total_cores\":8,\"total_tested\":5,\"total_found\":1}")));
    assert_false(has(text, "old"));
}

static int unwritten(struct stand *stand, int64_t *until_us)
{
    struct buf beats;

    buf_init(&beats, stand->mem, 1 << 20);
    return fleet_unwritten(stand->fleet, &beats, until_us);
}

static void beats_are_written_once_by_who_heard_them(void **state)
{
    struct stand *stand = *state;
    struct fleet *elsewhere = fleet_new();
    int64_t until_us;

    admit(stand, STR(ROW("n")));
    assert_int_equal(unwritten(stand, &until_us), 0);
    admit(stand, STR(ROW("n")));
    str all = beat(stand, STR("n"), STR("{\"tested\":9}"));
    assert_int_equal(unwritten(stand, &until_us), 1);
    assert_int_equal(unwritten(stand, &until_us), 1); /* until they are in the table */
    fleet_written(stand->fleet, until_us);
    assert_int_equal(unwritten(stand, &until_us), 0);

    fleet_hear(elsewhere, all);
    fleet_hear(elsewhere, STR("garbage"));
    fleet_hear(elsewhere, STR("{\"worker_id\":5,\"last_heartbeat\":9}"));
    struct stand other = {.mem = stand->mem, .fleet = elsewhere};
    assert_true(has(shown(&other), "\"tested\":9,"));
    assert_int_equal(unwritten(&other, &until_us), 0);
    fleet_free(&elsewhere);
}

static void commands_wait_in_order(void **state)
{
    struct stand *stand = *state;

    fleet_give_command(stand->fleet, STR("n"), STR("lost"));
    admit(stand, STR(ROW("n")));
    fleet_give_command(stand->fleet, STR("n"), STR("one"));
    fleet_give_command(stand->fleet, STR("n"), STR("two"));
    assert_true(str_eq(fleet_take_command(stand->fleet, STR("n"), stand->mem), STR("one")));
    assert_true(str_eq(fleet_take_command(stand->fleet, STR("n"), stand->mem), STR("two")));
    assert_null(fleet_take_command(stand->fleet, STR("n"), stand->mem).at);
}

/* The target is 5 ms for a thousand; sanitizers take their part. */
static void a_thousand_nodes_are_shown_quickly(void **state)
{
    struct stand *stand = *state;

    for (int i = 0; i < 1000; i++) {
        str id = arena_printf(stand->mem, "node-%d", i);
        admit(stand,
              arena_printf(stand->mem, "{\"worker_id\":\"node-%d\",\"hostname\":\"host\"}", i));
        beat(stand, id, STR("{\"tested\":1,\"metrics\":{\"cpu\":0.5,\"memory\":0.25}}"));
    }
    int64_t start_us = clock_us();
    str text = shown(stand);
    assert_true(clock_us() - start_us < 100000);
    assert_true(has(text, "\"total_workers\":1000,"));
}

static void what_a_node_says_takes_the_place_of_what_it_said(void **state)
{
    struct stand *stand = *state;

    admit(stand, STR("{\"worker_id\":\"q\\\"\",\"hostname\":\"h\",\"cores\":4}"));
    beat(stand, STR("q\""), STR("{\"current\":\"a much longer text\",\"found\":5}"));
    beat(stand, STR("q\""), STR("{\"current\":\"b\",\"metrics\":{\"cpu\":1}}"));
    beat(stand, STR("q\""), STR("{\"found\":null,\"checkpoint\":\"{\\\"at\\\":7}\"}"));
    str text = shown(stand);
    assert_int_equal(json_check(text), JSON_OBJECT);
    assert_true(str_starts(
        text, STR("{\"workers\":[{\"worker_id\":\"q\\\"\",\"hostname\":\"h\",\"cores\":4,"
                  "\"search_type\":\"\",\"search_params\":\"\",\"tested\":0,\"found\":0,"
                  "\"current\":\"b\",\"checkpoint\":\"{\\\"at\\\":7}\",\"metrics\":{\"cpu\":1},"
                  "\"uptime_secs\":")));
}

static void the_order_is_that_of_names_also_when_nodes_come(void **state)
{
    struct stand *stand = *state;
    static const char *const come[] = {"m", "a", "z", "b"};
    static const char *const want[] = {"m", "am", "amz", "abmz"};

    for (int i = 0; i < 4; i++) {
        char seen[8] = "";
        admit(stand, arena_printf(stand->mem, "{\"worker_id\":\"%s\"}", come[i]));
        beat(stand, str_from(come[i]), STR("{}"));
        str rest = shown(stand), name = STR("\"worker_id\":\"");
        for (const char *at = rest.at;
             (at = memmem(at, rest.len - (size_t)(at - rest.at), name.at, name.len)) != NULL;)
            strncat(seen, at += name.len, 1);
        assert_string_equal(seen, want[i]);
    }
}

static void the_table_is_read_by_one_at_a_time(void **state)
{
    struct fleet *fleet = ((struct stand *)*state)->fleet;

    assert_int_equal(fleet_seed_due(fleet), SEED_FIRST);
    fleet_seed_failed(fleet);
    assert_int_equal(fleet_seed_due(fleet), SEED_FIRST);
    fleet_seed(fleet, STR("[]"));
    assert_int_equal(fleet_seed_due(fleet), SEED_LATER);
}

static str in_snapshot(struct stand *stand, const char *snapshot)
{
    struct buf buf;

    buf_init(&buf, stand->mem, 1 << 20);
    fleet_put_snapshot(stand->fleet, str_from(snapshot), &buf);
    return arena_copy(stand->mem, buf_str(&buf)); /* with a NUL behind it */
}

static void the_snapshot_has_the_fleet_as_memory_knows_it(void **state)
{
    struct stand *stand = *state;
    int64_t now_s = clock_wall_us() / 1000000;

    str rows = arena_printf(
        stand->mem,
        "{\"status\" : {\"fleet\":1},\"fleet\":["
        "{\"worker_id\":\"b\",\"hostname\":\"one\",\"cores\":4,\"tested\":5,"
        "\"metrics\":{\"cpu\":1},\"registered_at\":%lld,\"last_heartbeat\":%lld},"
        "{\"worker_id\":\"a\",\"hostname\":\"two\",\"cores\":2,"
        "\"checkpoint\":\"{\\\"at\\\":1}\",\"last_heartbeat\":%lld},"
        "{\"worker_id\":\"c\",\"hostname\":\"one\",\"cores\":1,\"found\":2,"
        "\"checkpoint\":\"no JSON\",\"last_heartbeat\":%lld}],\"last\":[1]}",
        (long long)now_s - 60, (long long)now_s, (long long)now_s, (long long)now_s - 10);
    str all = in_snapshot(stand, rows.at);
    assert_int_equal(json_check(all), JSON_OBJECT);
    assert_true(str_starts(
        all, STR("{\"status\":{\"fleet\":1},\"fleet\":{\"workers\":[{\"worker_id\":\"a\"")));
    assert_true(str_ends(all, STR("\"total_workers\":3,\"total_cores\":7,\"total_tested\":5,"
                                  "\"total_found\":2},\"last\":[1]}")));
    assert_non_null(strstr(all.at, "\"checkpoint\":{\"at\":1}"));
    assert_non_null(strstr(all.at, "\"checkpoint\":\"no JSON\""));
    assert_non_null(strstr(all.at,
                           "\"servers\":[{\"hostname\":\"one\",\"role\":\"compute\","
                           "\"metrics\":{\"cpu\":1},\"worker_count\":2,\"cores\":5,"
                           "\"worker_ids\":[\"b\",\"c\"],\"total_tested\":5,\"total_found\":2"));
    assert_non_null(strstr(all.at, "{\"hostname\":\"two\",\"role\":\"compute\",\"metrics\":null"));

    beat(stand, STR("a"), STR("{\"tested\":99}"));
    assert_non_null(strstr(in_snapshot(stand, "{\"fleet\":[]}").at, "\"total_tested\":104"));
    assert_true(str_eq(in_snapshot(stand, "[1]"), STR("[1]")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(trust_is_of_one_key_and_ends_with_a_doubt, start, stop),
        cmocka_unit_test_setup_teardown(a_doubt_while_the_database_is_asked_counts, start, stop),
        cmocka_unit_test_setup_teardown(nobody_listening_ends_trust, start, stop),
        cmocka_unit_test_setup_teardown(a_beat_says_what_it_may, start, stop),
        cmocka_unit_test_setup_teardown(who_is_silent_is_not_shown, start, stop),
        cmocka_unit_test_setup_teardown(beats_are_written_once_by_who_heard_them, start, stop),
        cmocka_unit_test_setup_teardown(the_snapshot_has_the_fleet_as_memory_knows_it, start, stop),
        cmocka_unit_test_setup_teardown(commands_wait_in_order, start, stop),
        cmocka_unit_test_setup_teardown(what_a_node_says_takes_the_place_of_what_it_said, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_order_is_that_of_names_also_when_nodes_come, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_table_is_read_by_one_at_a_time, start, stop),
        cmocka_unit_test_setup_teardown(a_thousand_nodes_are_shown_quickly, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
