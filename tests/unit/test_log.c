/* server/base/log.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

enum { TEXT_MAX = 1 << 20 };

/* Standard error as a pipe that the test reads. */
struct capture {
    int real, reader;
    size_t len;
    char text[TEXT_MAX];
};

static struct capture *capture_open(void)
{
    struct capture *capture = calloc(1, sizeof(*capture));
    int ends[2];

    log_flush();
    capture->real = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    capture->reader = ends[0];
    return capture;
}

static void capture_read(struct capture *capture)
{
    struct pollfd ready = {.fd = capture->reader, .events = POLLIN};
    while (poll(&ready, 1, 0) > 0 && capture->len < TEXT_MAX - 1) {
        ssize_t got =
            read(capture->reader, capture->text + capture->len, TEXT_MAX - 1 - capture->len);
        if (got <= 0)
            break;
        capture->len += (size_t)got;
    }
}

/* Puts standard error back and leaves what was written in capture->text. */
static void capture_end(struct capture *capture)
{
    log_flush();
    capture_read(capture);
    dup2(capture->real, STDERR_FILENO);
    close(capture->real);
    close(capture->reader);
}

static const struct log_access request = {
    .id = {"r-1",             3 },
    .peer = {"127.0.0.1",       9 },
    .method = {"GET",             3 },
    .path = {"/rest/v1/primes", 15},
    .role = {"anon",            4 },
    .status = 200,
    .bytes = 1234,
    .us = 567,
};

static void a_line_is_key_value_pairs(void **state)
{
    static const struct {
        const char *given, *want; /* behind the time */
    } cases[] = {
        {"pool=primary open=3",        " level=warn event=test pool=primary open=3\n"           },
        {"why=the server is away",     " level=warn event=test why=\"the server is away\"\n"    },
        {"why=no answer from=db",      " level=warn event=test why=\"no answer\" from=db\n"     },
        {"why=\"say \"hi\" now\" n=1", " level=warn event=test why=\"say \\\"hi\\\" now\" n=1\n"},
        {"name=a\nlevel=crit",         " level=warn event=test name=\"a\\u000alevel=crit\"\n"   },
        {"empty= n=1",                 " level=warn event=test empty=\"\" n=1\n"                },
        {"only words",                 " level=warn event=test message=\"only words\"\n"        },
        {"bad=\xff\x1b[31m",           " level=warn event=test bad=\"\\u00ff\\u001b[31m\"\n"    },
        {"name=\xC3\xA9",              " level=warn event=test name=\"\xC3\xA9\"\n"             },
    };
    (void)state;
    log_open(LOG_INFO, LOG_TEXT, true);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct capture *capture = capture_open();
        log_line(LOG_WARN, "test", "%s", cases[i].given);
        capture_end(capture);
        assert_int_equal(strncmp(capture->text, "time=20", 7), 0);
        assert_string_equal(strchr(capture->text, ' '), cases[i].want);
        free(capture);
    }
}

static void in_json_each_line_is_an_object(void **state)
{
    struct capture *capture;
    str rest, line;
    int lines = 0;
    (void)state;

    log_open(LOG_INFO, LOG_JSON, true);
    capture = capture_open();
    log_line(LOG_ERROR, "pool lost", "why=\"a \"b\" \\ \t\xff\" n=%d", 3);
    log_access(&request);
    capture_end(capture);
    rest = (str){capture->text, capture->len - 1};
    for (; str_cut(&rest, '\n', &line); lines++)
        assert_int_equal(json_check(line), JSON_OBJECT);
    assert_int_equal(lines, 2);
    assert_non_null(strstr(capture->text, "\"status\":200,\"bytes\":1234,\"us\":567,"));
    free(capture);
}

static void long_values_are_cut_and_the_line_stays_whole(void **state)
{
    static char path[100000];
    struct log_access line = request;
    struct capture *capture;
    (void)state;

    memset(path, '"', sizeof(path));
    line.path = (str){path, sizeof(path)};
    log_open(LOG_INFO, LOG_JSON, true);
    capture = capture_open();
    log_access(&line);
    capture_end(capture);
    assert_int_equal(capture->text[capture->len - 1], '\n');
    assert_int_equal(json_check((str){capture->text, capture->len}), JSON_OBJECT);
    assert_non_null(strstr(capture->text, "\"status\":200"));
    free(capture);
}

static void access_lines_gather_until_they_are_flushed(void **state)
{
    struct capture *capture;
    (void)state;

    log_open(LOG_INFO, LOG_TEXT, true);
    capture = capture_open();
    log_access(&request);
    capture_read(capture);
    size_t before = capture->len;
    log_flush();
    capture_read(capture);
    capture_end(capture);
    assert_int_equal(before, 0);
    assert_string_equal(strchr(capture->text, ' '),
                        " level=info event=access id=r-1 method=GET path=/rest/v1/primes status=200"
                        " bytes=1234 us=567 role=anon peer=127.0.0.1\n");
    free(capture);
}

static void what_is_off_is_not_written(void **state)
{
    struct capture *capture;
    (void)state;

    log_open(LOG_WARN, LOG_TEXT, false);
    capture = capture_open();
    log_line(LOG_INFO, "chatter", "n=1");
    log_access(&request);
    capture_end(capture);
    assert_int_equal(capture->len, 0);
    assert_false(log_on(LOG_INFO));
    assert_true(log_on(LOG_ERROR));
    free(capture);
}

static int count(const char *text, const char *part)
{
    int found = 0;
    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        found++;
    }
    return found;
}

/* Of five requests, one of each status. */
static void an_access_line_has_the_level_of_its_status(void **state)
{
    static const int statuses[] = {200, 304, 404, 499, 503};
    static const struct {
        const char *level;
        int lines;
    } cases[] = {
        {"crit",  0},
        {"error", 1},
        {"warn",  3},
        {"info",  5},
        {"debug", 5},
        {"none",  5},
    };
    (void)state;

    log_open(LOG_INFO, LOG_TEXT, true);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct capture *capture = capture_open();
        struct log_access line = request;

        log_set_level(log_level_named(str_from(cases[i].level)));
        for (size_t j = 0; j < sizeof(statuses) / sizeof(statuses[0]); j++) {
            line.status = statuses[j];
            log_access(&line);
        }
        capture_end(capture);
        assert_int_equal(count(capture->text, "event=access"), cases[i].lines);
        assert_int_equal(count(capture->text, "level=error"), cases[i].lines > 0 ? 1 : 0);
        assert_int_equal(count(capture->text, "level=warn"), cases[i].lines > 1 ? 2 : 0);
        free(capture);
    }
}

static void a_reader_that_stands_still_costs_lines_not_time(void **state)
{
    enum { LINES = 20000 };
    struct capture *capture;
    (void)state;

    log_open(LOG_INFO, LOG_TEXT, true);
    capture = capture_open();
    int64_t start = clock_us();
    for (int i = 0; i < LINES; i++)
        log_access(&request);
    int64_t took = clock_us() - start;
    for (int i = 0; i < 100; i++) { /* the reader comes back */
        capture_read(capture);
        log_flush();
    }
    log_line(LOG_INFO, "after", "n=1");
    capture_end(capture);

    const char *dropped = strstr(capture->text, "event=\"log lines dropped\" lines=");
    assert_true(took < 5000000);
    assert_non_null(dropped);
    long lost = strtol(strstr(dropped, "lines=") + 6, NULL, 10);
    assert_int_equal(count(capture->text, "event=access"), LINES - lost);
    assert_int_equal(count(capture->text, "event=after"), 1);
    free(capture);
}

static void a_closed_reader_is_survived(void **state)
{
    struct capture *capture;
    (void)state;

    signal(SIGPIPE, SIG_IGN);
    log_open(LOG_INFO, LOG_TEXT, true);
    capture = capture_open();
    int reader = capture->reader;
    close(reader);
    for (int i = 0; i < 5000; i++)
        log_access(&request);
    log_flush();
    dup2(capture->real, STDERR_FILENO); /* what is left would go there */
    int null = open("/dev/null", O_RDWR);
    capture->reader = null;
    dup2(null, STDERR_FILENO);
    capture_end(capture);
    free(capture);

    capture = capture_open();
    log_line(LOG_INFO, "after", "n=1");
    capture_end(capture);
    assert_int_equal(count(capture->text, "event=after"), 1);
    free(capture);
}

static void *log_many(void *arg)
{
    struct log_access line = request;
    line.id = str_from(arg);
    for (int i = 0; i < 500; i++)
        log_access(&line);
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    static char names[4][8] = {"t-0", "t-1", "t-2", "t-3"};
    pthread_t threads[4];
    struct capture *capture;
    str rest, line;
    int lines = 0;
    (void)state;

    log_open(LOG_INFO, LOG_JSON, true);
    capture = capture_open();
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, log_many, names[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 100; i++) {
        log_flush();
        capture_read(capture);
    }
    capture_end(capture);
    rest = (str){capture->text, capture->len - 1};
    for (; str_cut(&rest, '\n', &line); lines++)
        assert_int_equal(json_check(line), JSON_OBJECT);
    assert_int_equal(count(capture->text, "\"event\":\"access\""), 2000);
    assert_int_equal(lines, 2000);
    free(capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_key_value_pairs),
        cmocka_unit_test(in_json_each_line_is_an_object),
        cmocka_unit_test(long_values_are_cut_and_the_line_stays_whole),
        cmocka_unit_test(access_lines_gather_until_they_are_flushed),
        cmocka_unit_test(what_is_off_is_not_written),
        cmocka_unit_test(an_access_line_has_the_level_of_its_status),
        cmocka_unit_test(a_reader_that_stands_still_costs_lines_not_time),
        cmocka_unit_test(a_closed_reader_is_survived),
        cmocka_unit_test(lines_of_several_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
