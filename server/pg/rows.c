/* See rows.h: a PGresult, counted, read as text. */
#include "pg/rows.h"

#include <stdlib.h>

#include "pg/work.h"

struct rows *rows_new(PGresult *result)
{
    struct rows *rows = h2o_mem_alloc(sizeof(*rows));
    *rows = (struct rows){.refs = 1, .count = 1, .first = result};
    return rows;
}

struct rows *rows_new_portion(PGresult **portion, int count)
{
    struct rows *rows = h2o_mem_alloc(sizeof(*rows));
    *rows = (struct rows){.refs = 1, .count = count, .first = portion[0], .portion = portion};
    return rows;
}

void rows_unref(struct rows **rows)
{
    struct rows *last = *rows;

    *rows = NULL;
    if (last == NULL || --last->refs > 0)
        return;
    if (last->portion == NULL)
        PQclear(last->first);
    for (int i = 0; i < AFTERS; i++)
        rows_unref(&last->after[i]);
    for (int i = 0; last->portion != NULL && i < last->count; i++)
        PQclear(last->portion[i]);
    free(last->portion);
    free(last);
}

static void unref_hook(void *arg)
{
    struct rows *rows = arg;
    rows_unref(&rows);
}

void rows_hold(struct rows *rows, arena *mem)
{
    rows->refs++;
    arena_on_death(mem, unref_hook, rows);
}

const struct rows *rows_after(const struct rows *rows, enum after which)
{
    return rows->after[which];
}

int rows_count(const struct rows *rows)
{
    return rows->portion != NULL ? rows->count : PQntuples(rows->first);
}

int rows_columns(const struct rows *rows)
{
    return PQnfields(rows->first);
}

str rows_column(const struct rows *rows, int column)
{
    return str_from(PQfname(rows->first, column));
}

str rows_text(const struct rows *rows, int row, int column)
{
    const PGresult *result = rows->portion != NULL ? rows->portion[row] : rows->first;
    int at = rows->portion != NULL ? 0 : row;

    size_t len = (size_t)PQgetlength(result, at, column);
    if (len == 0 && PQgetisnull(result, at, column))
        return (str){NULL, 0};
    return (str){PQgetvalue(result, at, column), len};
}

static int64_t from_bytes(str bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | (unsigned char)bytes.at[i];
    return (int64_t)value;
}

int64_t rows_integer(const struct rows *rows, int row, int column)
{
    str value = rows_text(rows, row, column);
    int64_t integer = 0;

    if (value.at != NULL && PQfformat(rows->first, column) == FORMAT_BINARY)
        return from_bytes(value);
    str_int(value, &integer);
    return integer;
}

int64_t rows_affected(const struct rows *rows)
{
    int64_t affected = 0;
    str text = str_from(PQcmdTuples(rows->first));

    return str_int(text, &affected) ? affected : 0;
}
