/* See stream.h. */
#include "stream.h"

#include "base/log.h"
#include "http/http.h"

enum { PIECE_MAX = 64 << 20 };

struct stream {
    struct request *req;
    const struct reply *head;
    const struct stream_maker *maker;
    void *arg;
    arena *piece_mem; /* of the piece that is on its way */
    str piece;        /* made, not sent yet; empty: none */
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

const struct fail *stream_answer(struct request *req, const struct statement *statement,
                                 const struct reply *head, const struct stream_maker *maker,
                                 void *arg)
{
    static const struct portion_fns fns = {on_portion, on_end};
    struct stream *stream = arena_new(req->mem, struct stream);

    *stream = (struct stream){.req = req, .head = head, .maker = maker, .arg = arg};
    arena_on_death(req->mem, drop_piece, stream);
    return db_stream(req, statement, &fns, stream);
}

static const struct fail *on_portion(struct request *req, const struct rows *rows, void *arg)
{
    struct stream *stream = arg;
    struct buf buf;

    arena_close(&stream->piece_mem); /* the last piece has left */
    stream->piece_mem = arena_open();
    buf_init(&buf, stream->piece_mem, PIECE_MAX);
    stream->maker->put(stream->arg, &buf, rows);
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
        if (stream->maker->end != NULL)
            stream->piece = stream->maker->end(stream->arg);
    }
    if (stream->piece.len > 0 || !stream->started)
        send_piece(stream);
    else if (stream->over)
        http_stream_end(stream->req, STREAM_COMPLETE);
    else
        db_more(stream->req);
}
