/* server/schema/relationship.c and server/rest/relate.c: which relationships there are, and which
 * one a name means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rest/relate.h"

#define COLUMN(name, number) "{\"name\":\"" name "\",\"number\":" #number "}"
#define RELATION(name, oid, columns, keys)                                                         \
    "{\"schema\":\"api\",\"name\":\"" name "\",\"oid\":" #oid                                      \
    ",\"kind\":\"table\",\"columns\":[" columns "],\"keys\":[" keys "]}"
#define PRIMARY(columns) "{\"name\":\"pk\",\"primary\":true,\"columns\":[" columns "]}"
#define LINK(name, table, number, other, unique)                                                   \
    "{\"name\":\"" name "\",\"table\":" #table ",\"numbers\":[" #number                            \
    "],\"foreign_table\":" #other ",\"foreign_numbers\":[1],\"unique\":" #unique "}"
#define FUNCTION(name, from, to, one)                                                              \
    "{\"schema\":\"api\",\"name\":\"" name "\",\"from\":" #from ",\"to\":" #to ",\"one\":" #one "}"

/* The third column of orders was dropped. */
static const char text
    [] = "{\"relations\":[" RELATION("users", 1, COLUMN("id", 1), PRIMARY("\"id\"")) "," RELATION("tasks", 2, COLUMN("id", 1), PRIMARY("\"id\"")) "," RELATION("users_tasks", 3, COLUMN("user_id", 1) "," COLUMN("task_id", 2), PRIMARY("\"user_id\",\"task_id\"")) "," RELATION("profiles", 4,
                                                                                                                                                                                                                                                                                 COLUMN("user_id", 1), "") "," RELATION("people",
                                                                                                                                                                                                                                                                                                                        5,
                                                                                                                                                                                                                                                                                                                        COLUMN("id", 1) "," COLUMN("boss", 2), PRIMARY("\"id\"")) "," RELATION("orders", 6, COLUMN("billing", 1) "," COLUMN("shipping", 2) "," COLUMN("owner", 4), "") "," RELATION("places",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    7,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    COLUMN(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "id",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        1),
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "") "],"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "\"links\":[" LINK(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "ut_user",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            3,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            1,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            1,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            false) "," LINK("ut_task", 3, 2, 2,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            false) "," LINK("profile_user",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            4,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            1, 1, true) "," LINK("boss_fk", 5, 2, 5, false) "," LINK("billing_fk", 6, 1, 7, false) "," LINK("shipping_fk",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            6, 2, 7, false) "," LINK("owner_fk",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     6,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     4,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     1, false) "," LINK("hidden_fk", 6, 1, 99, false) "],"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      "\"computed\":[" FUNCTION("places", 2, 7, false) "," FUNCTION(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          "users",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          6,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          2,
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          true) "]}";

#define SHOWS(number, table, column)                                                               \
    "{TARGETENTRY :expr <> :resno " #number " :resorigtbl " #table " :resorigcol " #column "}"
#define RULE(view, targets) "{\"view\":" #view ",\"rule\":\"({QUERY :targetList (" targets ")})\"}"

/* old_visits is a view of visits, which is one of hidden; both_visits shows the key twice. */
static const char views[] = "{\"relations\":[" RELATION("towns", 1, COLUMN("id", 1), PRIMARY("\"id\"")) "," RELATION(
    "visits", 3, COLUMN("visit", 1) "," COLUMN("town", 2),
    "") "," RELATION("old_visits", 4, COLUMN("v", 1) "," COLUMN("t", 2),
                     "") "," RELATION("both_visits", 5, COLUMN("a", 1) "," COLUMN("b", 2),
                                      "") "," RELATION("nice_towns", 6, COLUMN("nice_id", 1),
                                                       "") "],"
                                                           "\"links\":[" LINK(
                                                               "town_fk", 2, 2, 1,
                                                               false) "],"
                                                                      "\"primaries\":[{\"table\":2,"
                                                                      "\"numbers\":[1]},{\"table\":"
                                                                      "1,\"numbers\":[1]}],"
                                                                      "\"rules\":[" RULE(3, SHOWS(1, 2, 1) " " SHOWS(2, 2, 2)) "," RULE(
                                                                          4,
                                                                          SHOWS(1, 3, 1) " " SHOWS(
                                                                              2, 3,
                                                                              2)) "," RULE(5,
                                                                                           SHOWS(1, 2, 2) " " SHOWS(
                                                                                               2, 2,
                                                                                               2)) "," RULE(6,
                                                                                                            SHOWS(
                                                                                                                1,
                                                                                                                1,
                                                                                                                1)) "," RULE(7,
                                                                                                                             SHOWS(
                                                                                                                                 1,
                                                                                                                                 7,
                                                                                                                                 1)) "]}";

static void views_take_part_for_the_tables_below_them(void **state)
{
    static const struct {
        const char *origin, *target, *hint, *column, *other;
    } cases[] = {
        {"visits",      "towns",       NULL, "town",    "id"     },
        {"old_visits",  "towns",       NULL, "t",       "id"     },
        {"old_visits",  "nice_towns",  NULL, "t",       "nice_id"},
        {"towns",       "old_visits",  NULL, "id",      "t"      },
        {"nice_towns",  "both_visits", "b",  "nice_id", "b"      },
        {"both_visits", "towns",       "a",  "a",       "id"     },
    };
    arena *mem = arena_open();
    str why;
    const struct schema *schema = schema_load(mem, str_from(views), &why);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct relate wanted = {STR("api"), str_from(cases[i].origin),
                                      str_from(cases[i].target), str_from(cases[i].hint)};
        const struct relationship *found = NULL;
        assert_null(relate_find(mem, schema, &wanted, &found));
        assert_true(str_eq(found->on.left[0], str_from(cases[i].column)));
        assert_true(str_eq(found->on.right[0], str_from(cases[i].other)));
    }
    const struct relation *old = schema_relation(schema, STR("api"), STR("old_visits"));
    assert_true(str_eq(relation_primary_key(old)->columns[0], STR("v")));
    assert_null(relation_primary_key(schema_relation(schema, STR("api"), STR("both_visits"))));
    schema_unref(&schema);
    arena_close(&mem);
}

static const struct schema *load(arena *mem)
{
    str why = {NULL, 0};
    const struct schema *schema = schema_load(mem, str_from(text), &why);
    assert_non_null(schema);
    return schema;
}

static str given(const char *text_or_null)
{
    return str_from(text_or_null);
}

static void a_name_means_one_relationship(void **state)
{
    static const struct {
        const char *origin, *target, *hint, *to;
        enum relationship_kind kind;
        bool to_one;
    } cases[] = {
        {"users",       "users_tasks", NULL,          "users_tasks", TO_MANY,      false},
        {"users_tasks", "users",       NULL,          "users",       TO_ONE,       true },
        {"users_tasks", "ut_user",     NULL,          "users",       TO_ONE,       true },
        {"users_tasks", "user_id",     NULL,          "users",       TO_ONE,       true },
        {"users",       "tasks",       NULL,          "tasks",       MANY_TO_MANY, false},
        {"tasks",       "users",       "users_tasks", "users",       MANY_TO_MANY, false},
        {"profiles",    "users",       NULL,          "users",       ONE_TO_ONE,   true },
        {"users",       "profiles",    NULL,          "profiles",    ONE_TO_ONE,   true },
        {"people",      "people",      NULL,          "people",      TO_MANY,      false},
        {"people",      "people",      "boss",        "people",      TO_MANY,      false},
        {"people",      "boss",        NULL,          "people",      TO_ONE,       true },
        {"orders",      "places",      "billing_fk",  "places",      TO_ONE,       true },
        {"orders",      "places",      "shipping",    "places",      TO_ONE,       true },
        {"places",      "orders",      "shipping",    "orders",      TO_MANY,      false},
        {"tasks",       "places",      NULL,          "places",      COMPUTED,     false},
        {"orders",      "users",       NULL,          "tasks",       COMPUTED,     true },
    };
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct relate wanted = {STR("api"), given(cases[i].origin), given(cases[i].target),
                                      given(cases[i].hint)};
        const struct relationship *found = NULL;
        assert_null(relate_find(mem, schema, &wanted, &found));
        assert_int_equal(found->kind, cases[i].kind);
        assert_int_equal(found->to_one, cases[i].to_one);
        assert_true(str_eq(found->from->name, wanted.origin));
        assert_true(str_eq(found->to->name, given(cases[i].to)));
    }
    schema_unref(&schema);
    arena_close(&mem);
}

static void a_junction_names_its_columns_on_both_sides(void **state)
{
    const struct relate wanted = {
        STR("api"), STR("users"), STR("tasks"), {NULL, 0}
    };
    const struct relationship *found = NULL;
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    (void)state;
    assert_null(relate_find(mem, schema, &wanted, &found));
    assert_true(str_eq(found->junction->name, STR("users_tasks")));
    assert_true(str_eq(found->on.left[0], STR("id")));
    assert_true(str_eq(found->on.right[0], STR("user_id")));
    assert_true(str_eq(found->beyond.left[0], STR("id")));
    assert_true(str_eq(found->beyond.right[0], STR("task_id")));
    schema_unref(&schema);
    arena_close(&mem);
}

static void what_is_not_there_is_refused_with_a_suggestion(void **state)
{
    static const struct {
        const char *origin, *target, *hint, *suggestion;
    } cases[] = {
        {"users",  "task",    NULL,   "Perhaps you meant 'tasks' instead of 'task'."},
        {"user",   "tasks",   NULL,   "Perhaps you meant 'users' instead of 'user'."},
        {"users",  "tasks",   "nope", NULL                                          },
        {"users",  "qqqqqqq", NULL,   NULL                                          },
        {"orders", "owner",   NULL,   NULL                                          },
        {"orders", "billing", "x",    NULL                                          },
    };
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct relate wanted = {STR("api"), given(cases[i].origin), given(cases[i].target),
                                      given(cases[i].hint)};
        const struct relationship *found = NULL;
        const struct fail *fail = relate_find(mem, schema, &wanted, &found);
        assert_non_null(fail);
        assert_string_equal(fail->code, "PGRST200");
        assert_null(found);
        if (cases[i].suggestion == NULL)
            assert_null(fail->hint.at);
        else
            assert_true(str_eq(fail->hint, given(cases[i].suggestion)));
    }
    schema_unref(&schema);
    arena_close(&mem);
}

static void several_are_listed(void **state)
{
    const struct relate wanted = {
        STR("api"), STR("orders"), STR("places"), {NULL, 0}
    };
    const struct relationship *found = NULL;
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    const struct fail *fail = relate_find(mem, schema, &wanted, &found);
    (void)state;

    assert_string_equal(fail->code, "PGRST201");
    assert_int_equal(fail->status, 300);
    assert_true(
        str_eq(fail->details,
               STR("[{\"cardinality\":\"many-to-one\",\"embedding\":\"orders with places\","
                   "\"relationship\":\"billing_fk using orders(billing) and places(id)\"},"
                   "{\"cardinality\":\"many-to-one\",\"embedding\":\"orders with places\","
                   "\"relationship\":\"shipping_fk using orders(shipping) and places(id)\"}]")));
    assert_true(str_eq(fail->hint,
                       STR("Try changing 'places' to one of the following: 'places!billing_fk', "
                           "'places!shipping_fk'. Find the desired relationship in the 'details' "
                           "key.")));
    schema_unref(&schema);
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_means_one_relationship),
        cmocka_unit_test(a_junction_names_its_columns_on_both_sides),
        cmocka_unit_test(what_is_not_there_is_refused_with_a_suggestion),
        cmocka_unit_test(several_are_listed),
        cmocka_unit_test(views_take_part_for_the_tables_below_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
