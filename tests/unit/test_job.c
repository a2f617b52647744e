/* server/route/job.c: a file of sql/jobs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route.h"
#include "route/job.h"

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
    assert_text(job->given, "");
    assert_int_equal(job->nstatements, 2);
    assert_text(job->statements[0], "select 1");
    assert_text(job->statements[1], "select\n  ';' , 2");
    job = job_parse(mem, STR("j"), STR("-- every: 5m\n-- given: days\nselect $1;\n"), &why);
    assert_text(job->given, "days");
    assert_null(job_parse(mem, STR("j"), STR("-- every: 5m\nselect 1"), &why));
    assert_null(job_parse(mem, STR("j"), STR("-- every: 5x\nselect 1;\n"), &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_says_when_and_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
