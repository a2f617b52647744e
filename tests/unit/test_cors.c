/* server/http/cors.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/cors.h"

static str find(const struct header *headers, int count, str name)
{
    for (int i = 0; i < count; i++)
        if (str_eq(headers[i].name, name))
            return headers[i].value;
    return (str){NULL, 0};
}

static void an_origin_gets_what_the_setting_grants(void **state)
{
    static const struct {
        const char *origins, *origin, *allowed; /* NULL: no such header */
        bool credentials;
    } cases[] = {
        {"*",                    "https://a.example", "*",                 false},
        {"*",                    NULL,                NULL,                false},
        {"https://a.example",    "https://a.example", "https://a.example", true },
        {"https://b, https://a", "https://a",         "https://a",         true },
        {"https://a.example",    "https://evil",      NULL,                false},
        {"https://a.example",    "https://a.exampl",  NULL,                false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct header headers[CORS_HEADERS_MAX];
        const struct config config = {.cors_origins = str_from(cases[i].origins)};
        int count = cors_headers(&config, str_from(cases[i].origin), headers);
        str allowed = find(headers, count, STR("Access-Control-Allow-Origin"));
        assert_int_equal(allowed.at == NULL, cases[i].allowed == NULL);
        if (cases[i].allowed != NULL)
            assert_true(str_eq(allowed, str_from(cases[i].allowed)));
        str credentials = find(headers, count, STR("Access-Control-Allow-Credentials"));
        assert_int_equal(credentials.at != NULL, cases[i].credentials);
    }
}

static void a_preflight_names_the_headers_it_was_asked_for(void **state)
{
    arena *mem = arena_open();
    const struct header headers[] = {
        {STR("origin"),                         STR("https://a")},
        {STR("access-control-request-method"),  STR("PATCH")    },
        {STR("access-control-request-headers"), STR("x-mine,y") },
    };
    struct request req = {.mem = mem, .method = METHOD_OPTIONS, .headers = headers, .nheaders = 3};
    const struct reply *reply = cors_preflight(&req);

    (void)state;
    assert_non_null(reply);
    assert_int_equal(reply->status, 200);
    str allowed = find(reply->headers, reply->nheaders, STR("Access-Control-Allow-Headers"));
    assert_true(str_eq(allowed,
                       STR("Authorization, x-mine, y, Accept, Accept-Language, Content-Language")));
    assert_true(find(reply->headers, reply->nheaders, STR("Access-Control-Max-Age")).at != NULL);
    req.method = METHOD_GET;
    assert_null(cors_preflight(&req));
    req.method = METHOD_OPTIONS;
    req.nheaders = 1; /* OPTIONS without a question is not a preflight */
    assert_null(cors_preflight(&req));
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_gets_what_the_setting_grants),
        cmocka_unit_test(a_preflight_names_the_headers_it_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
