/* For the tests of server/rest/: a small snapshot, and requests written as text. */
#ifndef UNIT_REST_H
#define UNIT_REST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rest_texts.h"

struct rest_test {
    arena *mem;
    const struct schema *schema;
    struct config config;
};

static inline int rest_open(void **state)
{
    arena *mem = arena_open();
    struct rest_test *test = arena_new(mem, struct rest_test);
    str why = {NULL, 0};

    test->mem = mem;
    test->schema = rest_schema(mem, &why);
    test->config.db_schemas = STR("public,other");
    test->config.db_extra_search_path = STR("public, ext");
    *state = test;
    return test->schema == NULL;
}

static inline int rest_close(void **state)
{
    struct rest_test *test = *state;
    arena *mem = test->mem;

    schema_unref(&test->schema);
    arena_close(&mem);
    return 0;
}

static inline const struct fail *rest_plan(struct rest_test *test, const char *text,
                                           struct plan **plan)
{
    enum ask_target target;
    struct ask *ask;
    struct request *req = rest_request(test->mem, text, &target);

    *plan = NULL;
    TRY(ask_parse(req, &test->config, target, &ask));
    return plan_make(test->mem, test->schema, &test->config, ask, plan);
}

/* The plan of a request that must not be refused. */
static inline struct plan *planned(struct rest_test *test, const char *text)
{
    struct plan *plan;
    const struct fail *fail = rest_plan(test, text, &plan);

    if (fail != NULL)
        fail_msg("%s was refused: %.*s", text, STR_ARG(fail->message));
    if (plan == NULL)
        abort(); /* fail_msg does not return, which the compiler cannot know */
    return plan;
}

/* Why a request that must be refused is. */
static inline const struct fail *refused(struct rest_test *test, const char *text)
{
    struct plan *plan;
    const struct fail *fail = rest_plan(test, text, &plan);

    if (fail == NULL)
        fail_msg("%s was not refused", text);
    if (fail == NULL)
        abort();
    return fail;
}

static inline void assert_text(str got, const char *want)
{
    if (!str_eq(got, str_from(want)))
        fail_msg("got:  %.*s\n  want: %s", STR_ARG(got), want);
}

#endif
