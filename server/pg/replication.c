/* See replication.h. Connecting blocks, so it happens in a work thread; then the socket is
 * watched. */
#include "pg/replication.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "pg/url.h"

enum {
    PAUSE_FIRST_MS = 100,
    PAUSE_MAX_MS = 2000,
    STATUS_MS = 1000,
    SQL_MAX = 1024,
    WHY_MAX = 256,
    SLOT_MAX = 64,
    SLOT_FIELDS = 4 /* of the answer to CREATE_REPLICATION_SLOT: name, begin, snapshot, plugin */
};

/* Bytes of the log that a slot may keep; where PostgreSQL has a limit of its own, at most half of
 * that. */
#define SLOT_LAG_MAX (INT64_C(4) << 30)
#define SLOT_LAG_ALLOWED                                                                           \
    "least(%lld, (select setting::bigint * 1048576 / 2 from pg_settings "                          \
    "where name = 'max_slot_wal_keep_size' and setting <> '-1'))"

/* PostgreSQL counts microseconds from 2000-01-01. */
#define EPOCH_US INT64_C(946684800000000)

/* How values are printed must not depend on anybody's settings. */
#define PRINT_AS                                                                                   \
    "-c datestyle=ISO -c timezone=UTC -c intervalstyle=postgres -c bytea_output=hex "              \
    "-c extra_float_digits=1"

struct replication {
    struct loop *loop;
    const struct replication_fns *fns;
    void *arg;
    char *conninfo, *publication, *slot; /* slot: NULL is a temporary one */
    PGconn *pg;
    struct watch *watch;
    struct timer *again, *status;
    int64_t pause_ms;
    uint64_t confirmed; /* by the caller */
    uint64_t from;      /* where the slot begins */
    bool connecting, closing, up, continued;
    bool stuck;   /* the slot's next change cannot be read, however often it is tried */
    bool dropped; /* the slot was of no use any more */
    char why[WHY_MAX], said[WHY_MAX]; /* said: the last reason in the log */
};

static void connect_in_thread(void *arg);
static void on_connected(void *arg);
static void on_ready(void *arg, int events);

static char *copy(str text)
{
    return text.len == 0 ? NULL : strndup(text.at, text.len);
}

static void try_again(void *arg)
{
    struct replication *replication = arg;

    timer_close(&replication->again);
    replication->connecting = true;
    loop_work(replication->loop, connect_in_thread, on_connected, replication);
}

struct replication *replication_open(struct loop *loop, const struct replication_options *options,
                                     const struct replication_fns *fns, void *arg)
{
    struct replication *replication = calloc(1, sizeof(*replication));
    const struct conninfo_options how = {.purpose = "changes"};
    arena *mem = arena_open();
    struct conninfo conninfo;
    str why;

    if (replication == NULL)
        abort();
    if (!conninfo_make(mem, options->url, &how, &conninfo, &why))
        die(2, "%.*s", STR_ARG(why));
    *replication =
        (struct replication){.loop = loop, .fns = fns, .arg = arg, .pause_ms = PAUSE_FIRST_MS};
    replication->conninfo = copy(arena_printf(
        mem, "%.*s replication=database options='" PRINT_AS "'", STR_ARG(conninfo.text)));
    replication->publication = copy(options->publication);
    replication->slot = copy(options->slot);
    arena_close(&mem);
    try_again(replication);
    return replication;
}

/* ---- in the work thread ---- */

/* "0/16B3748" */
static uint64_t read_lsn(const char *text)
{
    unsigned high = 0, low = 0;

    return sscanf(text, "%X/%X", &high, &low) == 2 ? (uint64_t)high << 32 | low : 0;
}

static void note_failure(struct replication *replication, const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    snprintf(replication->why, sizeof(replication->why), "%s",
             message != NULL ? message : PQerrorMessage(replication->pg));
}

/* Of a slot that is made the second column says where it begins. */
static bool run(struct replication *replication, ExecStatusType wanted, const char *sql)
{
    PGresult *result = PQexec(replication->pg, sql);
    bool done = PQresultStatus(result) == wanted;

    if (!done)
        note_failure(replication, result);
    else if (PQntuples(result) == 1 && PQnfields(result) == SLOT_FIELDS)
        replication->from = read_lsn(PQgetvalue(result, 0, 1));
    PQclear(result);
    return done;
}

/* A slot that PostgreSQL has given up, that keeps more of the log than we care to read again, or
 * that is stuck, is dropped: the feed goes on with a gap, and the disk does not fill. */
static bool guard_slot(struct replication *replication)
{
    char sql[SQL_MAX];

    if (replication->slot == NULL)
        return true;
    char *name = PQescapeLiteral(replication->pg, replication->slot, strlen(replication->slot));
    snprintf(sql, sizeof(sql),
             "select pg_drop_replication_slot(slot_name) from pg_replication_slots "
             "where slot_name = %s and not active and (wal_status = 'lost' or %s "
             "or pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > " SLOT_LAG_ALLOWED ")",
             name, replication->stuck ? "true" : "false", (long long)SLOT_LAG_MAX);
    PQfreemem(name);
    PGresult *result = PQexec(replication->pg, sql);
    bool done = PQresultStatus(result) == PGRES_TUPLES_OK;
    replication->dropped |= done && PQntuples(result) == 1;
    if (!done)
        note_failure(replication, result);
    PQclear(result);
    return done;
}

/* One row: is the slot there? */
static bool find_slot(struct replication *replication, bool *found)
{
    char sql[SQL_MAX],
        *name = PQescapeLiteral(replication->pg, replication->slot, strlen(replication->slot));

    snprintf(sql, sizeof(sql),
             "select confirmed_flush_lsn from pg_replication_slots where slot_name = %s", name);
    PQfreemem(name);
    PGresult *result = PQexec(replication->pg, sql);
    bool done = PQresultStatus(result) == PGRES_TUPLES_OK;
    *found = done && PQntuples(result) == 1;
    if (*found)
        replication->from = read_lsn(PQgetvalue(result, 0, 0));
    PQclear(result);
    return done;
}

static bool make_slot(struct replication *replication, char name[SLOT_MAX])
{
    char sql[SQL_MAX];
    bool found = false;

    if (replication->slot == NULL) {
        snprintf(name, SLOT_MAX, "postern_%d_%lld", PQbackendPID(replication->pg),
                 (long long)clock_us());
        snprintf(sql, sizeof(sql),
                 "CREATE_REPLICATION_SLOT \"%s\" TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT",
                 name);
        return run(replication, PGRES_TUPLES_OK, sql);
    }
    snprintf(name, SLOT_MAX, "%s", replication->slot);
    if (!find_slot(replication, &found))
        return false;
    replication->continued = found;
    snprintf(sql, sizeof(sql), "CREATE_REPLICATION_SLOT \"%s\" LOGICAL pgoutput NOEXPORT_SNAPSHOT",
             replication->slot);
    return found || run(replication, PGRES_TUPLES_OK, sql);
}

/* Asked, because a refusal would stand in PostgreSQL's own log again and again. */
static bool is_logged(struct replication *replication, const PGresult *result)
{
    const char *level = PQgetvalue(result, 0, 0);

    if (strcmp(level, "logical") != 0)
        snprintf(replication->why, sizeof(replication->why),
                 "wal_level is %s (alter system set wal_level = logical; then restart PostgreSQL; "
                 "or POSTERN_CHANGES=notify)",
                 level);
    else if (PQgetvalue(result, 0, 1)[0] != 't')
        snprintf(replication->why, sizeof(replication->why),
                 "there is no publication \"%s\" (create publication %s;)",
                 replication->publication, replication->publication);
    return replication->why[0] == '\0';
}

static bool can_stream(struct replication *replication)
{
    char sql[SQL_MAX], *name = PQescapeLiteral(replication->pg, replication->publication,
                                               strlen(replication->publication));
    snprintf(sql, sizeof(sql),
             "select current_setting('wal_level'), "
             "exists (select from pg_publication where pubname = %s)",
             name);
    PQfreemem(name);
    PGresult *result = PQexec(replication->pg, sql);
    bool told = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!told)
        note_failure(replication, result);
    bool can = told && is_logged(replication, result);
    PQclear(result);
    return can;
}

/* PgBouncer before 1.23 says "unsupported startup parameter: replication". */
static void note_refusal(struct replication *replication)
{
    const char *said = PQerrorMessage(replication->pg);
    bool pooler = strstr(said, "startup parameter") != NULL;

    snprintf(replication->why, sizeof(replication->why), "%s%.*s",
             pooler ? "a pooler does not stream changes: set REPLICATION_DATABASE_URL to the "
                      "database itself; it says: "
                    : "",
             (int)strcspn(said, "\n"), said);
}

static void connect_in_thread(void *arg)
{
    struct replication *replication = arg;
    char sql[SQL_MAX], name[SLOT_MAX], *publication;

    replication->why[0] = '\0';
    replication->continued = false;
    replication->pg = PQconnectdb(replication->conninfo);
    if (PQstatus(replication->pg) != CONNECTION_OK) {
        note_refusal(replication);
        return;
    }
    if (!guard_slot(replication) || !can_stream(replication) || !make_slot(replication, name))
        return;
    publication = PQescapeLiteral(replication->pg, replication->publication,
                                  strlen(replication->publication));
    snprintf(sql, sizeof(sql),
             "START_REPLICATION SLOT \"%s\" LOGICAL 0/0 (proto_version '2', streaming 'on', "
             "publication_names %s)",
             name, publication);
    PQfreemem(publication);
    run(replication, PGRES_COPY_BOTH, sql);
}

/* ---- on the loop ---- */

static void put_number(char *at, uint64_t number)
{
    for (int i = 7; i >= 0; i--, number >>= 8)
        at[i] = (char)number;
}

static uint64_t number_at(const char *at)
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

static void send_status(void *arg)
{
    struct replication *replication = arg;
    char status[34] = {'r'};

    if (!replication->up)
        return;
    put_number(status + 1, replication->confirmed);
    put_number(status + 9, replication->confirmed);
    put_number(status + 17, replication->confirmed);
    put_number(status + 25, (uint64_t)(clock_wall_us() - EPOCH_US));
    PQputCopyData(replication->pg, status, sizeof(status));
    PQflush(replication->pg);
}

/* A database that does not log changes for us says so every few seconds: that is news once. */
static void say_lost(struct replication *replication, const char *why)
{
    size_t line = strcspn(why, "\n"), len = line < WHY_MAX ? line : WHY_MAX - 1;
    bool known = strlen(replication->said) == len && strncmp(replication->said, why, len) == 0;

    log_line(known ? LOG_DEBUG : LOG_WARN, "changes away", "retry_ms=%lld reason=\"%.*s\"",
             (long long)replication->pause_ms, (int)len, why);
    snprintf(replication->said, sizeof(replication->said), "%.*s", (int)len, why);
}

static void lost(struct replication *replication, const char *why)
{
    bool was_up = replication->up;

    say_lost(replication, why);
    watch_close(&replication->watch);
    timer_close(&replication->status);
    PQfinish(replication->pg);
    replication->pg = NULL;
    replication->up = false;
    replication->again =
        timer_start(replication->loop, replication->pause_ms, 0, try_again, replication);
    if (replication->pause_ms < PAUSE_MAX_MS)
        replication->pause_ms *= 2;
    if (was_up)
        replication->fns->down(replication->arg, why);
}

static void replication_free(struct replication *replication)
{
    watch_close(&replication->watch);
    timer_close(&replication->again);
    timer_close(&replication->status);
    PQfinish(replication->pg);
    free(replication->conninfo);
    free(replication->publication);
    free(replication->slot);
    free(replication);
}

static void on_connected(void *arg)
{
    struct replication *replication = arg;

    replication->connecting = false;
    if (replication->closing) {
        replication_free(replication);
        return;
    }
    if (replication->why[0] != '\0') {
        lost(replication, replication->why);
        return;
    }
    PQsetnonblocking(replication->pg, 1);
    replication->pause_ms = PAUSE_FIRST_MS;
    replication->said[0] = '\0';
    replication->stuck = false;
    if (!replication->continued)
        replication->confirmed = 0; /* another database may count anew */
    if (replication->dropped)
        log_line(LOG_WARN, "changes slot dropped",
                 "slot=%s reason=\"it was lost, kept too much of the log, or could not be read\"",
                 replication->slot);
    replication->dropped = false;
    replication->up = true;
    replication->watch =
        watch_open(replication->loop, PQsocket(replication->pg), on_ready, replication);
    watch_for(replication->watch, WATCH_READ);
    replication->status =
        timer_start(replication->loop, STATUS_MS, STATUS_MS, send_status, replication);
    log_line(LOG_INFO, "changes stream", "slot=%s continued=%d",
             replication->slot != NULL ? replication->slot : "temporary", replication->continued);
    replication->fns->up(replication->arg, replication->continued, replication->from);
}

/* Two kinds: data of the log ('w': start, end, clock, message), and a sign of life ('k': end,
 * clock, answer wanted). */
static const char *take(struct replication *replication, str data)
{
    enum { DATA_HEAD = 25, LIFE_SIZE = 18 };

    if (data.len > DATA_HEAD && data.at[0] == 'w')
        return replication->fns->message(replication->arg, str_skip(data, DATA_HEAD));
    if (data.len == LIFE_SIZE && data.at[0] == 'k') {
        replication->fns->idle(replication->arg, number_at(data.at + 1));
        if (data.at[LIFE_SIZE - 1] != 0)
            send_status(replication);
    }
    return NULL;
}

/* The publication was missing when a change was made that the slot comes to: what it reads is the
 * catalog of that time, where it will always be missing. */
static bool is_stuck(const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return code != NULL && strcmp(code, "42704") == 0; /* undefined_object */
}

static void end_stream(struct replication *replication)
{
    PGresult *result = PQgetResult(replication->pg);
    const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    replication->stuck = is_stuck(result);
    snprintf(replication->why, sizeof(replication->why), "%s",
             why != NULL ? why : "PostgreSQL ended the stream");
    PQclear(result);
    lost(replication, replication->why);
}

static void on_ready(void *arg, int events)
{
    struct replication *replication = arg;
    const char *wrong = NULL;
    char *data;
    int len = 0;

    if (events < 0 || !PQconsumeInput(replication->pg)) {
        lost(replication, PQerrorMessage(replication->pg));
        return;
    }
    while (wrong == NULL && (len = PQgetCopyData(replication->pg, &data, 1)) > 0) {
        wrong = take(replication, (str){data, (size_t)len});
        PQfreemem(data);
    }
    if (wrong != NULL) {
        lost(replication, wrong);
    } else if (len < 0) { /* the stream has ended: the reason comes as a result */
        end_stream(replication);
    }
}

void replication_confirm(struct replication *replication, uint64_t lsn)
{
    if (lsn > replication->confirmed)
        replication->confirmed = lsn;
}

void replication_close(struct replication **replication)
{
    struct replication *last = *replication;

    *replication = NULL;
    if (last == NULL)
        return;
    if (last->connecting)
        last->closing = true; /* freed when the thread comes back */
    else
        replication_free(last);
}
