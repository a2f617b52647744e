/* server/live/callers.c: policies for many callers at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array_text.h"
#include "live/callers.h"

#define U "\"postern uid\""

/* want NULL: it cannot be told where auth.uid() stands. */
static void auth_uid_gives_way_where_it_is_called(void **state)
{
    static const struct {
        const char *policy, *want;
    } cases[] = {
        {"(owner = auth.uid())",                          "(owner = " U ")"                       },
        {"(owner = ( SELECT auth.uid() AS uid))",         "(owner = " U ")"                       },
        {"(owner = ( SELECT auth.uid() AS me))",          "(owner = ( SELECT " U " AS me))"       },
        {"(uid = auth.uid()) OR (auth.uid() IS NULL)",    "(uid = " U ") OR (" U " IS NULL)"      },
        {"(note <> 'auth.uid()') AND (a = auth.uid())",   "(note <> 'auth.uid()') AND (a = " U ")"},
        {"(note = 'it''s auth.uid()') OR auth.uid() = b",
         "(note = 'it''s auth.uid()') OR " U " = b"                                               },
        {"(\"auth.uid()\" = auth.uid())",                 "(\"auth.uid()\" = " U ")"              },
        {"(\"a\"\"auth.uid()\" = auth.uid())",            "(\"a\"\"auth.uid()\" = " U ")"         },
        {"(note = E'\\\\') AND (a = auth.uid())",         "(note = E'\\\\') AND (a = " U ")"      },
        {"(owner = uid())",                               NULL                                    },
        {"(owner = \"auth\".\"uid\"())",                  NULL                                    },
        {"(owner = auth.\"uid\"())",                      NULL                                    },
        {"(owner = xauth.uid()) OR a = auth.uid()",       NULL                                    },
        {"(owner = other.auth.uid()) OR a = auth.uid()",  NULL                                    },
        {"(owner = \"o\".auth.uid()) OR a = auth.uid()",  NULL                                    },
        {"true",                                          NULL                                    },
        {"(note = 'auth.uid()')",                         NULL                                    },
        {"(note = 'never ends, auth.uid()",               NULL                                    },
        {"",                                              NULL                                    },
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str found = callers_policy(mem, str_from(cases[i].policy));
        if (cases[i].want == NULL)
            assert_null(found.at);
        else
            assert_string_equal(arena_copy(mem, found).at, cases[i].want);
    }
    arena_close(&mem);
}

static void texts_of_an_array_are_quoted(void **state)
{
    arena *mem = arena_open();
    struct buf buf;

    (void)state;
    buf_init(&buf, mem, 1000);
    buf_putc(&buf, '{');
    array_text_put(&buf, STR("{\"sub\":\"a\\\"\"}"));
    array_text_put(&buf, STR(""));
    array_text_put(&buf, STR("null"));
    assert_true(str_eq(buf_str(&buf), STR("{\"{\\\"sub\\\":\\\"a\\\\\\\"\\\"}\",\"\",\"null\"")));
    arena_close(&mem);
}

static void a_subject_that_is_no_uuid_is_asked_about_alone(void **state)
{
    static const struct {
        const char *subject;
        bool may;
    } cases[] = {
        {"aaaaaaaa-0000-4000-8000-000000000001",   true },
        {"AAAAAAAA-0000-4000-8000-00000000000F",   true },
        {"aaaaaaaa-0000-4000-8000-00000000000g",   false},
        {"aaaaaaaa-0000-4000-8000-0000000000011",  false},
        {"aaaaaaaa-0000-4000-8000-00000000000",    false},
        {"aaaaaaaa00004000-8000-0000-00000000000", false},
        {"alice",                                  false},
        {"",                                       false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(callers_may_join(&(struct claims){.subject = str_from(cases[i].subject)}),
                         cases[i].may);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auth_uid_gives_way_where_it_is_called),
        cmocka_unit_test(texts_of_an_array_are_quoted),
        cmocka_unit_test(a_subject_that_is_no_uuid_is_asked_about_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
