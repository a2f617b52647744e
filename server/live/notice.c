/* See notice.h. */
#include "live/notice.h"

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
    size_t texts = row.len + notice->old.len;
    struct change *change = change_new(notice->op, table, texts);
    char *room = change_room(change, texts);

    if ((change->row == NULL || read_row(row, change->row, table->ncolumns, &room)) &&
        (change->old == NULL || read_old(change, notice, &room)))
        return change;
    const struct change *last = change;
    change_unref(&last);
    return NULL;
}
