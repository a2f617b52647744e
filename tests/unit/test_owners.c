/* server/live/owners.c and expression.c: policies that show rows to their owners alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/expression.h"
#include "live/facts.h"

#define COLUMN(name, type)                                                                         \
    "{\"name\":\"" name "\",\"type\":\"" type "\",\"full\":\"" type                                \
    "\",\"kind\":\"s\",\"select\":true,\"key\":false}"
#define COLUMNS                                                                                    \
    "[" COLUMN("a", "uuid") "," COLUMN("b", "uuid") "," COLUMN("c", "uuid") "," COLUMN(            \
        "d", "uuid") "," COLUMN("e", "uuid") "," COLUMN("A b", "uuid") "," COLUMN("t", "text") "]"

static const struct facts *facts_of(arena *mem, const char *policies, const char *known)
{
    str json = arena_printf(mem,
                            "{\"published\":true,\"rls\":true,\"readable\":true,"
                            "\"uid_is_subject\":%s,\"columns\":" COLUMNS ",\"policies\":[%s]}",
                            known, policies);
    return facts_read(mem, STR("authenticated"), STR("public"), STR("x"), json);
}

static str columns_of(arena *mem, const struct owners *owners)
{
    str all = STR("");

    for (int i = 0; i < owners->count; i++)
        all = arena_printf(mem, "%.*s%s%.*s", STR_ARG(all), i > 0 ? " " : "",
                           STR_ARG(owners->columns[i]));
    return all;
}

#define POLICY(permissive, using)                                                                  \
    "{\"permissive\":" permissive ",\"using\":\"" using "\",\"reads\":\"subject\"}"
#define MAY(using) POLICY("true", using)
#define MUST(using) POLICY("false", using)
#define SELECT "( SELECT auth.uid() AS uid)"
#define DEEP "(((((((((((((((("
#define PEED "))))))))))))))))"

static void rows_belong_to_whom_every_policy_demands(void **state)
{
    static const struct {
        const char *policies, *want;
    } cases[] = {
        {MAY("(a = auth.uid())"),                                             "a"  },
        {MAY("(auth.uid() = a)"),                                             "a"  },
        {MAY("(" SELECT " = a)"),                                             "a"  },
        {MAY("(\\\"A b\\\" = auth.uid())"),                                   "A b"},
        {MAY("((a = auth.uid()) AND (t IS NOT NULL))"),                       "a"  },
        {MAY("((t ~~ '%) OR (%'::text) AND (b = auth.uid()))"),               "b"  },
        {MAY("((a = auth.uid()) OR (b = auth.uid()))"),                       "a b"},
        {MAY("((a = auth.uid()) OR ((t = 'x'::text) AND (a = " SELECT ")))"), "a"  },
        {MAY("(a = auth.uid())") "," MAY("(b = auth.uid())"),                 "a b"},
        {MAY("(t = 'x'::text)") "," MUST("(b = auth.uid())"),                 "b"  },
        {MAY("(a = auth.uid())") "," MUST("(auth.uid() IS NOT NULL)"),        "a"  },
        {MAY("((a = auth.uid()) OR (b = auth.uid()) OR (c = auth.uid()) OR (d = "
             "auth.uid()))"),
         "a b c d"                                                                 },
        {MAY("((a = auth.uid()) OR (b = auth.uid()) OR (c = auth.uid()) OR (d = auth.uid()) OR "
             "(e = auth.uid()))"),
         ""                                                                        },
 /* somebody else may see it, too */
        {MAY("true"),                                                         ""   },
        {MAY("(auth.uid() IS NOT NULL)"),                                     ""   },
        {MAY("(a <> auth.uid())"),                                            ""   },
        {MAY("(a IS DISTINCT FROM auth.uid())"),                              ""   },
        {MAY("(NOT (a = auth.uid()))"),                                       ""   },
        {MAY("((a = auth.uid()) IS NOT TRUE)"),                               ""   },
        {MAY("((a = auth.uid()) = false)"),                                   ""   },
        {MAY("((a = auth.uid()) OR (t = 'x'::text))"),                        ""   },
        {MAY("((a = auth.uid()) OR (t IS NULL) AND (b = auth.uid()))"),       ""   },
        {MAY("(a = auth.uid())") "," MAY("(t = 'x'::text)"),                  ""   },
        {MAY("CASE WHEN (t IS NULL) THEN true ELSE (a = auth.uid()) END"),    ""   },
        {MAY("COALESCE((a = auth.uid()), true)"),                             ""   },
        {MAY("(COALESCE(a, b) = auth.uid())"),                                ""   },
 /* not a uuid of this table's own */
        {MAY("(t = (auth.uid())::text)"),                                     ""   },
        {MAY("((t)::uuid = auth.uid())"),                                     ""   },
        {MAY("(t = auth.uid())"),                                             ""   },
        {MAY("(x.a = auth.uid())"),                                           ""   },
        {MAY("(f = auth.uid())"),                                             ""   },
        {MAY("('a' = auth.uid())"),                                           ""   },
        {MAY("(auth.uid() = auth.uid())"),                                    ""   },
        {MAY("(\\\" = auth.uid())"),                                          ""   },
        {MAY("(a = auth.uid()"),                                              ""   },
        {MAY("(a OPERATOR(public.=) auth.uid())"),                            ""   },
        {MAY(DEEP "(a = auth.uid())" PEED),                                   ""   },
    };
    arena *mem = arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct facts *facts = facts_of(mem, cases[i].policies, "true");
        assert_non_null(facts);
        assert_string_equal(arena_copy(mem, columns_of(mem, &facts->owners)).at, cases[i].want);
        assert_int_equal(facts_of(mem, cases[i].policies, "null")->owners.count, 0);
    }
    arena_close(&mem);
}

static void parts_are_what_one_word_joins(void **state)
{
    static const struct {
        const char *text;
        enum joined by;
        int count; /* 0: it cannot be split */
        const char *last;
    } cases[] = {
        {"a",                                                                                 JOINED_BY_NOTHING, 1, "a"                 },
        {"(a) AND (b)",                                                                       JOINED_BY_AND,     2, "(b)"               },
        {"(a) or b or (c and d)",                                                             JOINED_BY_OR,      3, "(c and d)"         },
        {"(a AND b)",                                                                         JOINED_BY_NOTHING, 1, "(a AND b)"         },
        {"candor = 'a AND b'",                                                                JOINED_BY_NOTHING, 1, "candor = 'a AND b'"},
        {"a AND b OR c",                                                                      JOINED_BY_AND,     0, NULL                },
        {"(a AND b",                                                                          JOINED_BY_AND,     0, NULL                },
        {"a) AND (b",                                                                         JOINED_BY_AND,     0, NULL                },
        {"a or a or a or a or a or a or a or a or a or a or a or a or a or a or a or a or a",
         JOINED_BY_OR,                                                                                           0, NULL                },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parts parts;
        assert_int_equal(expression_split(str_from(cases[i].text), &parts), cases[i].count > 0);
        if (cases[i].count == 0)
            continue;
        assert_int_equal(parts.count, cases[i].count);
        assert_int_equal(parts.by, cases[i].by);
        assert_true(str_eq(parts.at[parts.count - 1], str_from(cases[i].last)));
    }
}

static void a_group_has_nothing_outside(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"(a)",          "a"         },
        {"((a) or (b))", "(a) or (b)"},
        {"(')')",        "')'"       },
        {"(a) or (b)",   NULL        },
        {"a",            NULL        },
        {"",             NULL        },
        {"()",           ""          },
        {"((a)",         NULL        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        str inside = {NULL, 0};
        bool group = expression_group(str_from(cases[i].text), &inside);
        assert_int_equal(group, cases[i].want != NULL);
        assert_true(!group || str_eq(inside, str_from(cases[i].want)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_belong_to_whom_every_policy_demands),
        cmocka_unit_test(parts_are_what_one_word_joins),
        cmocka_unit_test(a_group_has_nothing_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
