/* Streamed answers of /api: rows become CSV lines or elements of a JSON array while PostgreSQL is
 * still sending; no more than one portion is in memory. Rows and network take turns: the next
 * portion is asked for when the piece before it has left. */
#include "api.h"

#include "base/clock.h"
#include "base/log.h"
#include "http/http.h"
#include "pg/db.h"
#include "route/download.h"
#include "routes.h"

enum { PIECE_MAX = 64 << 20 };

struct stream {
    struct request *req;
    const struct answer *answer;
    struct reply *head;
    arena *piece_mem; /* of the piece that is on its way */
    str piece;        /* made, not sent yet; empty: none */
    bool opened;      /* "[" or the line of names is out */
    bool any;         /* a row is out */
    bool started;     /* http_stream has been called */
    bool busy;        /* on_ready will be called */
    bool over;        /* the last row has been read */
    bool closed;      /* and the last piece made */
};

static const struct fail *on_portion(struct request *req, const struct rows *rows, void *arg);
static void on_end(struct request *req, const struct fail *fail, void *arg);
static void on_ready(void *arg);
static void step(struct stream *stream);

static void drop_piece(void *arg)
{
    struct stream *stream = arg;
    arena_close(&stream->piece_mem);
}

static struct reply *make_head(const struct call *call)
{
    static const str types[] = {
        [ANSWER_ARRAY] = STR_ROW("application/json; charset=utf-8"),
        [ANSWER_CSV] = STR_ROW("text/csv; charset=utf-8"),
    };
    const struct answer *answer = call->ask.answer;
    struct reply *head = reply_new(call->req->mem, 200, types[answer->kind]);

    reply_header(head, STR("Cache-Control"), call->ask.file->cache_control);
    if (answer->file_name.at == NULL)
        return head;
    str name = download_name(call->req->mem, call->ask.file, answer->file_name, call->ask.values,
                             clock_now());
    reply_header(head, STR("Content-Disposition"),
                 arena_printf(call->req->mem, "attachment; filename=\"%.*s\"", STR_ARG(name)));
    return head;
}

const struct fail *api_stream_handle(struct call *call)
{
    static const struct portion_fns fns = {on_portion, on_end};
    struct stream *stream = arena_new(call->req->mem, struct stream);
    struct statement statement;

    *stream = (struct stream){.req = call->req, .answer = call->ask.answer};
    stream->head = make_head(call);
    if (call->req->method == METHOD_HEAD)
        return http_reply(call->req, stream->head);
    arena_on_death(call->req->mem, drop_piece, stream);
    api_statement(call, &statement);
    return db_stream(call->req, &statement, &fns, stream);
}

/* ---- from rows to bytes ---- */

static void put_csv_line(struct buf *buf, const struct rows *rows, int row)
{
    for (int column = 0; column < rows_columns(rows); column++) {
        if (column > 0)
            buf_putc(buf, ',');
        csv_put(buf, row < 0 ? rows_column(rows, column) : rows_text(rows, row, column));
    }
    buf_put(buf, STR("\r\n"));
}

static void put_element(struct stream *stream, struct buf *buf, str element)
{
    buf_put(buf, stream->any ? STR(",\n") : STR("\n"));
    buf_put(buf, element.at == NULL ? STR("null") : element);
    stream->any = true;
}

static void put_rows(struct stream *stream, struct buf *buf, const struct rows *rows)
{
    bool csv = stream->answer->kind == ANSWER_CSV;

    if (!stream->opened && csv)
        put_csv_line(buf, rows, -1);
    else if (!stream->opened)
        buf_putc(buf, '[');
    stream->opened = true;
    for (int row = 0; row < rows_count(rows); row++) {
        if (csv)
            put_csv_line(buf, rows, row);
        else
            put_element(stream, buf, rows_text(rows, row, 0));
    }
}

/* ---- turn by turn ---- */

static const struct fail *on_portion(struct request *req, const struct rows *rows, void *arg)
{
    struct stream *stream = arg;
    struct buf buf;

    arena_close(&stream->piece_mem); /* the last piece has left */
    stream->piece_mem = arena_open();
    buf_init(&buf, stream->piece_mem, PIECE_MAX);
    put_rows(stream, &buf, rows);
    if (buf.full)
        return fail_new(req->mem, FAIL_TOO_LARGE, "A row is too large to send");
    stream->piece = buf_str(&buf);
    step(stream);
    return NULL;
}

static void on_ready(void *arg)
{
    struct stream *stream = arg;

    stream->busy = false;
    step(stream);
}

static void on_end(struct request *req, const struct fail *fail, void *arg)
{
    struct stream *stream = arg;

    if (fail != NULL) {
        log_line(LOG_WARN, "stream broken", "id=%.*s code=%s message=\"%.*s\"", STR_ARG(req->id),
                 fail->code, STR_ARG(fail->message));
        http_stream_end(req, STREAM_BROKEN);
        return;
    }
    stream->over = true;
    if (!stream->busy)
        step(stream);
}

static void send_piece(struct stream *stream)
{
    str piece = stream->piece;

    stream->busy = true;
    if (!stream->started) {
        stream->started = true; /* the piece leaves when the client is ready */
        http_stream(stream->req, stream->head, on_ready, stream);
        return;
    }
    stream->piece = (str){NULL, 0};
    http_stream_put(stream->req, piece);
}

/* What comes next: a piece, the end, or more rows. */
static void step(struct stream *stream)
{
    if (stream->over && !stream->closed && stream->piece.len == 0) {
        stream->closed = true;
        if (stream->answer->kind == ANSWER_ARRAY)
            stream->piece = stream->opened ? STR("\n]\n") : STR("[]\n");
    }
    if (stream->piece.len > 0 || !stream->started)
        send_piece(stream);
    else if (stream->over)
        http_stream_end(stream->req, STREAM_COMPLETE);
    else
        db_more(stream->req);
}
