/* NDJSON: a JSON value a line, for a table larger than anybody's memory; see stream.h. The rows of
 * a read become JSON here, as in rest.c; those of a function in PostgreSQL. */
#include "rest.h"

#include "rest/answer.h"
#include "stream.h"

struct lines {
    const struct plan *plan;
    str *values; /* of one row */
};

/* A json value that was stored with line breaks still has them. Inside strings they are escaped, so
 * that what is left is white space. */
static void join_lines(char *at, size_t len)
{
    for (char *end = at + len; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        *at = ' ';
}

static void put_line(const struct lines *lines, struct buf *piece, const struct rows *rows, int row)
{
    const struct cells *cells = &lines->plan->cells;
    size_t from = piece->len;
    str value = cells->count > 0 ? STR("") : rows_text(rows, row, 0);

    for (int i = 0; i < cells->count; i++)
        lines->values[i] = rows_text(rows, row, i);
    if (cells->count > 0)
        cells_put_row(piece, cells, lines->values);
    buf_put(piece, value.at == NULL ? STR("null") : value);
    if (piece->len > from)
        join_lines(piece->at + from, piece->len - from);
    buf_putc(piece, '\n');
}

static void put_lines(void *arg, struct buf *piece, const struct rows *rows)
{
    for (int row = 0; row < rows_count(rows); row++)
        put_line(arg, piece, rows, row);
}

const struct fail *rest_stream(struct request *req, const struct plan *plan,
                               struct statement *statement)
{
    static const struct stream_maker maker = {put_lines, NULL};
    struct lines *lines = arena_new(req->mem, struct lines);

    lines->plan = plan;
    lines->values = arena_array(req->mem, str, (size_t)plan->cells.count + 1);
    for (int i = 0; i < AFTERS; i++) /* they would come when the head has left */
        statement->after[i] = (struct bound){
            .text = {NULL, 0}
        };
    return stream_answer(req, statement, answer_stream(req->mem, plan), &maker, lines);
}
