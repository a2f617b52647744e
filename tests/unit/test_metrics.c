/* server/base/metrics.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/metrics.h"

enum { TEXT_MAX = 64 << 10 };

/* The text of /metrics for two workers, NUL-terminated, in the arena. */
static const char *text_of(arena *mem, struct metrics *first, struct metrics *second)
{
    struct metrics *const workers[] = {first, second};
    struct buf buf;

    buf_init(&buf, mem, TEXT_MAX);
    metrics_put(&buf, workers, 2);
    assert_false(buf.full);
    return arena_cstr(mem, buf_str(&buf));
}

static void assert_has_line(const char *text, const char *line)
{
    arena *mem = arena_open();
    const char *want = arena_printf(mem, "\n%s\n", line).at;
    if (memmem(text, strlen(text), want, strlen(line) + 2) == NULL)
        fail_msg("no line \"%s\" in:\n%s", line, text);
    arena_close(&mem);
}

static void workers_are_summed(void **state)
{
    arena *mem = arena_open();
    struct metrics *one = arena_new(mem, struct metrics), *two = arena_new(mem, struct metrics);
    (void)state;

    metric_add(one, METRIC_DB_OPEN, 3);
    metric_add(two, METRIC_DB_OPEN, 4);
    metric_add(two, METRIC_DB_OPEN, -1);
    metric_add(one, METRIC_CACHE_STALE, 2);
    const char *text = text_of(mem, one, two);
    assert_has_line(text, "postern_db_connections{state=\"open\"} 6");
    assert_has_line(text, "postern_cache_requests_total{result=\"stale\"} 2");
    assert_has_line(text, "postern_http_connections 0");
    arena_close(&mem);
}

static void a_request_counts_by_class_and_by_time(void **state)
{
    static const struct {
        int status;
        int64_t us;
    } requests[] = {
        {200, 400    },
        {201, 500    },
        {304, 501    },
        {404, 1000   },
        {503, 6000000},
    };
    arena *mem = arena_open();
    struct metrics *one = arena_new(mem, struct metrics), *two = arena_new(mem, struct metrics);
    (void)state;

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        metric_request(i % 2 == 0 ? one : two, requests[i].status, requests[i].us);
    const char *text = text_of(mem, one, two);
    assert_has_line(text, "postern_http_requests_total{class=\"2xx\"} 2");
    assert_has_line(text, "postern_http_requests_total{class=\"3xx\"} 1");
    assert_has_line(text, "postern_http_requests_total{class=\"4xx\"} 1");
    assert_has_line(text, "postern_http_requests_total{class=\"5xx\"} 1");
    /* "le" is less or equal, and buckets hold the smaller ones too */
    assert_has_line(text, "postern_http_request_seconds_bucket{le=\"0.0005\"} 2");
    assert_has_line(text, "postern_http_request_seconds_bucket{le=\"0.001\"} 4");
    assert_has_line(text, "postern_http_request_seconds_bucket{le=\"5\"} 4");
    assert_has_line(text, "postern_http_request_seconds_bucket{le=\"+Inf\"} 5");
    assert_has_line(text, "postern_http_request_seconds_sum 6.002401");
    assert_has_line(text, "postern_http_request_seconds_count 5");
    arena_close(&mem);
}

static void each_family_has_one_help_and_one_type(void **state)
{
    arena *mem = arena_open();
    struct metrics *one = arena_new(mem, struct metrics), *two = arena_new(mem, struct metrics);
    str rest = str_from(text_of(mem, one, two)), line, seen = STR("");
    (void)state;

    while (str_cut(&rest, '\n', &line)) {
        if (!str_starts(line, STR("# HELP ")))
            continue;
        str words = str_skip(line, 7), name, type;
        assert_true(str_cut(&words, ' ', &name));
        assert_true(words.len > 0);
        assert_true(str_cut(&rest, '\n', &type));
        assert_true(str_starts(type, arena_printf(mem, "# TYPE %.*s ", STR_ARG(name))));
        const char *mark = arena_printf(mem, "|%.*s|", STR_ARG(name)).at;
        assert_null(memmem(seen.at, seen.len, mark, name.len + 2));
        seen = arena_printf(mem, "%.*s%.*s", STR_ARG(seen), (int)name.len + 2, mark);
    }
    assert_true(seen.len > 0);
    arena_close(&mem);
}

static void every_metric_has_its_line(void **state)
{
    arena *mem = arena_open();
    struct metrics *one = arena_new(mem, struct metrics), *two = arena_new(mem, struct metrics);
    (void)state;

    for (int i = 0; i < METRICS; i++)
        metric_add(one, (enum metric)i, 1000 + i);
    const char *text = text_of(mem, one, two);
    for (int i = 0; i < METRICS; i++) {
        const char *value = arena_cstr(mem, arena_printf(mem, " %d\n", 1000 + i));
        assert_non_null(strstr(text, value));
    }
    assert_null(strstr(text, "(null)"));
    arena_close(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_summed),
        cmocka_unit_test(a_request_counts_by_class_and_by_time),
        cmocka_unit_test(each_family_has_one_help_and_one_type),
        cmocka_unit_test(every_metric_has_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
