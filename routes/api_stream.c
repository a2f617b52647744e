/* Streamed answers of /api: rows become CSV lines or elements of a JSON array; see stream.h. */
#include "api.h"

#include "base/clock.h"
#include "http/http.h"
#include "route/download.h"
#include "routes.h"
#include "stream.h"

struct download {
    const struct answer *answer;
    bool opened; /* "[" or the line of names is out */
    bool any;    /* a row is out */
};

static struct reply *make_head(const struct call *call)
{
    static const str types[] = {
        [ANSWER_ARRAY] = STR_ROW("application/json; charset=utf-8"),
        [ANSWER_CSV] = STR_ROW("text/csv; charset=utf-8"),
        [ANSWER_EVENTS] = STR_ROW("text/event-stream"),
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

static void put_csv_line(struct buf *buf, const struct rows *rows, int row)
{
    for (int column = 0; column < rows_columns(rows); column++) {
        if (column > 0)
            buf_putc(buf, ',');
        csv_put(buf, row < 0 ? rows_column(rows, column) : rows_text(rows, row, column));
    }
    buf_put(buf, STR("\r\n"));
}

static void put_element(struct download *download, struct buf *buf, str element)
{
    buf_put(buf, download->any ? STR(",\n") : STR("\n"));
    buf_put(buf, element.at == NULL ? STR("null") : element);
    download->any = true;
}

static void put_rows(void *arg, struct buf *buf, const struct rows *rows)
{
    struct download *download = arg;
    bool csv = download->answer->kind == ANSWER_CSV;

    if (!download->opened && csv)
        put_csv_line(buf, rows, -1);
    else if (!download->opened)
        buf_putc(buf, '[');
    download->opened = true;
    for (int row = 0; row < rows_count(rows); row++) {
        if (csv)
            put_csv_line(buf, rows, row);
        else
            put_element(download, buf, rows_text(rows, row, 0));
    }
}

static str put_end(void *arg)
{
    const struct download *download = arg;

    if (download->answer->kind != ANSWER_ARRAY)
        return STR("");
    return download->opened ? STR("\n]\n") : STR("[]\n");
}

const struct fail *api_stream_handle(struct call *call)
{
    static const struct stream_maker maker = {put_rows, put_end};
    struct download *download = arena_new(call->req->mem, struct download);
    const struct reply *head = make_head(call);
    struct statement statement;

    download->answer = call->ask.answer;
    if (call->req->method == METHOD_HEAD)
        return http_reply(call->req, head);
    api_statement(call, &statement);
    return stream_answer(call->req, &statement, head, &maker, download);
}
