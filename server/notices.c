/* See notices.h. What the triggers tell comes on one connection that listens; what must be asked
 * (how the tables look, a row that was too large) is asked on another, in a work thread, while
 * the notices that need it wait in their order. */
#include "notices.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "live/notice.h"
#include "pg/listen.h"
#include "pg/sync.h"

#define CHANNEL STR("postern_changes")

enum { FAILURES_MAX = 3, LOOKS_FIRST = 2 };

/* How values are printed must not depend on anybody's settings; the triggers do the same. */
#define PRINT_AS                                                                                   \
    STR("set datestyle = 'ISO'; set timezone = 'UTC'; set intervalstyle = 'postgres'; "            \
        "set bytea_output = 'hex'; set extra_float_digits = 1")

/* A payload that waits. */
struct letter {
    struct list node;
    struct notice notice; /* points into payload */
    str row;              /* the new row, when it was read back; owned */
    bool looked, read;    /* what was asked for it already */
    int failures;         /* of asking */
    size_t size;
    char payload[];
};

struct watched {
    const struct live_table *table; /* a reference */
    int64_t shape;                  /* see struct notice */
};

struct tables {
    size_t count;
    struct watched *list; /* by oid */
};

/* What is asked in the work thread: everything but the connection is its own. */
struct errand {
    arena *mem;
    bool look, read; /* what is wanted */
    uint32_t oid;    /* whose row, of which shape */
    int64_t shape;
    str key;
    struct tables tables;
    int64_t missed;
    str row; /* at == NULL: gone */
    str why; /* at == NULL: all went well */
};

struct notices {
    struct loop *loop;
    const struct notices_fns *fns;
    void *arg;
    char *url, *publication;
    struct listen *listen;
    struct sync *sync; /* the work thread's, while an errand runs */
    struct errand errand;
    struct timer *timer;
    struct list queue;
    size_t held;
    struct tables tables;
    int64_t missed;           /* of the database's count; -1: not looked at yet */
    struct position position; /* of the last change */
    int64_t xid;              /* of its transaction */
    bool busy;                /* an errand runs */
    int looks; /* to go until they stream; the first makes triggers, and what comes to be while it
                  does so is found by the second */
    bool stalled; /* an errand failed: wait for the timer */
    bool streaming, was_up, gap, closing, complained;
};

/* ---- tables ---- */

static void tables_free(struct tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        live_table_unref(&tables->list[i].table);
    free(tables->list);
    *tables = (struct tables){0};
}

static const struct watched *find_table(const struct notices *notices, uint32_t oid)
{
    size_t low = 0, high = notices->tables.count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        uint32_t here = notices->tables.list[middle].table->oid;
        if (here == oid)
            return &notices->tables.list[middle];
        if (here < oid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- in the work thread ---- */

enum {
    COLUMN_TABLE,
    COLUMN_SCHEMA,
    COLUMN_NAME,
    COLUMN_IDENTITY,
    COLUMN_SHAPE,
    COLUMN_COLUMN,
    COLUMN_TYPE,
    COLUMN_KEY,
    COLUMNS
};

static uint32_t number_of(str text)
{
    int64_t number = 0;
    (void)str_int(text, &number);
    return (uint32_t)number;
}

/* The rows of one table are together, in the order of its columns. */
static void read_tables(arena *mem, const struct sync_rows *rows, struct tables *tables)
{
    struct live_column *columns = arena_array(mem, struct live_column, (size_t)rows->nrows + 1);
    int count = 0;

    tables->list = calloc((size_t)rows->nrows + 1, sizeof(struct watched));
    if (tables->list == NULL)
        abort();
    for (int row = 0; row < rows->nrows; row++) {
        const str *cells = rows->cells + (size_t)row * COLUMNS;
        columns[count++] = (struct live_column){.name = cells[COLUMN_COLUMN],
                                                .type = number_of(cells[COLUMN_TYPE]),
                                                .key = str_eq(cells[COLUMN_KEY], STR("t"))};
        if (row + 1 < rows->nrows && str_eq(cells[COLUMN_TABLE], cells[COLUMNS + COLUMN_TABLE]))
            continue;
        struct watched *watched = &tables->list[tables->count++];
        const struct live_table table = {.oid = number_of(cells[COLUMN_TABLE]),
                                         .schema = cells[COLUMN_SCHEMA],
                                         .name = cells[COLUMN_NAME],
                                         .identity = (enum identity)cells[COLUMN_IDENTITY].at[0],
                                         .columns = columns,
                                         .ncolumns = count};
        watched->table = live_table_copy(&table);
        (void)str_int(cells[COLUMN_SHAPE], &watched->shape);
        count = 0;
    }
}

static bool connect(struct notices *notices, struct errand *errand)
{
    if (notices->sync != NULL)
        return true;
    notices->sync = sync_open(errand->mem, str_from(notices->url), "changes", &errand->why);
    return notices->sync != NULL && sync_run(notices->sync, errand->mem, PRINT_AS, &errand->why);
}

static bool look(struct notices *notices, struct errand *errand)
{
    str publication = str_from(notices->publication);
    const struct statement tables = {.text = STR("select * from postern.watch_publication($1)"),
                                     .nparams = 1,
                                     .params = &publication};
    const struct statement missed = {.text = STR("select last_value from postern.changes_missed")};
    struct sync_rows rows;

    if (!sync_query(notices->sync, errand->mem, &tables, &rows, &errand->why))
        return false;
    read_tables(errand->mem, &rows, &errand->tables);
    return sync_query(notices->sync, errand->mem, &missed, &rows, &errand->why) &&
           str_int(rows.cells[0], &errand->missed);
}

static bool read_back(struct notices *notices, struct errand *errand)
{
    const str params[] = {arena_printf(errand->mem, "%u", errand->oid),
                          arena_printf(errand->mem, "%lld", (long long)errand->shape), errand->key};
    const struct statement statement = {
        .text = STR("select postern.read_told($1, $2, $3)"), .nparams = 3, .params = params};
    struct sync_rows rows;

    if (!sync_query(notices->sync, errand->mem, &statement, &rows, &errand->why))
        return false;
    errand->row = rows.cells[0];
    return true;
}

static void run_errand(void *arg)
{
    struct notices *notices = arg;
    struct errand *errand = &notices->errand;

    if (connect(notices, errand) && (!errand->look || look(notices, errand)) &&
        (!errand->read || read_back(notices, errand)))
        return;
    if (errand->why.at == NULL)
        errand->why = STR("PostgreSQL's answer is not understood");
    sync_close(&notices->sync);
}

/* ---- on the loop ---- */

static void drain(struct notices *notices);
static void on_errand(void *arg);

static void letter_free(struct notices *notices, struct letter *letter)
{
    notices->held -= letter->size;
    list_remove(&letter->node);
    free((void *)(uintptr_t)letter->row.at);
    free(letter);
}

static void drop_all(struct notices *notices)
{
    LIST_EACH (node, &notices->queue)
        letter_free(notices, LIST_ENTRY(node, struct letter, node));
}

static void send_out(struct notices *notices, const struct letter *letter)
{
    if (!notices->busy) {
        notices->busy = true;
        notices->errand =
            (struct errand){.mem = arena_open(), .look = letter == NULL || !letter->read};
        if (letter != NULL && letter->read) {
            notices->errand.read = true;
            notices->errand.oid = letter->notice.table;
            notices->errand.shape = letter->notice.shape;
            notices->errand.key = arena_copy(notices->errand.mem, letter->notice.row);
        }
        loop_work(notices->loop, run_errand, on_errand, notices);
    }
}

/* A gap is told at once, before anything that comes behind it. */
static void say_gap(struct notices *notices)
{
    if (notices->streaming)
        notices->fns->up(notices->arg, true);
    else
        notices->gap = true;
}

static void emit(struct notices *notices, const struct letter *letter, struct change *change)
{
    struct position *at = &notices->position;
    uint64_t now = (uint64_t)clock_wall_us();

    if (letter->notice.xid == notices->xid)
        at->index++;
    else
        *at = (struct position){.lsn = at->lsn >= now ? at->lsn + 1 : now};
    notices->xid = letter->notice.xid;
    change->position = *at;
    change->committed_us = (int64_t)now;
    notices->fns->change(notices->arg, change);
}

/* True when the head of the queue is done with; else an errand must come back first. */
static bool serve(struct notices *notices, struct letter *letter)
{
    const struct watched *watched = find_table(notices, letter->notice.table);
    bool known = watched != NULL && watched->shape == letter->notice.shape;
    bool is_short = notice_is_short(&letter->notice);
    struct change *change = NULL;

    if (letter->failures >= FAILURES_MAX) {
        say_gap(notices);
        return true;
    }
    if (known && is_short && !letter->read) {
        letter->read = true;
        send_out(notices, letter);
        return false;
    }
    if (is_short && letter->read && letter->row.at == NULL)
        return true; /* the row is gone again */
    if (known)
        change = notice_change(&letter->notice, watched->table,
                               is_short ? letter->row : letter->notice.row);
    if (change != NULL) {
        emit(notices, letter, change);
        return true;
    }
    if (letter->looked) {
        say_gap(notices); /* what was told fits no table that there is */
        return true;
    }
    letter->looked = true;
    send_out(notices, NULL);
    return false;
}

static void drain(struct notices *notices)
{
    bool ready = !notices->busy && !notices->stalled;

    if (ready && notices->looks > 0)
        send_out(notices, NULL);
    while (ready && notices->streaming && !list_empty(&notices->queue)) {
        struct letter *letter = LIST_ENTRY(notices->queue.next, struct letter, node);
        if (!serve(notices, letter))
            return;
        letter_free(notices, letter);
    }
}

static void on_notice(void *arg, str channel, str payload)
{
    struct notices *notices = arg;
    size_t size = sizeof(struct letter) + payload.len;
    struct letter *letter = malloc(size);

    (void)channel;
    if (letter == NULL)
        abort();
    *letter = (struct letter){.size = size};
    memcpy(letter->payload, payload.at, payload.len);
    list_append(&notices->queue, &letter->node);
    notices->held += size;
    if (!notice_read((str){letter->payload, payload.len}, &letter->notice)) {
        log_line(LOG_WARN, "notice ignored", "channel=%.*s", STR_ARG(CHANNEL));
        letter_free(notices, letter);
    } else if (notices->held > NOTICES_HELD_MAX) {
        drop_all(notices);
        say_gap(notices);
    }
    drain(notices);
}

/* ---- what an errand brings ---- */

static void complain(struct notices *notices, str why)
{
    log_line(notices->complained ? LOG_DEBUG : LOG_WARN, "changes away", "reason=\"%.*s\"",
             STR_ARG(why));
    notices->complained = true;
}

static void take_failure(struct notices *notices, const struct errand *errand)
{
    complain(notices, errand->why);
    notices->stalled = true;
    if (list_empty(&notices->queue))
        return;
    struct letter *letter = LIST_ENTRY(notices->queue.next, struct letter, node);
    letter->failures += letter->looked || letter->read;
    letter->looked = letter->read = false;
}

static void take_look(struct notices *notices, struct errand *errand)
{
    bool missed = notices->missed >= 0 && errand->missed != notices->missed;

    tables_free(&notices->tables);
    notices->tables = errand->tables;
    errand->tables = (struct tables){0};
    notices->missed = errand->missed;
    notices->complained = false;
    if (notices->looks > 0 && --notices->looks == 0) {
        notices->streaming = true;
        log_line(LOG_INFO, "changes stream", "source=notify tables=%zu", notices->tables.count);
        notices->fns->up(notices->arg, notices->was_up || notices->gap || missed);
        notices->was_up = true;
        notices->gap = false;
    } else if (missed) {
        say_gap(notices);
    }
}

static void take_row(struct notices *notices, const struct errand *errand)
{
    struct letter *letter = LIST_ENTRY(notices->queue.next, struct letter, node);

    if (list_empty(&notices->queue) || !letter->read || letter->notice.table != errand->oid)
        return; /* the queue was dropped meanwhile */
    if (errand->row.at == NULL)
        return;
    letter->row = (str){strndup(errand->row.at, errand->row.len), errand->row.len};
    if (letter->row.at == NULL)
        abort();
}

static void free_all(struct notices *notices)
{
    timer_close(&notices->timer);
    drop_all(notices);
    tables_free(&notices->tables);
    sync_close(&notices->sync);
    free(notices->url);
    free(notices->publication);
    free(notices);
}

static void on_errand(void *arg)
{
    struct notices *notices = arg;
    struct errand errand = notices->errand;

    notices->busy = false;
    if (errand.why.at != NULL && !notices->closing)
        take_failure(notices, &errand);
    else if (!notices->closing && errand.look)
        take_look(notices, &errand);
    else if (!notices->closing)
        take_row(notices, &errand);
    tables_free(&errand.tables);
    arena_close(&errand.mem);
    if (notices->closing)
        free_all(notices);
    else
        drain(notices);
}

static void on_timer(void *arg)
{
    struct notices *notices = arg;

    notices->stalled = false;
    send_out(notices, NULL);
}

static void on_up(void *arg)
{
    struct notices *notices = arg;

    notices->looks = LOOKS_FIRST;
    send_out(notices, NULL);
}

static void on_down(void *arg)
{
    struct notices *notices = arg;

    drop_all(notices);
    notices->looks = 0;
    if (notices->streaming)
        notices->fns->down(notices->arg);
    notices->streaming = false;
}

/* ---- life ---- */

struct notices *notices_open(struct loop *loop, str url, str publication,
                             const struct notices_fns *fns, void *arg)
{
    static const struct listen_fns listen_fns = {.up = on_up, .down = on_down, .notice = on_notice};
    struct notices *notices = calloc(1, sizeof(*notices));

    if (notices == NULL)
        abort();
    *notices = (struct notices){.loop = loop, .fns = fns, .arg = arg, .missed = -1, .xid = -1};
    notices->url = strndup(url.at, url.len);
    notices->publication = strndup(publication.at, publication.len);
    list_init(&notices->queue);
    notices->timer = timer_start(loop, NOTICES_LOOK_MS, NOTICES_LOOK_MS, on_timer, notices);
    notices->listen = listen_open(loop, url, CHANNEL, &listen_fns, notices);
    return notices;
}

void notices_close(struct notices **notices)
{
    struct notices *last = *notices;

    *notices = NULL;
    if (last == NULL)
        return;
    listen_close(&last->listen);
    timer_close(&last->timer);
    if (last->busy)
        last->closing = true; /* freed when the thread comes back */
    else
        free_all(last);
}
