/* server/live/fence.c: who hears of a tenant's row */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/fence.h"

static struct live_value value_of(const char *text)
{
    if (text == NULL)
        return (struct live_value){.state = VALUE_UNKNOWN};
    return (struct live_value){.state = VALUE_TEXT, .text = str_from(text)};
}

static void a_change_is_its_tenants(void **state)
{
    static const struct {
        const char *row, *old; /* the tenant; NULL: not told */
        const char *role, *tenant;
        enum change_op op;
        bool want;
    } cases[] = {
        {"a",  NULL, "authenticated", "a", CHANGE_INSERT, true },
        {"b",  NULL, "authenticated", "a", CHANGE_INSERT, false},
        {"A",  NULL, "authenticated", "a", CHANGE_INSERT, false},
        {"",   NULL, "authenticated", "",  CHANGE_INSERT, false},
        {NULL, NULL, "authenticated", "a", CHANGE_INSERT, false},
        {"b",  NULL, "service_role",  "",  CHANGE_INSERT, true },
        {"a",  NULL, "authenticated", "a", CHANGE_UPDATE, true },
        {"a",  "a",  "authenticated", "a", CHANGE_UPDATE, true },
        {"a",  "b",  "authenticated", "a", CHANGE_UPDATE, false},
        {"b",  "a",  "authenticated", "a", CHANGE_UPDATE, false},
        {NULL, "a",  "authenticated", "a", CHANGE_DELETE, true },
        {NULL, "b",  "authenticated", "a", CHANGE_DELETE, false},
        {NULL, NULL, "authenticated", "a", CHANGE_DELETE, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct live_column columns[] = {{.name = STR("id")}, {.name = STR("tenant_id")}};
        struct live_table table = {.columns = columns, .ncolumns = 2};
        struct live_value row[] = {value_of("1"), value_of(cases[i].row)};
        struct live_value old[] = {value_of("1"), value_of(cases[i].old)};
        struct claims claims = {.role = str_from(cases[i].role),
                                .tenant = str_from(cases[i].tenant)};
        struct change change = {.op = cases[i].op,
                                .table = &table,
                                .row = cases[i].op == CHANGE_DELETE ? NULL : row,
                                .old = cases[i].op == CHANGE_INSERT ? NULL : old};
        assert_int_equal(fence_lets(STR("tenant_id"), &claims, &change), cases[i].want);
        assert_true(fence_lets(STR(""), &claims, &change));
        assert_true(fence_lets(STR("other"), &claims, &change));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_its_tenants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
