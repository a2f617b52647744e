/* Any filter and a row (the filter's text, a NUL byte, the value): what is read has at most the
 * values it may have, its SQL as many parameters as it names, and nothing of the client's text in
 * it; with a not before its condition it never says yes to the same row. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#include "live/filter.h"

static struct fact_column columns[] = {
    {.name = {"n", 1},
     .type = {"int4", 4},
     .full = {"integer", 7},
     .kind = KIND_NUMBER,
     .readable = true},
    {.name = {"t", 1},
     .type = {"text", 4},
     .full = {"text", 4},
     .kind = KIND_TEXT,
     .readable = true},
    {.name = {"b", 1},
     .type = {"bool", 4},
     .full = {"boolean", 7},
     .kind = KIND_BOOL,
     .readable = true},
};
static struct live_column logged[] = {{.name = {"n", 1}}, {.name = {"t", 1}}, {.name = {"b", 1}}};

static void check_sql(arena *mem, const struct filter *filters, const struct facts *facts)
{
    struct filter_sql sql;
    char last[16];

    filter_sql(mem, filters, facts, 1, &sql);
    str text = buf_str(&sql.text);
    for (size_t i = 0; i < text.len; i++)
        assert(text.at[i] != '\'' && text.at[i] != ';' && text.at[i] != '\0');
    snprintf(last, sizeof(last), "$%d::", sql.nparams);
    assert(sql.nparams == 1 || memmem(text.at, text.len, last, strlen(last)) != NULL);
}

static void check_negated(const struct filter *filter, const struct facts *facts,
                          const struct live_table *table, const struct live_value *row)
{
    struct filter one = *filter, other = *filter;

    one.next = other.next = NULL;
    other.negated = !one.negated;
    assert(filter_judge(&one, facts, table, row) != FILTER_YES ||
           filter_judge(&other, facts, table, row) != FILTER_YES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct facts facts = {.columns = columns, .ncolumns = 3};
    const struct live_table table = {.columns = logged, .ncolumns = 3};
    arena *mem = arena_open();
    str text = {(const char *)data, size}, value = STR("");
    long end = str_find(text, '\0');
    struct filter *filters;

    if (end >= 0) {
        value = str_skip(text, (size_t)end + 1);
        text.len = (size_t)end;
    }
    const struct live_value row[] = {
        {VALUE_TEXT, value    },
        {VALUE_TEXT, value    },
        {VALUE_NULL, {NULL, 0}}
    };
    if (filter_read(mem, text, &filters) == NULL && filter_check(mem, filters, &facts) == NULL) {
        for (const struct filter *one = filters; one != NULL; one = one->next) {
            assert(one->nvalues >= 1 && one->nvalues <= FILTER_VALUES_MAX);
            check_negated(one, &facts, &table, row);
        }
        filter_judge(filters, &facts, &table, row);
        check_sql(mem, filters, &facts);
    }
    arena_close(&mem);
    return 0;
}
