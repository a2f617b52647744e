/* See notice.h. */
#include "live/notice.h"

#include <stdlib.h>

#include "live/record.h"

/* ---- the payload ---- */

static bool read_letters(str letters, struct notice *notice)
{
    static const char ops[] = "IUDT", rows[] = "-kn", olds[] = "-ko";
    const char *op;

    if (letters.len != 3 || memchr(letters.at, '\0', 3) != NULL)
        return false;
    op = strchr(ops, letters.at[0]);
    if (op == NULL || strchr(rows, letters.at[1]) == NULL || strchr(olds, letters.at[2]) == NULL)
        return false;
    notice->op = (enum change_op)(op - ops);
    notice->row_is = (enum told)letters.at[1];
    notice->old_is = (enum told)letters.at[2];
    bool has_row = notice->op == CHANGE_INSERT || notice->op == CHANGE_UPDATE;
    return has_row == (notice->row_is != TOLD_NOTHING);
}

static bool read_integer(str *head, int64_t *number)
{
    str word;
    return str_cut(head, ' ', &word) && str_int(word, number);
}

static bool read_number(str *head, int64_t max, int64_t *number)
{
    return read_integer(head, number) && *number >= 0 && *number <= max;
}

bool notice_read(str payload, struct notice *notice)
{
    str head, letters;
    int64_t table, number, bytes;

    *notice = (struct notice){0};
    if (!str_cut(&payload, '\n', &head) || payload.at == NULL)
        return false;
    if (!str_cut(&head, ' ', &letters) || !read_letters(letters, notice) ||
        !read_number(&head, UINT32_MAX, &table) || !read_integer(&head, &notice->shape) ||
        !read_number(&head, INT64_MAX, &notice->xid) || !read_number(&head, INT64_MAX, &number) ||
        !read_number(&head, INT64_MAX, &bytes) || (uint64_t)bytes > payload.len)
        return false;
    notice->table = (uint32_t)table;
    notice->row = (str){payload.at, (size_t)bytes};
    notice->old = str_skip(payload, (size_t)bytes);
    return true;
}

bool notice_is_short(const struct notice *notice)
{
    return notice->row_is == TOLD_KEY;
}

/* ---- the rows ---- */

/* False when the text does not have as many fields as the table has columns. */
static bool read_row(str text, struct live_value *values, int count, char **room)
{
    struct record_walk walk;
    str field;
    int at = 0;

    if (!record_open(&walk, text))
        return false;
    for (; at < count && record_next(&walk, room, &field); at++)
        values[at] = (struct live_value){field.at == NULL ? VALUE_NULL : VALUE_TEXT, field};
    return at == count && record_ended(&walk);
}

/* Of an old row that is not logged whole nothing is known but its key. */
static void keep_key(struct live_value *values, const struct live_table *table)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (!table->columns[i].key)
            values[i] = (struct live_value){.state = VALUE_UNKNOWN};
}

static bool has_same_key(const struct change *change)
{
    for (int i = 0; i < change->table->ncolumns; i++)
        if (change->table->columns[i].key && !str_eq(change->row[i].text, change->old[i].text))
            return false;
    return true;
}

static bool has_key(const struct live_table *table)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (table->columns[i].key)
            return true;
    return false;
}

static bool read_old(struct change *change, const struct notice *notice, char **room)
{
    const struct live_table *table = change->table;

    if (notice->old_is == TOLD_NOTHING || !has_key(table)) {
        change->old = NULL;
        return change->op != CHANGE_DELETE;
    }
    if (!read_row(notice->old, change->old, table->ncolumns, room))
        return false;
    change->old_is_whole = notice->old_is == TOLD_OLD;
    if (change->old_is_whole)
        return true;
    for (int i = 0; i < table->ncolumns; i++)
        if (change->old[i].state == VALUE_NULL)
            change->old[i].state = VALUE_UNKNOWN;
    keep_key(change->old, table);
    if (change->op == CHANGE_UPDATE && has_same_key(change))
        change->old = NULL; /* as the log does it */
    return true;
}

struct change *notice_change(const struct notice *notice, const struct live_table *table, str row)
{
    size_t values = sizeof(struct live_value) * (size_t)table->ncolumns;
    size_t size = sizeof(struct change) + 2 * values + row.len + notice->old.len;
    struct change *change = calloc(1, size);

    if (change == NULL)
        abort();
    char *room = (char *)change + sizeof(struct change) + 2 * values;
    *change =
        (struct change){.refs = 1, .op = notice->op, .table = live_table_ref(table), .size = size};
    if (change->op == CHANGE_INSERT || change->op == CHANGE_UPDATE)
        change->row = (struct live_value *)(change + 1);
    if (change->op == CHANGE_UPDATE || change->op == CHANGE_DELETE)
        change->old = (struct live_value *)(change + 1) + table->ncolumns;
    if ((change->row == NULL || read_row(row, change->row, table->ncolumns, &room)) &&
        (change->old == NULL || read_old(change, notice, &room)))
        return change;
    const struct change *last = change;
    change_unref(&last);
    return NULL;
}

/* ---- the table ---- */

static str keep_text(char **room, str text)
{
    str kept = {*room, text.len};

    memcpy(*room, text.at, text.len);
    *room += text.len;
    return kept;
}

struct live_table *notice_table(const struct live_table *like)
{
    size_t size = sizeof(struct live_table) + sizeof(struct live_column) * (size_t)like->ncolumns;
    size_t texts = like->schema.len + like->name.len;

    for (int i = 0; i < like->ncolumns; i++)
        texts += like->columns[i].name.len;
    struct live_table *table = calloc(1, size + texts);
    if (table == NULL)
        abort();
    char *room = (char *)table + size;
    *table = *like;
    table->refs = 1;
    table->columns = (struct live_column *)(table + 1);
    table->schema = keep_text(&room, like->schema);
    table->name = keep_text(&room, like->name);
    for (int i = 0; i < like->ncolumns; i++) {
        table->columns[i] = like->columns[i];
        table->columns[i].name = keep_text(&room, like->columns[i].name);
    }
    return table;
}
