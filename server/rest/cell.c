/* See cell.h. */
#include "rest/cell.h"

#include <stdio.h>

#include "rest/plan.h"

/* What a spread shows comes from a column of an embedded relation, perhaps through several. */
static const struct output *innermost(const struct output *output)
{
    while (output->kind == OUTPUT_SPREAD)
        output = output->inner;
    return output;
}

static bool is_plain_column(const struct output *output)
{
    const struct output *inner = innermost(output);

    return inner->kind == OUTPUT_ALL || (inner->kind == OUTPUT_COLUMN &&
                                         inner->item->field.nsteps == 0 && inner->cast.at == NULL);
}

static enum json_form form_of(const struct output *output, const struct column *column)
{
    if (plan_is_made_json(output))
        return JSON_FORM_JSON;
    return is_plain_column(output) ? column->json_form : JSON_FORM_CONVERTED;
}

static struct cell cell_make(arena *mem, const struct output *output, const struct column *column)
{
    bool own_name = output->kind == OUTPUT_ALL;

    return (struct cell){output, column, form_of(output, column),
                         own_name ? column->json_key : json_key_of(mem, plan_output_name(output))};
}

static int count_cells(const struct plan *plan)
{
    int count = 0;

    for (const struct output *at = plan->root.outputs; at != NULL; at = at->next)
        count += at->kind == OUTPUT_ALL ? plan->relation->ncolumns : 1;
    return count;
}

/* A page with its total comes as one row from PostgreSQL, and so does everything but JSON. */
static bool is_made_here(const struct plan *plan)
{
    return plan->ask->kind == ASK_READ && plan->relation != NULL && plan->rows == ROWS_BODY &&
           plan->total != TOTAL_COUNTED && plan->explain.format == EXPLAIN_NONE &&
           !plan_is_grouped(&plan->root) &&
           (plan->media == MEDIA_JSON || plan->media == MEDIA_OBJECT ||
            plan->media == MEDIA_NDJSON);
}

struct cells cells_make(arena *mem, const struct plan *plan)
{
    struct cells cells = {NULL, 0};

    if (!is_made_here(plan))
        return cells;
    cells.list = h2o_mem_alloc_pool(mem, sizeof(*cells.list) * (size_t)(count_cells(plan) + 1));
    for (const struct output *at = plan->root.outputs; at != NULL; at = at->next) {
        if (at->kind != OUTPUT_ALL) {
            cells.list[cells.count++] = cell_make(mem, at, at->column);
            continue;
        }
        for (int i = 0; i < plan->relation->ncolumns; i++)
            cells.list[cells.count++] = cell_make(mem, at, &plan->relation->columns[i]);
    }
    return cells;
}

/* ---- writing ----
 * A page of 1,000 rows has 10,000 values: so a row takes its room at once and is written by a
 * pointer, which each function takes and returns moved on. */

/* Of a byte in a string: \u001f. */
enum { ESCAPE_MAX = 6, AROUND_VALUE = 8 };

static char *put(char *at, str text)
{
    memcpy(at, text.at, text.len);
    return at + text.len;
}

static char *put_escape(char *at, unsigned char byte)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the byte, its letter */

    *at++ = '\\';
    for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
        if ((unsigned char)letters[i] == byte) {
            *at++ = letters[i + 1];
            return at;
        }
    }
    return at + sprintf(at, "u%04x", byte);
}

/* PostgreSQL has checked that it is UTF-8. */
static char *put_text(char *at, str text)
{
    *at++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte >= ' ' && byte != '"' && byte != '\\')
            *at++ = (char)byte;
        else
            at = put_escape(at, byte);
    }
    *at++ = '"';
    return at;
}

/* "NaN", "Infinity" and "-Infinity" are no JSON numbers. */
static bool is_finite(str number)
{
    return number.len > 0 && number.at[number.len - 1] >= '0' && number.at[number.len - 1] <= '9';
}

static char *put_value(char *at, enum json_form form, str value)
{
    if (value.at == NULL)
        return put(at, STR("null"));
    if (form == JSON_FORM_BOOL)
        return put(at, str_eq(value, STR("t")) ? STR("true") : STR("false"));
    if (form == JSON_FORM_TEXT || (form == JSON_FORM_NUMBER && !is_finite(value)))
        return put_text(at, value);
    return put(at, value);
}

void cells_put_row(struct buf *out, const struct cells *cells, const str *values)
{
    size_t most = 1;

    for (int i = 0; i < cells->count; i++)
        most += cells->list[i].key.len + values[i].len * ESCAPE_MAX + AROUND_VALUE;
    if (!buf_room(out, most))
        return;
    char *at = out->at + out->len;
    for (int i = 0; i < cells->count; i++) {
        at = put(at, i == 0 ? STR("{") : STR(","));
        at = put(at, cells->list[i].key);
        at = put_value(at, cells->list[i].form, values[i]);
    }
    *at++ = '}';
    out->len = (size_t)(at - out->at);
}
