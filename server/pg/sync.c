/* See sync.h. */
#include "pg/sync.h"

#include <libpq-fe.h>
#include <limits.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "pg/url.h"

struct sync {
    PGconn *conn;
};

/* libpq's messages end in newlines and begin with "ERROR:  ". */
static str tidy(arena *mem, const char *message)
{
    str text = message == NULL ? STR("out of memory") : str_from(message);
    while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == ' '))
        text.len--;
    if (str_starts(text, STR("ERROR:  ")))
        text = str_skip(text, 8);
    return arena_copy(mem, text);
}

/* A refused connection is told over two or three lines, and a sentence is wanted. */
static str one_line(arena *mem, const char *message)
{
    str text = tidy(mem, message), line;
    struct buf buf;

    buf_init(&buf, mem, text.len * 2 + 1);
    while (str_cut(&text, '\n', &line)) {
        buf_put(&buf, buf.len > 0 ? STR(" ") : STR(""));
        buf_put(&buf, str_trim(line));
    }
    return buf_str(&buf);
}

static void on_notice(void *arg, const char *message)
{
    (void)arg;
    str text = str_from(message);
    while (text.len > 0 && text.at[text.len - 1] == '\n')
        text.len--;
    log_line(LOG_DEBUG, "postgresql notice", "message=\"%.*s\"", STR_ARG(text));
}

struct sync *sync_open(arena *mem, str url, const char *purpose, str *why)
{
    return sync_open_within(mem, url, &(struct conninfo_options){.purpose = purpose}, why);
}

struct sync *sync_open_within(arena *mem, str url, const struct conninfo_options *options, str *why)
{
    struct conninfo conninfo;
    if (!conninfo_make(mem, url, options, &conninfo, why))
        return NULL;
    struct sync *sync = h2o_mem_alloc(sizeof(*sync));
    sync->conn = PQconnectdb(conninfo.text.at);
    if (PQstatus(sync->conn) != CONNECTION_OK) {
        *why = one_line(mem, PQerrorMessage(sync->conn));
        sync_close(&sync);
        return NULL;
    }
    PQsetNoticeProcessor(sync->conn, on_notice, NULL);
    return sync;
}

void sync_close(struct sync **sync)
{
    if (*sync == NULL)
        return;
    PQfinish((*sync)->conn);
    free(*sync);
    *sync = NULL;
}

/* True when the result is what a finished statement gives. */
static bool is_fine(struct sync *sync, arena *mem, const PGresult *result, str *why)
{
    ExecStatusType status = PQresultStatus(result);
    bool fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
                status == PGRES_EMPTY_QUERY || status == PGRES_COPY_IN;
    if (!fine)
        *why =
            tidy(mem, result == NULL ? PQerrorMessage(sync->conn) : PQresultErrorMessage(result));
    return fine;
}

static bool finish(struct sync *sync, arena *mem, PGresult *result, str *why)
{
    bool fine = is_fine(sync, mem, result, why);
    PQclear(result);
    return fine;
}

static void clear(void *result)
{
    PQclear(result);
}

bool sync_run(struct sync *sync, arena *mem, str sql, str *why)
{
    return finish(sync, mem, PQexec(sync->conn, arena_cstr(mem, sql)), why);
}

static PGresult *query(struct sync *sync, arena *mem, const struct statement *statement)
{
    int count = statement->nparams;
    const char **values = arena_array(mem, const char *, (size_t)count + 1);
    for (int i = 0; i < count; i++)
        if (statement->params[i].at != NULL)
            values[i] = arena_cstr(mem, statement->params[i]);
    return PQexecParams(sync->conn, arena_cstr(mem, statement->text), count, NULL, values, NULL,
                        NULL, 0);
}

static str cell(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column))
        return (str){NULL, 0};
    return (str){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

bool sync_query(struct sync *sync, arena *mem, const struct statement *statement,
                struct sync_rows *rows, str *why)
{
    PGresult *result = query(sync, mem, statement);
    int nrows = PQntuples(result), ncolumns = PQnfields(result);
    arena_on_death(mem, clear, result);
    *rows = (struct sync_rows){nrows, ncolumns, NULL};
    rows->cells = arena_array(mem, str, (size_t)nrows * (size_t)ncolumns + 1);
    for (int row = 0; row < nrows; row++)
        for (int column = 0; column < ncolumns; column++)
            rows->cells[row * ncolumns + column] = cell(result, row, column);
    return is_fine(sync, mem, result, why);
}

static bool become(struct sync *sync, arena *mem, str role, str *why)
{
    if (role.at == NULL)
        return true;
    struct statement statement = {
        .text = STR("select set_config('role', $1, true)"), .nparams = 1, .params = &role};
    struct sync_rows rows;
    return sync_query(sync, mem, &statement, &rows, why);
}

bool sync_prepare_check(struct sync *sync, arena *mem, str sql, str role, str *why)
{
    str ignored;
    if (!sync_run(sync, mem, STR("begin read only"), why))
        return false;
    bool fine = become(sync, mem, role, why) &&
                finish(sync, mem, PQprepare(sync->conn, "", arena_cstr(mem, sql), 0, NULL), why);
    /* After a failure the transaction is aborted; after success the role must not stay. */
    return sync_run(sync, mem, STR("rollback"), fine ? why : &ignored) && fine;
}

bool sync_copy_start(struct sync *sync, arena *mem, str sql, str *why)
{
    return sync_run(sync, mem, sql, why);
}

bool sync_copy_put(struct sync *sync, str bytes)
{
    while (bytes.len > 0) {
        int piece = bytes.len > INT_MAX / 2 ? INT_MAX / 2 : (int)bytes.len;
        if (PQputCopyData(sync->conn, bytes.at, piece) != 1)
            return false;
        bytes = str_skip(bytes, (size_t)piece);
    }
    return true;
}

bool sync_copy_end(struct sync *sync, arena *mem, str *why)
{
    if (PQputCopyEnd(sync->conn, NULL) != 1) {
        *why = tidy(mem, PQerrorMessage(sync->conn));
        return false;
    }
    bool fine = finish(sync, mem, PQgetResult(sync->conn), why);
    PQclear(PQgetResult(sync->conn));
    return fine;
}
