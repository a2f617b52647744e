/* server/base/table.c: things found by a hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/table.h"

enum { THINGS = 1000 };

struct thing {
    struct table_node node;
    int number;
};

static int count(const struct table *table, uint64_t hash)
{
    struct table_node *node = NULL;
    int found = 0;

    while (table_next(table, hash, &node))
        found++;
    return found;
}

static void things_are_found_by_their_hash(void **state)
{
    static struct thing things[THINGS];
    struct table table = {0};
    int walked = 0;

    (void)state;
    assert_int_equal(count(&table, 1), 0);
    for (int i = 0; i < THINGS; i++) {
        things[i].number = i;
        table_put(&table, &things[i].node, (uint64_t)(i / 2) << 40); /* two of each, far apart */
    }
    for (int i = 0; i < THINGS / 2; i++)
        assert_int_equal(count(&table, (uint64_t)i << 40), 2);
    assert_int_equal(count(&table, 7), 0);
    TABLE_EACH(at, &table)
    {
        struct thing *thing = LIST_ENTRY(at, struct thing, node);
        walked++;
        if (thing->number % 2 == 0)
            table_remove(&table, &thing->node);
    }
    assert_int_equal(walked, THINGS);
    assert_int_equal(table.count, THINGS / 2);
    for (int i = 0; i < THINGS / 2; i++)
        assert_int_equal(count(&table, (uint64_t)i << 40), 1);
    table_free(&table);
    assert_int_equal(count(&table, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_are_found_by_their_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
