/* server/route/download.c: file names and CSV */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route.h"
#include "route/download.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(downloads_have_safe_names),
        TEST(csv_fields_are_quoted_when_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
