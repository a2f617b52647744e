/* server/live/finds.c: what is told of primes that were found */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "live/finds.h"
#include "live/plain.h"

enum { TEXT_MAX = 1 << 16, COLUMNS = 5 };

/* All frames, each on a line. */
struct told {
    char text[TEXT_MAX];
    size_t len;
};

static void on_send(void *arg, struct message *message)
{
    struct told *told = arg;
    str payload = message_payload(message);

    assert_int_equal(json_check(payload), JSON_OBJECT);
    assert_true(message->droppable);
    assert_true(told->len + payload.len + 2 < sizeof(told->text));
    memcpy(told->text + told->len, payload.at, payload.len);
    told->len += payload.len;
    told->text[told->len++] = '\n';
    told->text[told->len] = '\0';
}

static int count(const struct told *told, const char *part)
{
    int found = 0;

    for (const char *at = told->text; (at = strstr(at, part)) != NULL; at++)
        found++;
    return found;
}

struct prime {
    const char *id, *form, *expression, *digits;
};

static const struct change *change_of(const struct prime *prime, enum change_op op,
                                      const char *table_name)
{
    struct live_column columns[COLUMNS] = {
        {.name = STR("id"), .key = true},
        {.name = STR("form")                },
        {.name = STR("expression")},
        {.name = STR("digits")                },
        {.name = STR("proof_method")}
    };
    const struct live_table like = {.schema = STR("public"),
                                    .name = str_from(table_name),
                                    .identity = IDENTITY_KEY,
                                    .columns = columns,
                                    .ncolumns = COLUMNS};
    const char *values[COLUMNS] = {prime->id, prime->form, prime->expression, prime->digits, "p"};
    const struct live_table *table = live_table_copy(&like);
    struct change *change = change_new(op, table, 0);

    live_table_unref(&table);
    for (int i = 0; i < COLUMNS && change->row != NULL; i++)
        change->row[i] = (struct live_value){VALUE_TEXT, str_from(values[i])};
    change->position = (struct position){.lsn = 16, .index = 2};
    change->committed_us = 1700000000123456;
    return change;
}

static void take(struct finds *finds, const struct prime *prime, enum change_op op,
                 const char *table)
{
    const struct change *change = change_of(prime, op, table);

    finds_take(finds, &change, 1);
    change_unref(&change);
}

static const struct prime first = {"7", "kbn", "3*2^5+1", "2"};

static void a_find_is_told_and_a_notification_comes_with_the_first_of_its_form(void **state)
{
    struct told *told = calloc(1, sizeof(struct told));
    struct finds *finds = finds_new(on_send, told);

    (void)state;
    take(finds, &first, CHANGE_INSERT, "primes");
    assert_string_equal(
        told->text,
        "{\"type\":\"prime_found\",\"prime\":{\"form\":\"kbn\",\"expression\":\"3*2^5+1\","
        "\"digits\":2,\"proof_method\":\"p\",\"timestamp_ms\":1700000000123},\"lsn\":\"0/10:2\"}\n"
        "{\"type\":\"notification\",\"notification\":{\"id\":7,\"kind\":\"prime\",\"title\":"
        "\"1 kbn prime found\",\"details\":[\"3*2^5+1\"],\"count\":1,\"timestamp_ms\":"
        "1700000000123},\"lsn\":\"0/10:2\"}\n");
    for (int i = 0; i < 3; i++)
        take(finds, &first, CHANGE_INSERT, "primes");
    finds_tick(finds);
    assert_int_equal(count(told, "prime_found"), 4);
    assert_int_equal(count(told, "\"notification\":{"), 1); /* the others gather */
    take(finds, &(struct prime){"8", "palindromic", "101", "3"}, CHANGE_INSERT, "primes");
    assert_int_equal(count(told, "1 palindromic prime found"), 1);
    finds_free(&finds);
    assert_null(finds);
    free(told);
}

static void what_is_no_find_is_not_told(void **state)
{
    static const struct {
        struct prime prime;
        enum change_op op;
        const char *table;
    } cases[] = {
        {{"7", "kbn", "x", "2"},                         CHANGE_UPDATE,   "primes" },
        {{"7", "kbn", "x", "2"},                         CHANGE_DELETE,   "primes" },
        {{"7", "kbn", "x", "2"},                         CHANGE_TRUNCATE, "primes" },
        {{"7", "kbn", "x", "2"},                         CHANGE_INSERT,   "records"},
        {{"seven", "kbn", "x", "2"},                     CHANGE_INSERT,   "primes" },
        {{"7,\"a\":1", "kbn", "x", "2"},                 CHANGE_INSERT,   "primes" },
        {{"7", "kbn", "x", "two"},                       CHANGE_INSERT,   "primes" },
        {{"1234567890123456789012345", "kbn", "x", "2"}, CHANGE_INSERT,   "primes" },
    };
    struct told *told = calloc(1, sizeof(struct told));
    struct finds *finds = finds_new(on_send, told);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        take(finds, &cases[i].prime, cases[i].op, cases[i].table);
    assert_int_equal(told->len, 0);
    finds_free(&finds);
    free(told);
}

static void of_many_at_once_some_are_told_and_all_are_counted(void **state)
{
    enum { MANY = PLAIN_FOUND_MAX + 30 };
    const struct change *changes[MANY];
    struct told *told = calloc(1, sizeof(struct told));
    struct finds *finds = finds_new(on_send, told);
    char want[64];

    (void)state;
    for (int i = 0; i < MANY; i++)
        changes[i] = change_of(&first, CHANGE_INSERT, "primes");
    finds_take(finds, changes, MANY);
    for (int i = 0; i < MANY; i++)
        change_unref(&changes[i]);
    assert_int_equal(count(told, "prime_found"), PLAIN_FOUND_MAX);
    snprintf(want, sizeof(want), "\"%d kbn primes found\"", MANY);
    assert_int_equal(count(told, want), 1);
    snprintf(want, sizeof(want), "\"and %d more\"]", MANY - PLAIN_DETAILS_MAX);
    assert_int_equal(count(told, want), 1);
    finds_free(&finds);
    free(told);
}

static void texts_of_any_kind_stay_texts(void **state)
{
    static char expression[PLAIN_EXPRESSION_MAX * 2];
    struct told *told = calloc(1, sizeof(struct told));
    struct finds *finds = finds_new(on_send, told);

    (void)state;
    memset(expression, '9', sizeof(expression) - 1);
    take(finds, &(struct prime){"1", "a \"form\"\n", expression, "2"}, CHANGE_INSERT, "primes");
    assert_int_equal(count(told, "\"a \\\"form\\\"\\n\""), 1);
    assert_true(told->len < (size_t)PLAIN_EXPRESSION_MAX * 3);
    finds_free(&finds);
    free(told);
}

static void many_forms_are_not_kept_without_end(void **state)
{
    struct told *told = calloc(1, sizeof(struct told));
    struct finds *finds = finds_new(on_send, told);

    (void)state;
    for (int i = 0; i < PLAIN_FORMS_MAX * 2; i++) {
        char form[32];
        snprintf(form, sizeof(form), "form-%d", i);
        take(finds, &(struct prime){"1", form, "x", "2"}, CHANGE_INSERT, "primes");
    }
    assert_int_equal(count(told, "\"notification\":{"), PLAIN_FORMS_MAX * 2);
    finds_free(&finds);
    free(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_find_is_told_and_a_notification_comes_with_the_first_of_its_form),
        cmocka_unit_test(what_is_no_find_is_not_told),
        cmocka_unit_test(of_many_at_once_some_are_told_and_all_are_counted),
        cmocka_unit_test(texts_of_any_kind_stay_texts),
        cmocka_unit_test(many_forms_are_not_kept_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
