/* server/route: a file's text in, a statement out */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/ask.h"
#include "route/download.h"
#include "route/job.h"

static int fresh_arena(void **state)
{
    *state = arena_open();
    return 0;
}

static int drop_arena(void **state)
{
    arena *mem = *state;
    arena_close(&mem);
    return 0;
}

static void assert_text(str got, const char *want)
{
    str wanted = str_from(want);
    if (!str_eq(got, wanted))
        print_error("got  <%.*s>\nwant <%.*s>\n", STR_ARG(got), STR_ARG(wanted));
    assert_true(str_eq(got, wanted));
}

/* One file as a book, so that path parameters are found as in the program. */
static const struct book *book_of(arena *mem, const char *text, str *why)
{
    struct route_text file = {STR("routes/api/x.sql"), str_from(text)};
    *why = (str){NULL, 0};
    return book_make(mem, &file, 1, why);
}

struct asked {
    const char *path, *query, *body;
};

static const struct fail *ask(arena *mem, const struct book *book, struct asked asked,
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

static str statement_guard(arena *mem, const char *access)
{
    struct route_ask asked;
    struct statement statement;
    str why, text = arena_printf(mem, "-- GET /api/x\n-- access: %s\nselect 1\n", access);
    const struct book *book = book_of(mem, text.at, &why);

    assert_null(ask(mem, book, (struct asked){"/api/x", "", NULL}, &asked));
    route_statement(mem, &asked, &statement);
    book_unref(&book);
    return statement.guard;
}

static void each_combination_is_its_own_statement(void **state)
{
    static const struct {
        const char *query, *sql;
        int nparams;
        const char *params[3];
    } cases[] = {
        {"",
         "select ':form', id::text\nfrom primes\nwhere true\norder by id limit $1::integer", 1,
         {"50"}                     },
        {"form=kbn&_=123",
         "select ':form', id::text\nfrom primes\nwhere true\n  and form = $1::text or $1::text is "
         "null\n"
         "order by id limit $2::integer",                                                    2,
         {"kbn", "50"}              },
        {"tags=a,b%22c&limit=7&sort_by=digits",
         "select ':form', id::text\nfrom primes\nwhere true\n  and tags @> $1::text[]\n"
         "order by digits limit $2::integer",                                                2,
         {"{\"a\",\"b\\\"c\"}", "7"}},
        {"format=csv&form=&sort_by=drop",
         "select ':form', id::text\nfrom primes\nwhere true\n  and 'csv' = 'csv'\n"
         "order by id limit $1::integer",                                                    1,
         {"50"}                     },
    };
    arena *mem = *state;
    str why;
    const struct book *book = book_of(mem, primes, &why);

    assert_non_null(book);
    assert_null(statement_guard(mem, "anyone").at);
    assert_text(statement_guard(mem, "admin"), "select postern.require_admin()");
    assert_text(statement_guard(mem, "node"), "select postern.require_node()");
    assert_text(book_at(book, 0)->about, "One page. Of primes.");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct route_ask asked;
        struct statement statement;
        assert_null(ask(mem, book, (struct asked){"/api/primes", cases[i].query, NULL}, &asked));
        route_statement(mem, &asked, &statement);
        assert_text(statement.text, cases[i].sql);
        assert_int_equal(statement.nparams, cases[i].nparams);
        for (int p = 0; p < cases[i].nparams; p++)
            assert_text(statement.params[p], cases[i].params[p]);
        assert_int_equal(statement.access, ACCESS_READ);
        assert_int_equal(statement.target, TARGET_REPLICA);
    }
    book_unref(&book);
}

static void a_wrong_value_is_told_with_what_is_allowed(void **state)
{
    static const struct {
        const char *param, *query, *want;
    } cases[] = {
        {"n int = 5 min 1 max 1000", "n=x",                    "n must be an integer between 1 and 1000, not \"x\""         },
        {"n int = 5 min 1 max 1000", "n=1001",
         "n must be an integer between 1 and 1000, not \"1001\""                                                            },
        {"n int = 5 min 1",          "n=0",                    "n must be an integer of at least 1, not \"0\""              },
        {"n int",                    "",                       "n is required: an integer"                                  },
        {"n int?",                   "n=99999999999",          "n must be an integer, not \"99999999999\""                  },
        {"n number?",                "n=1e",                   "n must be a number, not \"1e\""                             },
        {"n text one of a, b",       "n=c",                    "n must be one of a, b, not \"c\""                           },
        {"n one of a, b = a",        "n=c",                    "n must be one of a, b, not \"c\""                           },
        {"n text? max 3",            "n=%C3%A4bcd",
         "n must be text of at most 3 characters, not \"\xc3\xa4"
         "bcd\""                                                                                                            },
        {"n uuid?",                  "n=123",                  "n must be a UUID, not \"123\""                              },
        {"n bool?",                  "n=yes",                  "n must be true or false, not \"yes\""                       },
        {"n date?",                  "n=2026-02-29",           "n must be a date such as 2026-01-31, not \"2026-02-29\""    },
        {"n timestamptz?",           "n=2026-02-28T24:00:00Z",
         "n must be a time such as 2026-01-31T12:00:00Z, not \"2026-02-28T24:00:00Z\""                                      },
        {"n int[]?",                 "n=1,x",                  "n must be a list of an integer, not \"1,x\""                },
        {"n text[]? max 1",          "n=a,b",                  "n must be a list of text with at most 1 values, not \"a,b\""},
        {"n json?",                  "n=%7B",                  "n must be JSON, not \"{\""                                  },
        {"n text?",                  "n=%ff",                  "n is not percent-encoded UTF-8"                             },
    };
    arena *mem = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str why, text = arena_printf(mem,
                                     "-- GET /api/x\n-- access: anyone\n-- param: %s\n"
                                     "select 1 where true --? n\nlimit :n\n",
                                     cases[i].param);
        /* "--? n" is for optional parameters only. */
        if (strchr(cases[i].param, '?') == NULL)
            text = arena_printf(mem,
                                "-- GET /api/x\n-- access: anyone\n-- param: %s\n"
                                "select 1 limit :n\n",
                                cases[i].param);
        const struct book *book = book_of(mem, text.at, &why);
        struct route_ask asked;
        assert_non_null(book);
        const struct fail *fail =
            ask(mem, book, (struct asked){"/api/x", cases[i].query, NULL}, &asked);
        assert_non_null(fail);
        assert_int_equal(fail->status, 400);
        assert_text(fail->message, cases[i].want);
        book_unref(&book);
    }
}

static const char notes[] = "-- POST /api/tasks/{id}/notes\n"
                            "-- access: user\n"
                            "-- param: id bigint\n"
                            "-- param: title text\n"
                            "-- param: cost number?\n"
                            "-- param: done bool?\n"
                            "-- param: more json?\n"
                            "-- param: tags text[]?\n"
                            "-- param: debug int?\n"
                            "-- answer: created or 404 No such task\n"
                            "select :id, :title, :cost, :done, :more, :tags, :debug\n";

static void values_are_read_from_path_body_and_query(void **state)
{
    static const struct {
        const char *body;
        const char *want[7]; /* NULL: SQL NULL */
    } cases[] = {
        {"{\"title\":\"a\\n\\u00e4\",\"id\":9,\"cost\":1.5e3,\"done\":true}",
         {"7", "a\n\xc3\xa4", "1.5e3", "true", NULL, NULL, "1"}      },
        {"{\"title\":\"\",\"cost\":\"12\",\"more\":{\"a\":[1]},\"tags\":[\"x\",\"y,z\"]}",
         {"7", "", "12", NULL, "{\"a\":[1]}", "{\"x\",\"y,z\"}", "1"}},
        {"{\"title\":\"t\",\"cost\":null,\"more\":null,\"tags\":[]}",
         {"7", "t", NULL, NULL, "null", "{}", "1"}                   },
    };
    arena *mem = *state;
    str why;
    const struct book *book = book_of(mem, notes, &why);
    struct route_ask asked;

    assert_non_null(book);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(ask(mem, book,
                        (struct asked){"/api/tasks/7/notes", "debug=1&id=8", cases[i].body},
                        &asked));
        for (int p = 0; p < 7; p++) {
            if (cases[i].want[p] == NULL)
                assert_null(asked.values[p].text.at);
            else
                assert_text(asked.values[p].text, cases[i].want[p]);
        }
        assert_int_equal(asked.answer->kind, ANSWER_CREATED);
        assert_text(asked.answer->missing, "No such task");
    }
    book_unref(&book);
}

static void a_wrong_body_is_refused(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *want;
    } bad[] = {
        {"{\"cost\":1}",                     400, "title is required: text"                   },
        {"{\"title\":null}",                 400, "title is required: text"                   },
        {"{\"title\":5}",                    400, "title must be text, not \"5\""             },
        {"{\"title\":\"t\",\"done\":1}",     400, "done must be true or false, not \"1\""     },
        {"{\"title\":\"t\",\"tags\":\"a\"}", 400, "tags must be a list of text, not \"\"a\"\""},
        {"{\"title\":\"t\",\"tags\":[1]}",   400, "tags must be a list of text, not \"[1]\""  },
        {"[1]",                              400, "The body must be a JSON object"            },
        {"{\"title\":",                      400, "The body must be a JSON object"            },
    };
    arena *mem = *state;
    str why;
    const struct book *book = book_of(mem, notes, &why);
    struct route_ask asked;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct fail *fail =
            ask(mem, book, (struct asked){"/api/tasks/7/notes", "", bad[i].body}, &asked);
        assert_non_null(fail);
        assert_int_equal(fail->status, bad[i].status);
        assert_text(fail->message, bad[i].want);
    }
    book_unref(&book);
}

static void null_and_missing_differ_for_conditional_lines(void **state)
{
    static const char text[] = "-- PATCH /api/x\n-- access: user\n-- param: a text?\n"
                               "select 1\n, :a --? a\n";
    arena *mem = *state;
    str why;
    const struct book *book = book_of(mem, text, &why);
    struct book_match match;
    struct statement statement;
    struct route_ask asked = {0};
    struct request req = {
        .mem = mem, .method = METHOD_PATCH, .path = STR("/api/x"), .body = STR("{\"a\":null}")};

    assert_true(book_find(book, req.method, req.path, &match));
    assert_null(route_ask_parse(&req, &match, &asked));
    route_statement(mem, &asked, &statement);
    assert_text(statement.text, "select 1\n, $1::text");
    assert_null(statement.params[0].at);
    req.body = STR("{}");
    assert_null(route_ask_parse(&req, &match, &asked));
    route_statement(mem, &asked, &statement);
    assert_text(statement.text, "select 1");
    assert_int_equal(statement.access, ACCESS_WRITE);
    assert_int_equal(statement.target, TARGET_PRIMARY);
    book_unref(&book);
}

static void a_wrong_file_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"select 1",                                                                     ":1: the first line is \"-- GET /api/...\""                   },
        {"-- GET /stats\nselect 1",                                                      ":1: a path begins with /api/ and does not end with /"        },
        {"-- GIT /api/x\nselect 1",                                                      ":1: \"GIT\" is not one of GET, POST, PUT, PATCH, DELETE"     },
        {"-- GET /api/x\nselect 1",                                                      ":1: say who may call it: access: anyone, user, admin or node"},
        {"-- GET /api/x\n-- access: all\nselect 1",
         ":2: \"all\" is not one of anyone, user, admin, node"                                                                                         },
        {"-- GET /api/x\n-- access: anyone\n-- acces: anyone\nselect 1",
         ":3: acces: is none of also, access, pool, cache, reads, param, answer"                                                                       },
        {"-- GET /api/x\n-- access: anyone\n-- access: user\nselect 1",
         ":3: access: is there twice"                                                                                                                  },
        {"-- POST /api/x\n-- access: user\n-- pool: read\nselect 1",
         ":3: only a GET can use the read pool"                                                                                                        },
        {"-- POST /api/x\n-- access: user\n-- cache: 5s\nselect 1",                      ":3: only a GET can be cached"                                },
        {"-- GET /api/x\n-- access: user\n-- cache: 5\nselect 1",
         ":3: cache: wants \"none\" or a duration such as 5s or 1m"                                                                                    },
        {"-- GET /api/x/{id}\n-- access: user\nselect 1",
         ":2: {id} of the path needs a line \"param: id type\""                                                                                        },
        {"-- GET /api/x\n-- access: user\n-- param: a float\nselect :a",
         ":3: param: the type is one of int, bigint, number, text, bool, uuid, timestamptz, date, "
         "json, or one of these with [], not \"float\""                                                                                                },
        {"-- GET /api/x\n-- access: user\n-- param: a int = x\nselect :a",
         ":3: param: the default does not fit, not \"x\""                                                                                              },
        {"-- GET /api/x\n-- access: user\n-- param: a one of b, c else d\nselect :a",
         ":3: param: the default does not fit, not \"d\""                                                                                              },
        {"-- GET /api/x\n-- access: user\n-- param: a int? = 1\nselect :a",
         ":3: param: a parameter with a default is always there: leave the ? away, not \"a\""                                                          },
        {"-- GET /api/x\n-- access: user\n-- param: a one of b-c\nselect :a",
         ":3: param: a word of SQL has no '-'; give the parameter a type, not \"b-c\""                                                                 },
        {"-- GET /api/x\n-- access: user\n-- param: a one of b;c\nselect :a",
         ":3: param: a word of a list has letters, digits, _ and - only, not \"b;c\""                                                                  },
        {"-- GET /api/x\n-- access: user\n-- param: a int\nselect 1",
         ":4: parameter a is not used"                                                                                                                 },
        {"-- GET /api/x\n-- access: user\n\nselect :b",                                  ":4: :b: there is no such parameter"                          },
        {"-- GET /api/x\n-- access: user\nselect $1",                                    ":3: write :name, not $1"                                     },
        {"-- GET /api/x\n-- access: user\nselect 1; select 2",                           ":3: a route is one statement"                                },
        {"-- GET /api/x\n-- access: user\nselect 'x",                                    ":3: a quote or a comment is not closed"                      },
        {"-- GET /api/x\n-- access: user\n/* x */\n",                                    ":4: there is no SQL"                                         },
        {"-- GET /api/x\n-- access: user\n-- param: a int = 1\nselect :a --? a",
         ":4: --? a: it is always given; only a \"?\" parameter can be missing"                                                                        },
        {"-- GET /api/x\n-- access: user\n-- answer: row\nselect 1",
         ":3: write \"row or 404 Message\""                                                                                                            },
        {"-- GET /api/x\n-- access: user\n-- cache: 5s\n-- answer: csv a.csv\nselect 1",
         ":4: a streamed answer cannot be cached"                                                                                                      },
        {"-- GET /api/x\n-- access: user\n-- answer: csv a b\nselect 1",
         ":3: a file name has letters, digits, . _ -, :parameters, :today and [optional parts]"                                                        },
    };
    arena *mem = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str why;
        const struct book *book = book_of(mem, cases[i].text, &why);
        assert_null(book);
        assert_text(why, arena_printf(mem, "routes/api/x.sql%s", cases[i].want).at);
    }
}

/* The table says int where the cast says integer: shorter lines. */
static str with_short_casts(arena *mem, str text)
{
    static const str cast = STR_ROW("::integer");
    struct buf buf;

    buf_init(&buf, mem, 1000);
    for (size_t at = 0; at < text.len; at++) {
        bool here = str_starts(str_skip(text, at), cast);
        buf_put(&buf, here ? STR("::int") : (str){text.at + at, 1});
        at += here ? cast.len - 1 : 0;
    }
    return buf_str(&buf);
}

static void quotes_and_comments_are_passed_over(void **state)
{
    static const struct {
        const char *sql, *want;
    } cases[] = {
        {"select ':a', \":a\", :a",                "select ':a', \":a\", $1::int"     },
        {"select 'it''s :a', :a",                  "select 'it''s :a', $1::int"       },
        {"select E'\\' :a', :a",                   "select E'\\' :a', $1::int"        },
        {"select name'\\', :a",                    "select name'\\', $1::int"         },
        {"select $x$ :a $$ :a $x$, :a",            "select $x$ :a $$ :a $x$, $1::int" },
        {"select $$ ' :a $$, :a",                  "select $$ ' :a $$, $1::int"       },
        {"select 1 /* :a /* ' */ :b */, :a",       "select 1  , $1::int"              },
        {"select a::text[], x[1:2], :a -- :zz 'x", "select a::text[], x[1:2], $1::int"},
        {"select f(x := :a), :a",                  "select f(x := $1::int), $1::int"  },
        {"select 'a\n:b', :a",                     "select 'a\n:b', $1::int"          },
        {"select 1 - 2, a->>'b' / :a ;  -- end",   "select 1 - 2, a->>'b' / $1::int"  },
    };
    arena *mem = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str why,
            text = arena_printf(mem, "-- GET /api/x\n-- access: anyone\n-- param: a int = 1\n%s\n",
                                cases[i].sql);
        const struct book *book = book_of(mem, text.at, &why);
        struct route_ask asked;
        struct statement statement;
        if (book == NULL)
            print_error("%.*s\n", STR_ARG(why));
        assert_non_null(book);
        assert_null(ask(mem, book, (struct asked){"/api/x", "", NULL}, &asked));
        route_statement(mem, &asked, &statement);
        assert_text(with_short_casts(mem, statement.text), cases[i].want);
        book_unref(&book);
    }
}

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

static void variants_cover_every_line_and_word(void **state)
{
    struct statement statements[64];
    arena *mem = *state;
    str why;
    const struct book *book = book_of(mem, primes, &why);

    size_t count = route_variants(mem, book_at(book, 0), statements, 64);
    /* off, form, tags, both: 4; with the other sort word 4; with the other format 4. */
    assert_int_equal(count, 12);
    assert_int_equal(route_variants(mem, book_at(book, 0), statements, 3), 3);
    /* Line for line as in the file, whatever fell away. */
    assert_int_equal(book_at(book, 0)->sql_line, 10);
    for (size_t i = 0; i < count; i++) {
        str rest = statements[i].text, line = STR("");
        for (int at = 10; at <= 16; at++)
            assert_true(str_cut(&rest, '\n', &line));
        assert_true(str_starts(line, STR("order by")));
    }
    book_unref(&book);
}

static void downloads_have_safe_names(void **state)
{
    static const char text[] = "-- GET /api/x\n-- access: anyone\n-- param: form text?\n"
                               "-- answer: csv all[-:form]-:today.csv\nselect :form\n";
    static const struct {
        const char *query, *want;
    } cases[] = {
        {"",                    "all-20260131.csv"       },
        {"form=kbn",            "all-kbn-20260131.csv"   },
        {"form=a%22%0d%0a%2F.", "all-a____.-20260131.csv"},
    };
    arena *mem = *state;
    str why;
    const struct book *book = book_of(mem, text, &why);

    assert_non_null(book);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct route_ask asked;
        assert_null(ask(mem, book, (struct asked){"/api/x", cases[i].query, NULL}, &asked));
        assert_text(download_name(mem, asked.file, asked.answer->file_name, asked.values,
                                  1769860800 /* 2026-01-31 12:00 UTC */),
                    cases[i].want);
    }
    book_unref(&book);
}

static void csv_fields_are_quoted_when_needed(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"a",      "a"         },
        {"",       ""          },
        {"a,b",    "\"a,b\""   },
        {"a\"b",   "\"a\"\"b\""},
        {"a\nb",   "\"a\nb\""  },
        {"-12.5",  "-12.5"     },
        {"=1+1",   "\"'=1+1\"" },
        {"@x",     "\"'@x\""   },
        {"2^31-1", "2^31-1"    },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf buf;
        buf_init(&buf, *state, 1000);
        csv_put(&buf, str_from(cases[i].text));
        assert_text(buf_str(&buf), cases[i].want);
    }
}

static void a_job_says_when_and_what(void **state)
{
    static const char text[] = "-- Refreshes\n-- things.\n-- every: 5m\n-- drops: private.a, b\n"
                               "\nselect 1;\nselect\n  ';' , 2;\n";
    arena *mem = *state;
    str why;
    const struct job *job = job_parse(mem, STR("sql/jobs/refresh.sql"), STR("x"), &why);

    assert_null(job);
    assert_text(why, "sql/jobs/refresh.sql:1: say how often: every: 5m");
    job = job_parse(mem, STR("sql/jobs/refresh.sql"), str_from(text), &why);
    assert_non_null(job);
    assert_text(job->name, "refresh");
    assert_text(job->about, "Refreshes things.");
    assert_text(job->drops, "private.a, b");
    assert_int_equal(job->every_ms, 300000);
    assert_int_equal(job->nstatements, 2);
    assert_text(job->statements[0], "select 1");
    assert_text(job->statements[1], "select\n  ';' , 2");
    assert_null(job_parse(mem, STR("j"), STR("-- every: 5m\nselect 1"), &why));
    assert_null(job_parse(mem, STR("j"), STR("-- every: 5x\nselect 1;\n"), &why));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_arena, drop_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_combination_is_its_own_statement),
        TEST(a_wrong_value_is_told_with_what_is_allowed),
        TEST(values_are_read_from_path_body_and_query),
        TEST(a_wrong_body_is_refused),
        TEST(null_and_missing_differ_for_conditional_lines),
        TEST(a_wrong_file_is_refused_with_its_line),
        TEST(quotes_and_comments_are_passed_over),
        TEST(the_most_literal_path_wins),
        TEST(keys_tell_values_apart),
        TEST(variants_cover_every_line_and_word),
        TEST(downloads_have_safe_names),
        TEST(csv_fields_are_quoted_when_needed),
        TEST(a_job_says_when_and_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
