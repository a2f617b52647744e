/* What the tests of server/route/ share: an arena a test, a book of one file, a question to it. */
#ifndef UNIT_ROUTE_H
#define UNIT_ROUTE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/ask.h"

static inline int fresh_arena(void **state)
{
    *state = arena_open();
    return 0;
}

static inline int drop_arena(void **state)
{
    arena *mem = *state;
    arena_close(&mem);
    return 0;
}

static inline void assert_text(str got, const char *want)
{
    str wanted = {want, strlen(want)};
    if (!str_eq(got, wanted))
        print_error("got  <%.*s>\nwant <%s>\n", (int)got.len, got.at == NULL ? "" : got.at, want);
    assert_true(str_eq(got, wanted));
}

/* One file as a book, so that path parameters are found as in the program. */
static inline const struct book *book_of(arena *mem, const char *text, str *why)
{
    struct route_text file = {STR("routes/api/x.sql"), str_from(text)};
    *why = (str){NULL, 0};
    return book_make(mem, &file, 1, why);
}

struct asked {
    const char *path, *query, *body;
};

static inline const struct fail *ask(arena *mem, const struct book *book, struct asked asked,
                                     struct route_ask *out)
{
    struct book_match match;
    struct request req = {.mem = mem,
                          .method = asked.body == NULL ? METHOD_GET : METHOD_POST,
                          .path = str_from(asked.path),
                          .query = str_from(asked.query),
                          .body = asked.body == NULL ? STR("") : str_from(asked.body)};

    assert_true(book_find(book, req.method, req.path, &match));
    *out = (struct route_ask){0};
    return route_ask_parse(&req, &match, out);
}

/* A file with a bit of everything. */
static const char primes[] = "-- GET /api/primes\n"
                             "-- One page.\n"
                             "-- Of primes.\n"
                             "-- access: anyone\n"
                             "-- param: limit int = 50 min 1 max 1000\n"
                             "-- param: form text?\n"
                             "-- param: tags text[]? max 3\n"
                             "-- param: sort_by one of id, digits else id\n"
                             "-- param: format text one of csv, json = json\n"
                             "select ':form', id::text -- :nothing\n"
                             "from primes\n"
                             "where true\n"
                             "  and form = :form or :form is null --? form\n"
                             "  and tags @> :tags --? tags\n"
                             "  and 'csv' = 'csv' --? format=csv\n"
                             "order by :sort_by limit :limit;\n";

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_arena, drop_arena)

#endif
