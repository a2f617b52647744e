/* server/base/environment.c, environment_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/environment.h"

static str read(struct environment *environment, arena *mem, const char *text)
{
    static const char *const process[] = {"HOME=/home/me", "PGRST_DB_SCHEMAS=mine", NULL};

    *environment = (struct environment){.counts = {0}};
    environment_take(environment, mem, LAYER_PROCESS, process);
    return environment_read(environment, mem, str_from(text));
}

static void a_file_is_read_as_postgrest_reads_it(void **state)
{
    static const struct {
        const char *text, *name, *value;
    } cases[] = {
        {"db-schemas = \"a, b\"",               "PGRST_DB_SCHEMAS",              "a, b"        },
        {"# nothing\n\n db-pool=7 # seven\r\n", "PGRST_DB_POOL",                 "7"           },
        {"db-channel-enabled = false",          "PGRST_DB_CHANNEL_ENABLED",      "false"       },
        {"jwt-secret = \"a # b\"",              "PGRST_JWT_SECRET",              "a # b"       },
        {"app.settings.Mixed_Case = \"x\"",     "PGRST_APP_SETTINGS_Mixed_Case", "x"           },
        {"postern-rest-path = \"/\"",           "POSTERN_REST_PATH",             "/"           },
        {"x = \"$(HOME)/k$$y\"",                "PGRST_X",                       "/home/me/k$y"},
        {"x = \"a\\n\\\"b\\\\\"",               "PGRST_X",                       "a\n\"b\\"    },
        {"x = \"one\"\nx = \"two\"",            "PGRST_X",                       "two"         },
        {"x = \"\"",                            "PGRST_X",                       ""            },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct environment environment;
        str why = read(&environment, mem, cases[i].text);
        if (why.at != NULL)
            fail_msg("%s: %.*s", cases[i].text, STR_ARG(why));
        str value = environment_find_in(&environment, LAYER_FILE, str_from(cases[i].name));
        if (!str_eq(value, str_from(cases[i].value)))
            fail_msg("%s: %.*s", cases[i].text, STR_ARG(value));
        arena_close(&mem);
    }
}

static void what_is_wrong_with_a_file_has_a_line(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"= 1",                    "line 1: a setting begins with its name, such as db-schemas"  },
        {"\ndb-pool 7",            "line 2: a name is followed by = and a value"                 },
        {"x =",                    "line 1: a value is a \"text\", a number, true or false"      },
        {"x = \"a",                "line 1: a text ends with a quote on the same line"           },
        {"x = \"a\" b",            "line 1: a value is followed by a comment or nothing"         },
        {"x = \"$a\"",             "line 1: a dollar in a text is written $$, a variable $(NAME)"},
        {"x = \"$(NO_SUCH_ONE)\"", "line 1: the variable behind $( is not set"                   },
        {"x = \"\\q\"",            "line 1: a backslash in a text is written \\\\"               },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena *mem = arena_open();
        struct environment environment;
        str why = read(&environment, mem, cases[i].text);
        if (!str_eq(why, str_from(cases[i].why)))
            fail_msg("%s: %.*s", cases[i].text, STR_ARG(why));
        arena_close(&mem);
    }
}

static void the_process_beats_the_file(void **state)
{
    arena *mem = arena_open();
    struct environment environment;
    (void)state;

    assert_null(read(&environment, mem, "db-schemas = \"file\"\ndb-pool = 3").at);
    assert_true(str_eq(environment_find(&environment, STR("PGRST_DB_SCHEMAS")), STR("mine")));
    assert_true(str_eq(environment_find(&environment, STR("PGRST_DB_POOL")), STR("3")));
    assert_null(environment_find(&environment, STR("PGRST_NONE")).at);
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_as_postgrest_reads_it),
        cmocka_unit_test(what_is_wrong_with_a_file_has_a_line),
        cmocka_unit_test(the_process_beats_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
