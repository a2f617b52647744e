/* server/live/audience.c: whom a row rules out is not looked at, and nobody else is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "live/hub_inside.h"

#define A "aaaaaaaa-0000-4000-8000-00000000000a"
#define B "aaaaaaaa-0000-4000-8000-00000000000b"
#define BIG "AAAAAAAA-0000-4000-8000-00000000000B"
#define COLUMN(name, type)                                                                         \
    "{\"name\":\"" name "\",\"type\":\"" type "\",\"full\":\"" type                                \
    "\",\"kind\":\"s\",\"select\":true,\"key\":false}"
#define FACTS(policy)                                                                              \
    "{\"published\":true,\"rls\":true,\"readable\":true,\"uid_is_subject\":true,\"columns\":"      \
    "[" COLUMN("o", "uuid") "," COLUMN("p", "uuid") "," COLUMN(                                    \
        "t", "text") "],\"policies\":[{\"permissive\":true,\"using\":\"" policy                    \
                     "\",\"reads\":\"subject\"}]}"
#define OWNERS "((o = auth.uid()) OR (p = auth.uid()))"

enum { LISTENERS = 5 };
/* a; b; b in capitals; no uuid; b with another role, whose policies show more */
static const struct {
    const char *role, *subject;
} who[LISTENERS] = {
    {"owner", A      },
    {"owner", B      },
    {"owner", BIG    },
    {"owner", "alice"},
    {"other", B      },
};

struct scene {
    struct live_meter meter;
    struct hub *hub;
    struct watched watched;
    struct listener listeners[LISTENERS];
    struct binding bindings[LISTENERS];
    char found[LISTENERS + 1];
};

static void on_ask(void *arg, struct question *question)
{
    const str cell = str_eq(question->params[0], STR("owner"))
                         ? STR(FACTS(OWNERS))
                         : STR(FACTS("(p = auth.uid()) OR true"));
    const struct found found = {.cells = &cell, .nrows = 1, .ncolumns = 1};
    arena *mem = question->mem;

    (void)arg;
    question->done(question, &found);
    claims_unref(&question->claims);
    arena_close(&mem);
}

static struct scene *scene_open(void)
{
    static const struct hub_fns fns = {.ask = on_ask};
    struct scene *scene = calloc(1, sizeof(struct scene));
    const struct hub_setup setup = {.publication = STR("p"), .meter = &scene->meter};

    scene->hub = hub_new(&fns, &setup, scene);
    list_init(&scene->watched.columns);
    list_init(&scene->watched.audiences);
    for (int i = 0; i < LISTENERS; i++) {
        scene->listeners[i].claims =
            claims_new(str_from(who[i].role), str_from(who[i].subject), STR("{}"), 0);
        scene->bindings[i].listener = &scene->listeners[i];
        index_add(&scene->watched, &scene->bindings[i], NULL);
    }
    return scene;
}

static void scene_close(struct scene *scene)
{
    for (int i = 0; i < LISTENERS; i++) {
        index_remove(&scene->watched, &scene->bindings[i]);
        claims_unref(&scene->listeners[i].claims);
    }
    assert_true(list_empty(&scene->watched.audiences));
    hub_free(&scene->hub);
    free(scene);
}

static void on_found(void *arg, struct binding *binding)
{
    struct scene *scene = arg;
    scene->found[binding - scene->bindings]++;
}

static struct live_value value_of(const char *text)
{
    unsigned state = text == NULL ? VALUE_NULL : *text == '~' ? VALUE_UNCHANGED : VALUE_TEXT;
    return (struct live_value){state, str_from(text)};
}

static const struct change *change_make(enum change_op op, bool whole, const char *const texts[3])
{
    struct live_column columns[] = {{.name = STR("o")}, {.name = STR("p")}, {.name = STR("t")}};
    const struct live_table like = {
        .schema = STR("public"), .name = STR("x"), .columns = columns, .ncolumns = 3};
    const struct live_table *table = live_table_copy(&like);
    struct change *change = change_new(op, table, 0);

    live_table_unref(&table);
    change->old_is_whole = whole;
    for (int i = 0; i < 3; i++)
        (op == CHANGE_DELETE ? change->old : change->row)[i] = value_of(texts[i]);
    return change;
}

/* How often each is found, in the order of `who`. "~": the log does not hold the value. */
static void a_row_tells_who_may_see_it(void **state)
{
    static const struct {
        enum change_op op;
        bool whole;
        const char *row[3];
        const char *want;
    } cases[] = {
        {CHANGE_INSERT, false, {A, NULL, "t"},   "10011"},
        {CHANGE_INSERT, false, {B, NULL, "t"},   "01111"},
        {CHANGE_INSERT, false, {NULL, B, "t"},   "01111"},
        {CHANGE_INSERT, false, {B, B, "t"},      "01111"},
        {CHANGE_INSERT, false, {A, B, "t"},      "11111"},
        {CHANGE_INSERT, false, {NULL, NULL, A},  "00011"},
        {CHANGE_UPDATE, true,  {A, NULL, "t"},   "10011"},
        {CHANGE_UPDATE, false, {A, NULL, "~"},   "11111"},
        {CHANGE_UPDATE, false, {"~", NULL, "t"}, "11111"},
        {CHANGE_DELETE, true,  {A, NULL, "t"},   "10011"},
        {CHANGE_DELETE, false, {A, NULL, NULL},  "11111"},
    };
    struct scene *scene = scene_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct change *change = change_make(cases[i].op, cases[i].whole, cases[i].row);
        memset(scene->found, '0', LISTENERS);
        index_look(scene->hub, &scene->watched, change, on_found, scene);
        assert_string_equal(scene->found, cases[i].want);
        change_unref(&change);
    }
    scene_close(scene);
}

/* With a new token somebody else may be listening. */
static void who_gets_another_name_is_found_by_it(void **state)
{
    static const char *const row[] = {A, NULL, "t"};
    struct scene *scene = scene_open();
    const struct claims *claims = claims_new(STR("owner"), STR(A), STR("{}"), 0);
    const struct change *change = change_make(CHANGE_INSERT, false, row);

    (void)state;
    scene->bindings[1].watched = &scene->watched;
    scene->bindings[1].table = STR("*");
    listener_rename(&scene->listeners[1], claims);
    watch_renamed(&scene->bindings[1], scene->hub);
    memset(scene->found, '0', LISTENERS);
    index_look(scene->hub, &scene->watched, change, on_found, scene);
    assert_string_equal(scene->found, "11011");
    change_unref(&change);
    claims_unref(&claims);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_tells_who_may_see_it),
        cmocka_unit_test(who_gets_another_name_is_found_by_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
