/* See payload.h. */
#include "live/payload.h"

#include <time.h>

#include "base/json.h"
#include "live/value.h"

enum { SMALL_VALUE = 64, TIME_MAX = 48 };

struct writing {
    struct buf buf;
    const struct change *change;
    const struct facts *facts;
    const struct payload_options *options;
    bool small; /* large values are left out */
};

static bool is_wanted(const struct writing *out, const struct fact_column *column)
{
    if (!column->readable)
        return false;
    if (out->options->select == NULL || column->key)
        return true;
    for (int i = 0; i < out->options->nselect; i++)
        if (str_eq(out->options->select[i], column->name))
            return true;
    return false;
}

static void put_columns(struct writing *out)
{
    bool first = true;

    buf_putc(&out->buf, '[');
    for (int i = 0; i < out->facts->ncolumns; i++) {
        const struct fact_column *column = &out->facts->columns[i];
        if (!is_wanted(out, column))
            continue;
        buf_put(&out->buf, first ? STR("{\"name\":") : STR(",{\"name\":"));
        json_put_string(&out->buf, column->name);
        buf_put(&out->buf, STR(",\"type\":"));
        json_put_string(&out->buf, column->type);
        buf_putc(&out->buf, '}');
        first = false;
    }
    buf_putc(&out->buf, ']');
}

/* NULL: the log does not hold it. */
static const struct live_value *value_of(const struct live_value *row, int at)
{
    bool known = row != NULL && (row[at].state == VALUE_TEXT || row[at].state == VALUE_NULL);
    return known ? &row[at] : NULL;
}

/* With REPLICA IDENTITY FULL the log calls every column a key. */
static bool is_key(const struct live_table *table, int at, const struct fact_column *column)
{
    return column->key || (table->identity != IDENTITY_FULL && table->columns[at].key);
}

/* Of the old row only its key, unless all of it is known and may be shown. */
static void put_row(struct writing *out, const struct live_value *row, bool key_only)
{
    const struct live_table *table = out->change->table;
    bool first = true;

    buf_putc(&out->buf, '{');
    for (int i = 0; i < out->facts->ncolumns; i++) {
        const struct fact_column *column = &out->facts->columns[i];
        int at = live_table_column(table, column->name);
        const struct live_value *value = at < 0 ? NULL : value_of(row, at);
        if (value == NULL || !is_wanted(out, column))
            continue;
        if ((key_only && !is_key(table, at, column)) ||
            (out->small && value->text.len > SMALL_VALUE))
            continue;
        buf_put(&out->buf, first ? STR("") : STR(","));
        json_put_string(&out->buf, column->name);
        buf_putc(&out->buf, ':');
        value_put(&out->buf, column, value);
        first = false;
    }
    buf_putc(&out->buf, '}');
}

static void put_time(struct buf *buf, int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm when;
    char text[TIME_MAX];

    gmtime_r(&seconds, &when);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &when);
    buf_printf(buf, "\"%s.%03dZ\"", text, (int)(us / 1000 % 1000));
}

static void put_head(struct writing *out)
{
    static const char *const types[] = {[CHANGE_INSERT] = "INSERT",
                                        [CHANGE_UPDATE] = "UPDATE",
                                        [CHANGE_DELETE] = "DELETE",
                                        [CHANGE_TRUNCATE] = "TRUNCATE"};

    buf_put(&out->buf, STR("{\"schema\":"));
    json_put_string(&out->buf, out->facts->schema);
    buf_put(&out->buf, STR(",\"table\":"));
    json_put_string(&out->buf, out->facts->table);
    buf_printf(&out->buf, ",\"type\":\"%s\",\"commit_timestamp\":", types[out->change->op]);
    put_time(&out->buf, out->change->committed_us);
}

static bool reads_key(const struct facts *facts)
{
    for (int i = 0; i < facts->ncolumns; i++)
        if (facts->columns[i].key && !facts->columns[i].readable)
            return false;
    return true;
}

/* A role that may not read the key learns that something changed, and not what. */
static void put_unauthorized(struct writing *out)
{
    buf_put(&out->buf, STR(",\"columns\":[]"));
    if (out->change->row != NULL)
        buf_put(&out->buf, STR(",\"record\":{}"));
    if (out->change->old != NULL)
        buf_put(&out->buf, STR(",\"old_record\":{}"));
    buf_put(&out->buf, STR(",\"errors\":[\"Error 401: Unauthorized\"]}"));
}

static void put_rows(struct writing *out)
{
    const struct change *change = out->change;
    bool whole = change->old_is_whole && out->options->old_whole;

    buf_put(&out->buf, STR(",\"columns\":"));
    put_columns(out);
    if (change->row != NULL) {
        buf_put(&out->buf, STR(",\"record\":"));
        put_row(out, change->row, false);
    }
    if (change->op == CHANGE_UPDATE || change->op == CHANGE_DELETE) {
        buf_put(&out->buf, STR(",\"old_record\":"));
        put_row(out, change->old != NULL ? change->old : change->row, !whole);
    }
    buf_put(&out->buf, STR(",\"errors\":"));
    buf_put(&out->buf, out->small ? STR("[\"Error 413: Payload Too Large\"]") : STR("null"));
    buf_putc(&out->buf, '}');
}

static str make(struct writing *out, arena *mem)
{
    buf_init(&out->buf, mem, SIZE_MAX);
    put_head(out);
    if (reads_key(out->facts))
        put_rows(out);
    else
        put_unauthorized(out);
    return buf_str(&out->buf);
}

str payload_make(arena *mem, const struct change *change, const struct facts *facts,
                 const struct payload_options *options)
{
    struct writing out = {.change = change, .facts = facts, .options = options};
    str payload = make(&out, mem);

    if (payload.len <= options->max)
        return payload;
    out.small = true;
    return make(&out, mem);
}
