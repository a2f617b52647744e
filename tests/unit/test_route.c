/* server/route: a file's text in, a statement out */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route.h"

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

struct wrong {
    const char *text, *want;
};

static const struct wrong wrong_files[] = {
    {"select 1",                                                                      ":1: the first line is \"-- GET /api/...\""                   },
    {"-- GET /stats\nselect 1",                                                       ":1: a path begins with /api/ and does not end with /"        },
    {"-- GIT /api/x\nselect 1",                                                       ":1: \"GIT\" is not one of GET, POST, PUT, PATCH, DELETE"     },
    {"-- GET /api/x\nselect 1",                                                       ":1: say who may call it: access: anyone, user, admin or node"},
    {"-- GET /api/x\n-- access: all\nselect 1",
     ":2: \"all\" is not one of anyone, user, admin, node"                                                                                          },
    {"-- GET /api/x\n-- access: anyone\n-- acces: anyone\nselect 1",
     ":3: acces: is none of also, access, pool, cache, memory, reads, by, param, answer"                                                            },
    {"-- GET /api/x\n-- access: anyone\n-- access: user\nselect 1",                   ":3: access: is there twice"                                  },
    {"-- POST /api/x\n-- access: user\n-- pool: read\nselect 1",
     ":3: only a GET can use the read pool"                                                                                                         },
    {"-- POST /api/x\n-- access: user\n-- cache: 5s\nselect 1",                       ":3: only a GET can be cached"                                },
    {"-- GET /api/x\n-- access: user\n-- cache: 5\nselect 1",
     ":3: cache: wants \"none\" or a duration such as 5s or 1m"                                                                                     },
    {"-- GET /api/x/{id}\n-- access: user\nselect 1",
     ":2: {id} of the path needs a line \"param: id type\""                                                                                         },
    {"-- GET /api/x\n-- access: user\n-- param: a float\nselect :a",
     ":3: param: the type is one of int, bigint, number, text, bool, uuid, timestamptz, date, "
     "json, or one of these with [], not \"float\""                                                                                                 },
    {"-- GET /api/x\n-- access: user\n-- param: a int = x\nselect :a",
     ":3: param: the default does not fit, not \"x\""                                                                                               },
    {"-- GET /api/x\n-- access: user\n-- param: a one of b, c else d\nselect :a",
     ":3: param: the default does not fit, not \"d\""                                                                                               },
    {"-- GET /api/x\n-- access: user\n-- param: a int? = 1\nselect :a",
     ":3: param: a parameter with a default is always there: leave the ? away, not \"a\""                                                           },
    {"-- GET /api/x\n-- access: user\n-- param: a one of b-c\nselect :a",
     ":3: param: a word of SQL has no '-'; give the parameter a type, not \"b-c\""                                                                  },
    {"-- GET /api/x\n-- access: user\n-- param: a one of b;c\nselect :a",
     ":3: param: a word of a list has letters, digits, _ and - only, not \"b;c\""                                                                   },
    {"-- GET /api/x\n-- access: user\n-- param: a int\nselect 1",                     ":4: parameter a is not used"                                 },
    {"-- GET /api/x\n-- access: user\n\nselect :b",                                   ":4: :b: there is no such parameter"                          },
    {"-- GET /api/x\n-- access: user\nselect $1",                                     ":3: write :name, not $1"                                     },
    {"-- GET /api/x\n-- access: user\nselect 1; select 2",                            ":3: a route is one statement"                                },
    {"-- GET /api/x\n-- access: user\nselect 'x",                                     ":3: a quote or a comment is not closed"                      },
    {"-- GET /api/x\n-- access: user\n-- by: docs_list\nselect 1\n",
     ":5: a file with by: has no SQL"                                                                                                               },
    {"-- GET /api/x\n-- access: admin\n-- by: docs_list\n",
     ":3: only SQL can answer admin and node: no by:"                                                                                               },
    {"-- GET /api/x\n-- access: user\n-- cache: 5s\n-- by: docs_list\n",
     ":4: what a handler answers is neither cached nor streamed"                                                                                    },
    {"-- GET /api/x\n-- access: user\n-- by: docs list\n",
     ":3: by: wants the name of one of the program's handlers"                                                                                      },
    {"-- GET /api/x\n-- access: user\n/* x */\n",                                     ":4: there is no SQL"                                         },
    {"-- GET /api/x\n-- access: user\n-- param: a int = 1\nselect :a --? a",
     ":4: --? a: it is always given; only a \"?\" parameter can be missing"                                                                         },
    {"-- GET /api/x\n-- access: user\n-- answer: row\nselect 1",
     ":3: write \"row or 404 Message\" or \"row or 204\""                                                                                           },
    {"-- GET /api/x\n-- access: user\n-- answer: created or 204\nselect 1",
     ":3: behind the answer's kind comes \"or 404 Message\""                                                                                        },
    {"-- GET /api/x\n-- access: user\n-- cache: 5s\n-- answer: row or 204\nselect 1",
     ":4: an answer that may be empty cannot be cached"                                                                                             },
    {"-- GET /api/x\n-- access: user\n-- cache: 5s\n-- answer: csv a.csv\nselect 1",
     ":4: a streamed answer cannot be cached"                                                                                                       },
    {"-- GET /api/x\n-- access: user\n-- answer: csv a b\nselect 1",
     ":3: a file name has letters, digits, . _ -, :parameters, :today and [optional parts]"                                                         },
};

static void a_wrong_file_is_refused_with_its_line(void **state)
{
    arena *mem = *state;

    for (size_t i = 0; i < sizeof(wrong_files) / sizeof(wrong_files[0]); i++) {
        str why;
        const struct book *book = book_of(mem, wrong_files[i].text, &why);
        assert_null(book);
        assert_text(why, arena_printf(mem, "routes/api/x.sql%s", wrong_files[i].want).at);
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
        TEST(variants_cover_every_line_and_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
