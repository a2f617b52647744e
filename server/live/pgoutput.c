/* See pgoutput.h. Changes of a transaction are held until its commit: the log sends a large one
 * before it is known whether it commits (streamed), the others only then. */
#include "live/pgoutput.h"

#include <stdlib.h>

#include "base/list.h"
#include "live/bytes.h"

/* PostgreSQL counts microseconds from 2000-01-01. */
#define EPOCH_US INT64_C(946684800000000)

struct held {
    const struct change **changes;
    uint32_t *xids; /* of the subtransaction that made each: it may be undone alone */
    size_t count, room, bytes;
    bool cut;
};

/* A transaction that is sent in pieces. */
struct stream {
    struct list node;
    uint32_t xid;
    struct held held;
};

struct pgoutput {
    const struct pgoutput_fns *fns;
    void *arg;
    const struct live_table **tables; /* by oid, open addressing */
    size_t ntables, room;
    struct held held;    /* of the transaction that is sent whole */
    struct list streams; /* begun, neither committed nor aborted */
    struct stream *open; /* the one whose piece is being sent */
    size_t bytes;        /* of all that is held */
    const char *wrong;
};

struct pgoutput *pgoutput_new(const struct pgoutput_fns *fns, void *arg)
{
    struct pgoutput *decoder = calloc(1, sizeof(*decoder));

    if (decoder == NULL)
        abort();
    decoder->fns = fns;
    decoder->arg = arg;
    list_init(&decoder->streams);
    return decoder;
}

/* ---- the tables ---- */

static const struct live_table **find_slot(const struct pgoutput *decoder, uint32_t oid)
{
    size_t at = oid * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (decoder->room - 1);

    while (decoder->tables[at] != NULL && decoder->tables[at]->oid != oid)
        at = (at + 1) & (decoder->room - 1);
    return &decoder->tables[at];
}

static const struct live_table *find_table(const struct pgoutput *decoder, uint32_t oid)
{
    return decoder->room == 0 ? NULL : *find_slot(decoder, oid);
}

static void grow_tables(struct pgoutput *decoder)
{
    struct pgoutput old = *decoder;

    decoder->room = old.room == 0 ? 64 : old.room * 2;
    decoder->tables = calloc(decoder->room, sizeof(struct live_table *));
    if (decoder->tables == NULL)
        abort();
    for (size_t i = 0; i < old.room; i++)
        if (old.tables[i] != NULL)
            *find_slot(decoder, old.tables[i]->oid) = old.tables[i];
    free((void *)old.tables);
}

static void keep_table(struct pgoutput *decoder, const struct live_table *table)
{
    if (decoder->ntables * 2 >= decoder->room)
        grow_tables(decoder);
    const struct live_table **slot = find_slot(decoder, table->oid);
    if (*slot != NULL)
        live_table_unref(slot);
    else
        decoder->ntables++;
    *slot = table;
}

static void read_table(struct pgoutput *decoder, struct bytes *in)
{
    struct live_column columns[PGOUTPUT_COLUMNS_MAX];
    struct live_table table = {.columns = columns};

    table.oid = (uint32_t)bytes_number(in, 4);
    table.schema = bytes_text(in);
    table.name = bytes_text(in);
    table.identity = (enum identity)bytes_number(in, 1);
    table.ncolumns = (int)bytes_number(in, 2);
    if (in->lacking || table.ncolumns > PGOUTPUT_COLUMNS_MAX ||
        decoder->ntables >= PGOUTPUT_TABLES_MAX) {
        decoder->wrong = "a relation message is not understood";
        return;
    }
    if (table.schema.len == 0)
        table.schema = STR("pg_catalog");
    for (int i = 0; i < table.ncolumns; i++) {
        columns[i].key = (bytes_number(in, 1) & 1) != 0;
        columns[i].name = bytes_text(in);
        columns[i].type = (uint32_t)bytes_number(in, 4);
        bytes_number(in, 4); /* the type's modifier */
    }
    keep_table(decoder, live_table_copy(&table));
}

/* ---- the changes ---- */

static void drop_held(struct pgoutput *decoder, struct held *held)
{
    decoder->bytes -= held->bytes;
    for (size_t i = 0; i < held->count; i++)
        change_unref(&held->changes[i]);
    free((void *)held->changes);
    free(held->xids);
    *held = (struct held){0};
}

static void hold(struct pgoutput *decoder, const struct change *change, uint32_t xid)
{
    struct held *held = decoder->open != NULL ? &decoder->open->held : &decoder->held;

    if (decoder->bytes + change->size > PGOUTPUT_HELD_MAX) {
        drop_held(decoder, held);
        held->cut = true;
    }
    if (held->cut) {
        change_unref(&change);
        return;
    }
    if (held->count == held->room) {
        held->room = held->room == 0 ? 16 : held->room * 2;
        held->changes = realloc((void *)held->changes, held->room * sizeof(struct change *));
        held->xids = realloc(held->xids, held->room * sizeof(*held->xids));
        if (held->changes == NULL || held->xids == NULL)
            abort();
    }
    held->bytes += change->size;
    decoder->bytes += change->size;
    held->changes[held->count] = change;
    held->xids[held->count++] = xid;
}

/* The values of one row into room for `count`; texts point into the message. */
static bool read_row(struct bytes *in, struct live_value *values, int count)
{
    int sent = (int)bytes_number(in, 2);

    for (int i = 0; i < sent && !in->lacking; i++) {
        char kind = (char)bytes_number(in, 1);
        struct live_value value = {.state = kind == 'n' ? VALUE_NULL : VALUE_UNCHANGED};
        if (kind == 't' || kind == 'b')
            value = (struct live_value){VALUE_TEXT, bytes_take(in, bytes_number(in, 4))};
        else if (kind != 'n' && kind != 'u')
            return false;
        if (i < count)
            values[i] = value;
    }
    return sent == count && !in->lacking;
}

/* Beside a key PostgreSQL sends NULLs that say nothing. */
static void forget_rest(struct change *change)
{
    for (int i = 0; i < change->table->ncolumns; i++)
        if (!change->table->columns[i].key)
            change->old[i].state = VALUE_UNKNOWN;
}

/* A large value that was not logged again is the old one, where that is known. */
static void fill_unchanged(struct change *change)
{
    bool known = change->old_is_whole && change->old != NULL && change->row != NULL;

    for (int i = 0; known && i < change->table->ncolumns; i++)
        if (change->row[i].state == VALUE_UNCHANGED)
            change->row[i] = change->old[i];
}

static bool read_rows(struct change *change, struct bytes *in)
{
    int count = change->table->ncolumns;
    char kind = (char)bytes_number(in, 1);

    if (kind == 'K' || kind == 'O') {
        if (change->old == NULL || !read_row(in, change->old, count))
            return false;
        change->old_is_whole = kind == 'O';
        if (kind == 'K')
            forget_rest(change);
        if (change->op == CHANGE_DELETE)
            return true;
        kind = (char)bytes_number(in, 1);
    } else {
        change->old = NULL;
    }
    if (kind != 'N' || change->row == NULL || !read_row(in, change->row, count))
        return false;
    fill_unchanged(change);
    return true;
}

/* Without an old row in the log the key of an updated one is the new one's. */
static void read_change(struct pgoutput *decoder, struct bytes *in, enum change_op op, uint32_t xid)
{
    const struct live_table *table = find_table(decoder, (uint32_t)bytes_number(in, 4));

    if (table == NULL) {
        decoder->wrong = "a change of a table that was not described";
        return;
    }
    struct change *change = change_new(op, table, in->rest.len);
    char *room = change_room(change, in->rest.len); /* the message, which the values point into */
    struct bytes copy = {
        .rest = {room, in->rest.len}
    };
    memcpy(room, in->rest.at, in->rest.len);
    if (read_rows(change, &copy)) {
        hold(decoder, change, xid);
        return;
    }
    const struct change *last = change;
    change_unref(&last);
    decoder->wrong = "a row is not understood";
}

static void read_truncate(struct pgoutput *decoder, struct bytes *in, uint32_t xid)
{
    uint64_t count = bytes_number(in, 4);

    bytes_number(in, 1); /* CASCADE, RESTART IDENTITY */
    /* A change is held until its commit, which the analyzer does not see. */
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    for (uint64_t i = 0; i < count && !in->lacking; i++) {
        const struct live_table *table = find_table(decoder, (uint32_t)bytes_number(in, 4));
        if (table != NULL)
            hold(decoder, change_new(CHANGE_TRUNCATE, table, 0), xid);
    }
}

/* ---- transactions ---- */

static void tell(struct pgoutput *decoder, struct held *held, uint64_t lsn, uint64_t end,
                 int64_t committed_us)
{
    for (size_t i = 0; i < held->count; i++) {
        struct change *change = (struct change *)(uintptr_t)held->changes[i];
        change->position = (struct position){.lsn = end, .index = (uint32_t)i};
        change->committed_us = committed_us;
    }
    const struct transaction transaction = {.changes = held->changes,
                                            .count = held->count,
                                            .lsn = lsn,
                                            .end = end,
                                            .committed_us = committed_us,
                                            .cut = held->cut};
    decoder->fns->committed(decoder->arg, &transaction);
    drop_held(decoder, held);
}

static void read_commit(struct pgoutput *decoder, struct bytes *in, struct held *held)
{
    bytes_number(in, 1); /* flags: none are defined */
    uint64_t lsn = bytes_number(in, 8), end = bytes_number(in, 8);
    int64_t at = (int64_t)(bytes_number(in, 8) + (uint64_t)EPOCH_US);

    if (in->lacking)
        decoder->wrong = "a commit is not understood";
    else
        tell(decoder, held, lsn, end, at);
}

static struct stream *find_stream(const struct pgoutput *decoder, uint32_t xid)
{
    LIST_EACH (node, &decoder->streams)
        if (LIST_ENTRY(node, struct stream, node)->xid == xid)
            return LIST_ENTRY(node, struct stream, node);
    return NULL;
}

static void open_stream(struct pgoutput *decoder, struct bytes *in)
{
    uint32_t xid = (uint32_t)bytes_number(in, 4);
    struct stream *stream = find_stream(decoder, xid);

    if (stream == NULL) {
        stream = calloc(1, sizeof(*stream));
        if (stream == NULL)
            abort();
        stream->xid = xid;
        list_append(&decoder->streams, &stream->node);
    }
    decoder->open = stream;
}

static void end_stream(struct pgoutput *decoder, struct stream *stream)
{
    if (decoder->open != NULL && decoder->open == stream)
        decoder->open = NULL;
    drop_held(decoder, &stream->held);
    list_remove(&stream->node);
    free(stream);
}

static void commit_stream(struct pgoutput *decoder, struct bytes *in)
{
    struct stream *stream = find_stream(decoder, (uint32_t)bytes_number(in, 4));

    if (stream == NULL) {
        decoder->wrong = "a commit of a transaction that was not begun";
        return;
    }
    read_commit(decoder, in, &stream->held);
    end_stream(decoder, stream);
}

/* Of the whole transaction, or of one subtransaction of it. */
static void abort_stream(struct pgoutput *decoder, struct bytes *in)
{
    uint32_t xid = (uint32_t)bytes_number(in, 4), part = (uint32_t)bytes_number(in, 4);
    struct stream *stream = find_stream(decoder, xid);
    size_t kept = 0;

    if (stream == NULL)
        return;
    if (xid == part) {
        end_stream(decoder, stream);
        return;
    }
    struct held *held = &stream->held;
    for (size_t i = 0; i < held->count; i++) {
        if (held->xids[i] == part) {
            held->bytes -= held->changes[i]->size;
            decoder->bytes -= held->changes[i]->size;
            change_unref(&held->changes[i]);
            continue;
        }
        held->changes[kept] = held->changes[i];
        held->xids[kept++] = held->xids[i];
    }
    held->count = kept;
}

static void read_begin(struct pgoutput *decoder)
{
    drop_held(decoder, &decoder->held);
}

/* Inside a stream's piece these messages begin with the number of the (sub)transaction. */
static bool is_numbered(char kind)
{
    return strchr("RYIUDTM", kind) != NULL;
}

static void read_kind(struct pgoutput *decoder, char kind, struct bytes *in)
{
    uint32_t xid = 0;

    if (decoder->open != NULL && is_numbered(kind))
        xid = (uint32_t)bytes_number(in, 4);
    switch (kind) {
    case 'B':
        read_begin(decoder);
        break;
    case 'C':
        read_commit(decoder, in, &decoder->held);
        break;
    case 'R':
        read_table(decoder, in);
        break;
    case 'I':
        read_change(decoder, in, CHANGE_INSERT, xid);
        break;
    case 'U':
        read_change(decoder, in, CHANGE_UPDATE, xid);
        break;
    case 'D':
        read_change(decoder, in, CHANGE_DELETE, xid);
        break;
    case 'T':
        read_truncate(decoder, in, xid);
        break;
    case 'S':
        open_stream(decoder, in);
        break;
    case 'E':
        decoder->open = NULL;
        break;
    case 'c':
        commit_stream(decoder, in);
        break;
    case 'A':
        abort_stream(decoder, in);
        break;
    case 'O': /* where a change came from first */
    case 'Y': /* a type's name: types are looked up by number */
    case 'M': /* pg_logical_emit_message: nobody's here */
        break;
    default:
        decoder->wrong = "a message of a kind that is not known";
    }
}

const char *pgoutput_feed(struct pgoutput *decoder, str message)
{
    struct bytes in = {.rest = message};
    char kind = (char)bytes_number(&in, 1);

    if (decoder->wrong == NULL && !in.lacking)
        read_kind(decoder, kind, &in);
    if (decoder->wrong == NULL && in.lacking)
        decoder->wrong = "a message is cut off";
    return decoder->wrong;
}

void pgoutput_free(struct pgoutput **decoder)
{
    struct pgoutput *last = *decoder;

    *decoder = NULL;
    if (last == NULL)
        return;
    drop_held(last, &last->held);
    LIST_EACH (node, &last->streams)
        end_stream(last, LIST_ENTRY(node, struct stream, node));
    for (size_t i = 0; i < last->room; i++)
        if (last->tables[i] != NULL)
            live_table_unref(&last->tables[i]);
    free((void *)last->tables);
    free(last);
}
