/* server/auth/role_path*.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/role_path.h"

#define ROLES "{\"app\":{\"roles\":[\"reader\",\"app_editor\",\"app_owner\"]}}"
#define GRANTS                                                                                     \
    "{\"home\":\"b\",\"grants\":[{\"at\":\"a\",\"role\":\"one\"},{\"at\":\"b\",\"role\":\"two\","  \
    "\"n\":2}]}"

/* The text of what the path finds in the claims; "-" for nothing, "!" for a path that is none. */
static str find(arena *mem, const char *path, const char *claims)
{
    str why = {NULL, 0}, found = STR("-");
    const struct role_path *read = role_path_parse(mem, str_from(path), &why);

    assert_int_equal(read == NULL, why.at != NULL);
    if (read == NULL)
        return STR("!");
    json_t *json = json_loads(claims, 0, NULL);
    assert_non_null(json);
    const json_t *value = role_path_find(read, json);
    if (json_is_string(value)) {
        found = arena_copy(mem, str_from(json_string_value(value)));
    } else if (value != NULL) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        found = arena_copy(mem, str_from(text));
        free(text);
    }
    json_decref(json);
    return found;
}

struct path_case {
    const char *path, *claims, *want;
};

static void check_paths(const struct path_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        arena *mem = arena_open();
        str found = find(mem, cases[i].path, cases[i].claims);
        if (!str_eq(found, str_from(cases[i].want)))
            fail_msg("%s in %s: %.*s, not %s", cases[i].path, cases[i].claims, STR_ARG(found),
                     cases[i].want);
        arena_close(&mem);
    }
}

static void a_path_finds_the_first_value(void **state)
{
    static const struct path_case cases[] = {
        {NULL,                                                     "{\"role\":\"anon\"}",        "anon"      },
        {"$.role",                                                 "{\"role\":\"anon\"}",        "anon"      },
        {"$.role",                                                 "{\"user\":\"anon\"}",        "-"         },
        {"$",                                                      "{\"a\":1}",                  "{\"a\":1}" },
        {"$['role']",                                              "{\"role\":\"anon\"}",        "anon"      },
        {"$[\"a b\"]['it\\'s']",                                   "{\"a b\":{\"it's\":\"x\"}}", "x"         },
        {"$['\"']",                                                "{\"\\\"\":\"x\"}",           "x"         },
        {"$[\"\\u00e9\"]",                                         "{\"\xc3\xa9\":\"x\"}",       "x"         },
        {"$.\xc3\xa9_1",                                           "{\"\xc3\xa9_1\":\"x\"}",     "x"         },
        {"$.app.roles[0]",                                         ROLES,                        "reader"    },
        {"$.app.roles[-1]",                                        ROLES,                        "app_owner" },
        {"$.app.roles[3]",                                         ROLES,                        "-"         },
        {"$.app.roles[-4]",                                        ROLES,                        "-"         },
        {"$.app[0]",                                               ROLES,                        "-"         },
        {"$.app.roles.x",                                          ROLES,                        "-"         },
        {"$.app.roles[*]",                                         ROLES,                        "reader"    },
        {"$.*.roles[1]",                                           ROLES,                        "app_editor"},
        {"$.app.roles[1:]",                                        ROLES,                        "app_editor"},
        {"$.app.roles[-1:]",                                       ROLES,                        "app_owner" },
        {"$.app.roles[5:]",                                        ROLES,                        "-"         },
        {"$.app.roles[::-1]",                                      ROLES,                        "app_owner" },
        {"$.app.roles[0:3:2]",                                     ROLES,                        "reader"    },
        {"$.app.roles[::0]",                                       ROLES,                        "-"         },
        {"$.app.roles[7, 2, 0]",                                   ROLES,                        "app_owner" },
        {"$.app['x', 'roles'][0]",                                 ROLES,                        "reader"    },
        {"$..roles[0]",                                            ROLES,                        "reader"    },
        {"$..[2]",                                                 ROLES,                        "app_owner" },
        {"$.app.roles[?@ == \"app_owner\"]",                       ROLES,                        "app_owner" },
        {"$.app.roles[?(@ == 'app_owner')]",                       ROLES,                        "app_owner" },
        {"$.app.roles[?@ != 'reader']",                            ROLES,                        "app_editor"},
        {"$.app.roles[?@ > 'app_f']",                              ROLES,                        "reader"    },
        {"$.app.roles[?search(@, \"^app_\")]",                     ROLES,                        "app_editor"},
        {"$.app.roles[?match(@, \"app_.\")]",                      ROLES,                        "-"         },
        {"$.app.roles[?match(@, \"app_o.*\")]",                    ROLES,                        "app_owner" },
        {"$.app.roles[?!search(@, 'e') || @ == 'app_owner']",      ROLES,                        "app_owner" },
        {"$.app.roles[?search(@, 'app') && !(@ == 'app_editor')]", ROLES,                        "app_owner" },
        {"$.grants[?@.at == 'b'].role",                            GRANTS,                       "two"       },
        {"$.grants[?@.at == $.home].role",                         GRANTS,                       "two"       },
        {"$.grants[?@.n].role",                                    GRANTS,                       "two"       },
        {"$.grants[?!@.n].role",                                   GRANTS,                       "one"       },
        {"$.grants[?@.n == 2.0].role",                             GRANTS,                       "two"       },
        {"$.grants[?@.n >= 2 && @.n<=2].role",                     GRANTS,                       "two"       },
        {"$.grants[?@.n < 2].role",                                GRANTS,                       "-"         },
        {"$.grants[?@.missing == @.absent].role",                  GRANTS,                       "one"       },
        {"$.grants[?@.n == null].role",                            GRANTS,                       "-"         },
        {"$.grants[?@ == 'b'].role",                               GRANTS,                       "-"         },
        {"$.role",                                                 "{\"role\":null}",            "null"      },
    };
    (void)state;
    check_paths(cases, sizeof(cases) / sizeof(cases[0]));
}

#define SHAPES                                                                                     \
    "{\"s\":\"\xc4\x8dz\xf0\x9f\x98\x80\",\"l\":[1,2],\"o\":{\"a\":null},\"n\":3,\"x\":null}"

/* The shapes are three characters, two elements, one member; a number and null have no length. */
static void functions_measure_count_and_choose(void **state)
{
    static const struct path_case cases[] = {
        {"$[?length(@) == 3]",                                     SHAPES,
         "\xc4\x8d"
         "z\xf0\x9f\x98\x80"                                                             },
        {"$[?length(@)==2]",                                       SHAPES, "[1,2]"       },
        {"$[?length( @ ) < 2]",                                    SHAPES, "{\"a\":null}"},
        {"$[?length(@) == $.n]",                                   SHAPES,
         "\xc4\x8d"
         "z\xf0\x9f\x98\x80"                                                             },
        {"$[?length(@) == length('abc')]",                         SHAPES,
         "\xc4\x8d"
         "z\xf0\x9f\x98\x80"                                                             },
        {"$[?length(@) == length(@.none)]",                        SHAPES, "3"           },
        {"$[?length(@) == 'x']",                                   SHAPES, "-"           },
        {"$[?count(@.*) == 2]",                                    SHAPES, "[1,2]"       },
        {"$[?count(@.*) >= 1 && count(@.*)<=1].a",                 SHAPES, "null"        },
        {"$[?count(@['a', 'a']) == 2]",                            SHAPES, "{\"a\":null}"},
        {"$.app.roles[?count($..roles.*) == 3]",                   ROLES,  "reader"      },
        {"$.app.roles[?count($..roles[?@ != 'reader']) == 2]",     ROLES,  "reader"      },
        {"$.grants[?value(@..at) == 'b'].role",                    GRANTS, "two"         },
        {"$.grants[?value(@.*) == 'b'].role",                      GRANTS, "-"           }, /* of several, none */
        {"$.grants[?length(value(@.n)) == 1]",                     GRANTS, "-"           },
        {"$.grants[?length(value(@.role)) > 2 && @.n].role",       GRANTS, "two"         },
        {"$.grants[?search(value(@..role), 'w')].role",            GRANTS, "two"         },
        {"$.grants[?count(@[?count($.grants.*) == 2]) == 3].role", GRANTS, "two"         },
    };
    (void)state;
    check_paths(cases, sizeof(cases) / sizeof(cases[0]));
}

static void an_older_path_finds_it_too(void **state)
{
    static const struct path_case cases[] = {
        {".role",                             "{\"role\":\"anon\"}",                       "anon"      },
        {".app.roles[1]",                     ROLES,                                       "app_editor"},
        {".app.roles[9]",                     ROLES,                                       "-"         },
        {".\"https://x/roles\"[0].value",     "{\"https://x/roles\":[{\"value\":\"x\"}]}", "x"         },
        {".1a$@b",                            "{\"1a$@b\":\"x\"}",                         "x"         },
        {".app.roles[?(@ == \"app_owner\")]", ROLES,                                       "app_owner" },
        {".app.roles[?(@ != \"reader\")]",    ROLES,                                       "app_editor"},
        {".app.roles[?(@ ^== \"app_o\")]",    ROLES,                                       "app_owner" },
        {".app.roles[?(@ ==^ \"tor\")]",      ROLES,                                       "app_editor"},
        {".app.roles[?(@ *== \"p_e\")]",      ROLES,                                       "app_editor"},
        {".app.roles[?(@*==\"none\")]",       ROLES,                                       "-"         },
        {".grants[?(@ != \"x\")]",            GRANTS,                                      "-"         }, /* looks at text only */
    };
    (void)state;
    check_paths(cases, sizeof(cases) / sizeof(cases[0]));
}

static const char *const no_paths[] = {
    "",
    "role",
    "role.other",
    "1234",
    ".",
    ".role##",
    ".my_role;;domain",
    ".#$$%&$%/",
    ".role[?(@ =)]",
    ".role[?(@ == 'x')]",
    ".role[?(@ == \"x\")].more",
    ".role[-1]",
    ".role[0",
    ".role[x]",
    ".\"role",
    "$role",
    "$.",
    "$..",
    "$.role.",
    "$ .role",
    "$.1",
    "$[",
    "$[]",
    "$[01x]",
    "$[0",
    "$['a]",
    "$[\"\\x\"]",
    "$[99999999999]",
    "$[?]",
    "$[?@ ==]",
    "$[?@ = 1]",
    "$[?'a']",
    "$[?(@ == 1]",
    "$[?search(@)]",
    "$[?search(@, @)]",
    "$[?search(@, \"(\")]",
    "$[?length(@)]",
    "$[?length(@.*) == 1]",
    "$[?length(@, @) == 1]",
    "$[?length() == 1]",
    "$[?length(@ == 1]",
    "$[?count(1) == 1]",
    "$[?count('a') == 1]",
    "$[?count(@)]",
    "$[?value(@)]",
    "$[?value(length(@)) == 1]",
    "$[?size(@) == 1]",
    "$[?@.* == 1]",
    "$[?1 == @['a','b']]",
    "$[?length(length(length(length(length(length(length(length(length(length(length(length("
    "length("
    "length(length(length(length(length(length(length(length(length(length(length(length("
    "length("
    "length(length(length(length(length(length(length(length(length(length(length(length("
    "length("
    "length(length(length(length(length(length(length(length(length(length(length(length("
    "length("
    "length(length(length(length(length(length(length(length(length(length(length(length(@",
    "$[?@ == [1]]",
    "$..a..b..c", /* too deep for what it costs */
    "$[?((((((((((@.a))))))))))]",
    "$[?!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!@]",
    "$.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a",
};

static void what_is_no_path_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(no_paths) / sizeof(no_paths[0]); i++) {
        arena *mem = arena_open();
        if (!str_eq(find(mem, no_paths[i], "{}"), STR("!")))
            fail_msg("%s was taken", no_paths[i]);
        arena_close(&mem);
    }
}

static void the_sentence_names_the_setting_and_the_value(void **state)
{
    arena *mem = arena_open();
    str why;
    (void)state;

    assert_null(role_path_parse(mem, STR("role.other"), &why));
    assert_true(str_starts(why, STR("JWT_ROLE_CLAIM_KEY is not valid: failed to parse "
                                    "role-claim-key value (role.other)")));
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_the_first_value),
        cmocka_unit_test(functions_measure_count_and_choose),
        cmocka_unit_test(an_older_path_finds_it_too),
        cmocka_unit_test(what_is_no_path_is_refused),
        cmocka_unit_test(the_sentence_names_the_setting_and_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
