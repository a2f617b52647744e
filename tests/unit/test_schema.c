/* server/schema/ */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/schema.h"
#include "schema/similar.h"

static const char text[] =
    "{\"schemas\":[\"public\"],\"reads_request\":true,\"sets_response\":true,"
    "\"relations\":[{\"schema\":\"public\",\"name\":\"primes\",\"oid\":7,\"kind\":\"table\","
    "\"insertable\":true,\"updatable\":true,\"deletable\":false,\"comment\":null,\"columns\":["
    "{\"name\":\"id\",\"number\":1,\"type\":\"bigint\",\"default\":\"nextval('x')\",\"required\":"
    "true,"
    "\"generated\":false,\"identity\":null,\"comment\":null},"
    "{\"name\":\"od\\\"d\",\"number\":2,\"type\":\"api.color\",\"default\":null,\"required\":false,"
    "\"generated\":true,\"identity\":null,\"comment\":\"c\"}],"
    "\"fields\":[{\"name\":\"digits\",\"type\":\"integer\"}],"
    "\"keys\":[{\"name\":\"primes_pkey\",\"primary\":true,\"columns\":[\"id\"]}]}],"
    "\"links\":[{\"name\":\"fk\",\"table\":7,\"numbers\":[1],\"foreign_table\":8,"
    "\"foreign_numbers\":[1],\"unique\":true}],"
    "\"routines\":[{\"schema\":\"public\",\"name\":\"add\",\"comment\":null,\"volatile\":false,"
    "\"set\":false,\"variadic\":false,\"result\":\"scalar\",\"relation\":null,\"type\":\"integer\","
    "\"columns\":null,\"parameters\":[{\"name\":\"a\",\"type\":\"integer\",\"required\":true,"
    "\"variadic\":false}]},"
    "{\"schema\":\"public\",\"name\":\"add\",\"comment\":null,\"volatile\":true,"
    "\"set\":true,\"variadic\":false,\"result\":\"composite\",\"relation\":\"primes\","
    "\"type\":\"primes\",\"columns\":[{\"name\":\"id\",\"type\":\"bigint\"}],\"parameters\":[]}],"
    "\"handlers\":[{\"schema\":\"public\",\"name\":\"to_png\",\"target_schema\":\"public\","
    "\"target\":\"primes\",\"type\":\"image/png\"},{\"schema\":\"public\",\"name\":\"to_x\","
    "\"target_schema\":null,\"target\":null,\"type\":\"a/x\"}],"
    "\"enums\":[{\"schema\":\"public\",\"name\":\"Mood\",\"type\":\"public.\\\"Mood\\\"\","
    "\"values\":[\"so so\",\"fine\"]}],"
    "\"representations\":[{\"type\":\"api.color\",\"to_json\":\"api.json\",\"from_json\":null,"
    "\"from_text\":\"api.color\"}]}";

static const struct schema *load(arena *mem)
{
    str why = {NULL, 0};
    const struct schema *schema = schema_load(mem, str_from(text), &why);
    assert_non_null(schema);
    return schema;
}

static void relations_and_columns_are_found_by_name(void **state)
{
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    const struct relation *primes = schema_relation(schema, STR("public"), STR("primes"));
    (void)state;

    assert_non_null(primes);
    assert_null(schema_relation(schema, STR("other"), STR("primes")));
    assert_true(primes->insertable);
    assert_false(primes->deletable);
    assert_true(str_eq(relation_column(primes, STR("id"))->default_value, STR("nextval('x')")));
    assert_true(relation_column(primes, STR("od\"d"))->generated);
    assert_null(relation_column(primes, STR("nope")));
    assert_null(relation_column(primes, STR("digits"))); /* computed: read, not written */
    assert_true(str_eq(relation_field(primes, STR("digits"))->type, STR("integer")));
    assert_non_null(relation_field(primes, STR("id")));
    assert_true(str_eq(relation_primary_key(primes)->columns[0], STR("id")));
    assert_true(schema_reads_request(schema));
    assert_true(schema_sets_response(schema));
    schema_unref(&schema);
    assert_null(schema);
    arena_close(&mem);
}

static void overloads_hang_behind_the_first_of_their_name(void **state)
{
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    const struct routine *add = schema_routines(schema, STR("public"), STR("add"));
    (void)state;

    assert_int_equal(add->result, RESULT_SCALAR);
    assert_int_equal(add->nparameters, 1);
    assert_int_equal(add->overload->result, RESULT_COMPOSITE);
    assert_non_null(routine_column(add->overload, STR("id")));
    assert_null(add->overload->overload);
    schema_unref(&schema);
    arena_close(&mem);
}

static void an_enum_is_found_by_the_name_of_its_type(void **state)
{
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    const struct enumeration *mood = schema_enum(schema, STR("public.\"Mood\""));
    int count;
    (void)state;

    assert_non_null(mood);
    assert_int_equal(mood->nvalues, 2);
    assert_true(str_eq(mood->values[1], STR("fine")));
    assert_null(schema_enum(schema, STR("Mood")));
    assert_null(schema_enum(schema, STR("public.\"Mood\"[]")));
    assert_ptr_equal(schema_all_enums(schema, &count), mood);
    assert_int_equal(count, 1);
    schema_unref(&schema);
    arena_close(&mem);
}

static void a_column_knows_the_representation_of_its_domain(void **state)
{
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    const struct relation *primes = schema_relation(schema, STR("public"), STR("primes"));
    const struct representation *color = relation_column(primes, STR("od\"d"))->representation;
    (void)state;

    assert_non_null(color);
    assert_true(str_eq(color->to_json, STR("api.json")));
    assert_null(color->from_json.at);
    assert_null(relation_column(primes, STR("id"))->representation);
    schema_unref(&schema);
    arena_close(&mem);
}

static void a_handler_is_found_for_its_target_only(void **state)
{
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    str public = STR("public"), primes = STR("primes"), none = {NULL, 0};
    (void)state;

    assert_true(
        str_eq(schema_handler(schema, public, primes, STR("image/png"))->name, STR("to_png")));
    assert_null(schema_handler(schema, public, primes, STR("a/x")));
    assert_null(schema_handler(schema, STR("other"), primes, STR("image/png")));
    assert_true(str_eq(schema_handler(schema, none, none, STR("a/x"))->name, STR("to_x")));
    assert_null(schema_handler(schema, none, none, STR("image/png")));
    schema_unref(&schema);
    arena_close(&mem);
}

/* What is shown is what was read: reading it again shows the same. */
static void a_snapshot_is_shown_as_it_can_be_read(void **state)
{
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    struct buf once, twice;
    str why;
    (void)state;

    buf_init(&once, mem, SIZE_MAX);
    schema_put(&once, schema);
    const struct schema *again = schema_load(mem, buf_str(&once), &why);
    assert_non_null(again);
    buf_init(&twice, mem, SIZE_MAX);
    schema_put(&twice, again);
    assert_true(str_eq(buf_str(&once), buf_str(&twice)));
    assert_non_null(memmem(once.at, once.len, "\"od\\\"d\"", 7));
    assert_non_null(memmem(once.at, once.len, "\"default\":\"nextval('x')\"", 24));
    assert_non_null(memmem(once.at, once.len, "\"foreign_numbers\":[1]", 21));
    schema_unref(&schema);
    schema_unref(&again);
    arena_close(&mem);
}

static void a_snapshot_lives_until_its_last_reference(void **state)
{
    arena *mem = arena_open();
    const struct schema *schema = load(mem);
    const struct schema *second = schema_ref(schema);
    int count;
    (void)state;

    schema_unref(&schema);
    const struct link *link = schema_links(second, &count);
    assert_int_equal(count, 1);
    assert_true(str_eq(link->relation, STR("primes")) && str_eq(link->columns[0], STR("id")));
    assert_null(link->foreign_relation.at);
    schema_unref(&second);
    arena_close(&mem);
}

static void another_shape_is_refused_with_a_sentence(void **state)
{
    static const char *const cases[] = {
        "",
        "[]",
        "{",
        "{\"relations\":1}",
        "{\"relations\":[[]]}",
        "{\"relations\":[{\"name\":1}]}",
    };
    arena *mem = arena_open();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str why = {NULL, 0};
        assert_null(schema_load(mem, str_from(cases[i]), &why));
        assert_true(why.len > 0);
    }
    arena_close(&mem);
}

static void the_most_similar_name_is_found(void **state)
{
    static const struct {
        const char *wanted, *found;
        int percent;
    } cases[] = {
        {"get_stat",  "get_stats", 33},
        {"prime",     "primes",    75},
        {"qqqqq",     NULL,        33},
        {"get_stats", "get_stats", 75},
    };
    const str names[] = {STR("primes"), STR("get_stats"), STR("records")};
    arena *mem = arena_open();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int at = similar_find(mem, names, 3, str_from(cases[i].wanted), cases[i].percent);
        if (cases[i].found == NULL)
            assert_int_equal(at, -1);
        else
            assert_true(at >= 0 && str_eq(names[at], str_from(cases[i].found)));
    }
    arena_close(&mem);
}

static void suggested_columns_follow_postgresql(void **state)
{
    static const struct {
        const char *wanted;
        int count, first, second;
    } cases[] = {
        {"nope",    2, 0, 1}, /* two letters from "name" and from "done" */
        {"nam",     1, 0, 0},
        {"id name", 1, 0, 0},
        {"Name",    1, 0, 0}, /* case counts as a letter */
        {"x",       0, 0, 0}, /* no more than half of the letters */
        {"zzzzzz",  0, 0, 0},
    };
    const str columns[] = {STR("name"), STR("done"), STR("price")};
    arena *mem = arena_open();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int found[SIMILAR_COLUMNS_MAX];
        int count = similar_columns(mem, columns, 3, str_from(cases[i].wanted), found);
        assert_int_equal(count, cases[i].count);
        if (count > 0)
            assert_int_equal(found[0], cases[i].first);
        if (count > 1)
            assert_int_equal(found[1], cases[i].second);
    }
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relations_and_columns_are_found_by_name),
        cmocka_unit_test(overloads_hang_behind_the_first_of_their_name),
        cmocka_unit_test(an_enum_is_found_by_the_name_of_its_type),
        cmocka_unit_test(a_column_knows_the_representation_of_its_domain),
        cmocka_unit_test(a_handler_is_found_for_its_target_only),
        cmocka_unit_test(a_snapshot_is_shown_as_it_can_be_read),
        cmocka_unit_test(a_snapshot_lives_until_its_last_reference),
        cmocka_unit_test(another_shape_is_refused_with_a_sentence),
        cmocka_unit_test(the_most_similar_name_is_found),
        cmocka_unit_test(suggested_columns_follow_postgresql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
