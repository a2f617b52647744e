/* server/route/book.c and the keys of answers: which file a request means */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route.h"

static void the_most_literal_path_wins(void **state)
{
    static const char *const texts[] = {
        "-- GET /api/p/{slug}\n-- access: anyone\n-- param: slug text\nselect :slug",
        "-- GET /api/p/import\n-- access: anyone\nselect 1",
        "-- POST /api/p/import\n-- also: /api/v1/p/import\n-- access: anyone\nselect 1",
        "-- DELETE /api/p/{slug}\n-- access: anyone\n-- param: slug text\nselect :slug",
        ("-- GET /api/p/{slug}/x/{id}\n-- access: anyone\n-- param: slug text\n-- param: id int\n"
         "select :slug, :id"),
    };
    static const struct {
        enum method method;
        const char *path;
        int want; /* index of the text, or -1 */
        unsigned methods;
    } cases[] = {
        {METHOD_GET,    "/api/p/import",    1,  0                                                      },
        {METHOD_HEAD,   "/api/p/import",    1,  0                                                      },
        {METHOD_POST,   "/api/p/import",    2,  0                                                      },
        {METHOD_POST,   "/api/v1/p/import", 2,  0                                                      },
        {METHOD_GET,    "/api/v1/p/import", -1, 1 << METHOD_POST                                       },
        {METHOD_GET,    "/api/p/import2",   0,  0                                                      },
        {METHOD_DELETE, "/api/p/a%20b",     3,  0                                                      },
        {METHOD_PUT,    "/api/p/a",         -1, 1 << METHOD_GET | 1 << METHOD_HEAD | 1 << METHOD_DELETE},
        {METHOD_GET,    "/api/p/a/x/5",     4,  0                                                      },
        {METHOD_GET,    "/api/p/a/y/5",     -1, 0                                                      },
        {METHOD_GET,    "/api/p/a/x/5/",    -1, 0                                                      },
        {METHOD_GET,    "/api/p//x/5",      -1, 0                                                      },
        {METHOD_GET,    "/api/p/",          -1, 0                                                      },
        {METHOD_GET,    "/api/p",           -1, 0                                                      },
    };
    struct route_text files[5];
    arena *mem = *state;
    str why;

    for (int i = 0; i < 5; i++)
        files[i] = (struct route_text){arena_printf(mem, "%d", i), str_from(texts[i])};
    const struct book *book = book_make(mem, files, 5, &why);
    assert_non_null(book);
    assert_int_equal(book_count(book), 5);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct book_match match;
        bool found = book_find(book, cases[i].method, str_from(cases[i].path), &match);
        assert_int_equal(found, cases[i].want >= 0);
        if (found)
            assert_int_equal(match.file->name.at[0] - '0', cases[i].want);
        else
            assert_int_equal(match.methods, cases[i].methods);
    }
    book_unref(&book);
    assert_null(book);
    files[1].text =
        str_from("-- GET /api/p/{name}\n-- access: anyone\n-- param: name text\nselect :name");
    assert_null(book_make(mem, files, 5, &why));
    assert_non_null(strstr(arena_cstr(mem, why), "is also the URL of"));
}

static void keys_tell_values_apart(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"form=x",     "form=x&_=1",         true },
        {"",           "limit=50&sort_by=x", false}, /* given counts: lines depend on it */
        {"form=ab",    "form=abc",           false},
        {"form=a",     "tags=a",             false},
        {"sort_by=zz", "sort_by=yy",         true }, /* both stand for id */
    };
    arena *mem = *state;
    str why;
    const struct book *book = book_of(mem, primes, &why);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct route_ask a, b;
        struct buf one, two;
        buf_init(&one, mem, 1000);
        buf_init(&two, mem, 1000);
        assert_null(ask(mem, book, (struct asked){"/api/primes", cases[i].a, NULL}, &a));
        assert_null(ask(mem, book, (struct asked){"/api/primes", cases[i].b, NULL}, &b));
        route_key(&one, &a);
        route_key(&two, &b);
        assert_int_equal(str_eq(buf_str(&one), buf_str(&two)), cases[i].same);
    }
    book_unref(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_most_literal_path_wins),
        TEST(keys_tell_values_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
